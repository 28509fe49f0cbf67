package line_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"confab/internal/line"
)

// operator asks the API of the rooms as the line's operator.
type operator struct {
	t      *testing.T
	api    http.Handler
	rooms  *line.Rooms
	log    bytes.Buffer
	spoken []string
	mute   bool // the voice fails
}

func newOperator(t *testing.T) *operator {
	t.Helper()
	o := &operator{t: t, rooms: openRooms(t, t.TempDir())}
	api, err := line.NewAPI(line.APIConfig{Rooms: o.rooms, Token: token, Speak: o.speak,
		Log: slog.New(slog.NewTextHandler(&o.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	o.api = api
	return o
}

func (o *operator) speak(_ context.Context, text, language, voice string) ([]byte, error) {
	if o.mute {
		return nil, errors.New("hoarse")
	}
	o.spoken = append(o.spoken, text+"|"+language+"|"+voice)
	return []byte("RIFF"), nil
}

// ask sends a request and returns the status and the JSON of the answer, nil where
// it has none.
func (o *operator) ask(method, path, body string) (int, map[string]any) {
	o.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.SetBasicAuth("me", token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	o.api.ServeHTTP(w, r)
	var answer map[string]any
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			o.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return w.Code, answer
}

// A room is made, looked at, changed and removed; its code is in the answer that
// made it, in that to who asks for it, and nowhere else.
func TestAPI_story(t *testing.T) {
	o := newOperator(t)
	status, made := o.ask("POST", "/line/v1/rooms", `{"name": "tea", "moderator_pin": "97531", "language": "de-de"}`)
	if status != http.StatusCreated {
		t.Fatalf("%d %v", status, made)
	}
	code := made["codes"].(map[string]any)["code"].(string)
	at := fmt.Sprintf("/line/v1/rooms/%v", made["id"])
	if entry, ok, err := o.rooms.ByCode(t.Context(), code); !ok || err != nil || entry.Room.Name != "tea" {
		t.Errorf("its code opens %q, %v, %v", entry.Room.Name, ok, err)
	}
	_, shown := o.ask("GET", at, "")
	for field, want := range map[string]any{"name": "tea", "language": "de-DE", "has_moderator_pin": true, "closed": false,
		"prompt": "Sie betreten jetzt die Konferenz.", "max_participants": 0.0, "sample": false} {
		if shown[field] != want {
			t.Errorf("%s is %v, want %v", field, shown[field], want)
		}
	}
	if status, answer := o.ask("PATCH", at, `{"name": "coffee", "closed": true, "max_minutes": 30}`); status != http.StatusOK || answer["name"] != "coffee" ||
		answer["language"] != "de-DE" || answer["has_moderator_pin"] != true || answer["max_minutes"] != 30.0 {
		t.Errorf("changed: %d %v", status, answer)
	}
	if _, codes := o.ask("GET", at+"/codes", ""); codes["code"] != code || codes["moderator_pin"] != "97531" {
		t.Error("the change has touched the codes")
	}
	if _, ok, _ := o.rooms.ByCode(t.Context(), code); ok {
		t.Error("a closed room is open")
	}
	if _, answer := o.ask("PATCH", at, `{"code": "", "moderator_pin": "", "closed": false}`); answer["has_moderator_pin"] != false {
		t.Errorf("the PIN is there: %v", answer)
	}
	_, codes := o.ask("GET", at+"/codes", "")
	if codes["code"] == code || codes["moderator_pin"] != "" {
		t.Error("no new code was made, or the PIN was kept")
	}
	_, list := o.ask("GET", "/line/v1/rooms", "")
	var names []string
	for _, room := range list["rooms"].([]any) {
		names = append(names, room.(map[string]any)["name"].(string))
	}
	if diff := cmp.Diff([]string{"coffee", "conference 1", "conference 2"}, names); diff != "" {
		t.Errorf("rooms (-want +got):\n%s", diff)
	}
	if text := fmt.Sprint(list, shown); strings.Contains(text, code) || strings.Contains(text, "97531") || strings.Contains(text, codes["code"].(string)) {
		t.Error("the list or the room shows a code")
	}
	if status, _ := o.ask("DELETE", at, ""); status != http.StatusNoContent {
		t.Errorf("removed: %d", status)
	}
	if status, answer := o.ask("GET", at, ""); status != http.StatusNotFound || !strings.Contains(answer["message"].(string), "there is no room") {
		t.Errorf("shown after that: %d %v", status, answer)
	}
	for _, secret := range []string{code, codes["code"].(string), "97531"} {
		if strings.Contains(o.log.String(), secret) {
			t.Errorf("a code in the log:\n%s", o.log.String())
		}
	}
}

// What cannot be is answered with what is wrong, and with the field; a code is not
// repeated.
func TestAPI_refusals(t *testing.T) {
	o := newOperator(t)
	tests := []struct {
		name, method, path, body string
		status                   int
		field, message           string
	}{
		{"no name", "POST", "/line/v1/rooms", `{"code": "975"}`, 400, "name", "no name"},
		{"a name that is taken", "POST", "/line/v1/rooms", `{"name": "conference 1"}`, 409, "name", `exists: "conference 1"`},
		{"a code that is taken", "POST", "/line/v1/rooms", `{"name": "x", "code": "456"}`, 409, "code", `open another room: "conference 2"`},
		{"a PIN that is another's code", "POST", "/line/v1/rooms", `{"name": "x", "moderator_pin": "456"}`, 409, "moderator_pin", `open another room`},
		{"a PIN that is the code", "POST", "/line/v1/rooms", `{"name": "x", "code": "9753", "moderator_pin": "9753"}`, 400, "moderator_pin", "is its code"},
		{"a code of letters", "POST", "/line/v1/rooms", `{"name": "x", "code": "97five3"}`, 400, "code", "not made of the digits"},
		{"a short PIN", "POST", "/line/v1/rooms", `{"name": "x", "moderator_pin": "97"}`, 400, "moderator_pin", "moderator PIN of the room has 2 digits, not 3 to 16"},
		{"a code that is a number", "POST", "/line/v1/rooms", `{"name": "x", "code": 97531}`, 400, "code", "code is not a string"},
		{"a part of a participant", "POST", "/line/v1/rooms", `{"name": "x", "max_participants": 2.5}`, 400, "max_participants", "not a whole number"},
		{"one participant", "POST", "/line/v1/rooms", `{"name": "x", "max_participants": 1}`, 400, "max_participants", "never starts"},
		{"years", "POST", "/line/v1/rooms", `{"name": "x", "max_minutes": 600000}`, 400, "max_minutes", "600000 minutes: 1 to 1440"},
		{"ends with nobody", "POST", "/line/v1/rooms", `{"name": "x", "ends_with_moderator": true}`, 400, "ends_with_moderator", "no moderator PIN"},
		{"an unknown language", "POST", "/line/v1/rooms", `{"name": "x", "language": "tlh"}`, 400, "language", `"tlh"`},
		{"an unknown field", "POST", "/line/v1/rooms", `{"nmae": "x"}`, 400, "", `no "nmae": it has name, code`},
		{"no JSON", "POST", "/line/v1/rooms", `name=x&code=97531`, 400, "", "not one JSON object"},
		{"two objects", "POST", "/line/v1/rooms", `{"name": "x"}{}`, 400, "", "something follows"},
		{"too much", "POST", "/line/v1/rooms", `{"name": "` + strings.Repeat("x", 65<<10) + `"}`, 413, "", "at most 65536 bytes"},
		{"no such room", "PATCH", "/line/v1/rooms/99", `{"name": "x"}`, 404, "", `no room "99"`},
		{"no number", "DELETE", "/line/v1/rooms/tea", "", 404, "", `no room "tea"`},
		{"a prompt in no language", "GET", "/line/v1/prompt?language=tlh", "", 400, "language", `"tlh"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status, answer := o.ask(test.method, test.path, test.body)
			message, _ := answer["message"].(string)
			field, _ := answer["field"].(string)
			if status != test.status || field != test.field || !strings.Contains(message, test.message) || answer["status"] != float64(status) {
				t.Errorf("%d %v, want %d %q %q", status, answer, test.status, test.field, test.message)
			}
			if strings.Contains(message, "9753") || strings.Contains(message, "97five3") {
				t.Errorf("the code is repeated: %s", message)
			}
		})
	}
	if rooms, err := o.rooms.List(t.Context()); err != nil || len(rooms) != 2 {
		t.Errorf("%d rooms, %v", len(rooms), err)
	}
	r := httptest.NewRequest("POST", "/line/v1/rooms", strings.NewReader("name=x")) // as a form of another site could
	r.SetBasicAuth("me", token)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	if o.api.ServeHTTP(w, r); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("a form: %d", w.Code)
	}
}

// Who does not know the token is told nothing, and without one everybody is
// nobody.
func TestAPI_letsNobodyIn(t *testing.T) {
	rooms := openRooms(t, t.TempDir())
	for _, test := range []struct {
		token, given string
		status       int
	}{{token, token, 200}, {token, "other", 401}, {token, "", 401}, {"", "", 401}, {"", "x", 401}} {
		api, err := line.NewAPI(line.APIConfig{Rooms: rooms, Token: test.token})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/line/v1/rooms", nil)
		r.SetBasicAuth("me", test.given)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if w.Code != test.status || w.Code == 401 && (strings.Contains(w.Body.String(), "conference") || w.Header().Get("WWW-Authenticate") == "") {
			t.Errorf("%q for %q: %d %s", test.given, test.token, w.Code, w.Body)
		}
	}
}

// What a caller will hear on entering is heard beforehand.
func TestAPI_prompt(t *testing.T) {
	o := newOperator(t)
	for _, query := range []url.Values{{}, {"language": {"fr-FR"}}, {"language": {"de-DE"}, "greeting": {"Grüß <b>Gott</b>"}}} {
		if status, _ := o.ask("GET", "/line/v1/prompt?"+query.Encode(), ""); status != 200 {
			t.Errorf("%v: %d", query, status)
		}
	}
	want := []string{"You are now entering the conference.||alice", "Vous entrez maintenant dans la conférence.|fr-FR|alice", "Grüß <b>Gott</b>|de-DE|alice"}
	if diff := cmp.Diff(want, o.spoken); diff != "" {
		t.Errorf("spoken (-want +got):\n%s", diff)
	}
	o.mute = true
	if status, answer := o.ask("GET", "/line/v1/prompt", ""); status != 500 || strings.Contains(fmt.Sprint(answer), "hoarse") || !strings.Contains(o.log.String(), "hoarse") {
		t.Errorf("a voice that fails: %d %v", status, answer)
	}
}

// What the description has is served, and what is served it has.
func TestAPI_isDescribed(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "openapi-line.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	_, paths, _ := strings.Cut(string(text), "\npaths:\n")
	paths, _, _ = strings.Cut(paths, "\ncomponents:\n")
	o := newOperator(t)
	asked := 0
	bodies := map[string]string{"POST /line/v1/rooms": `{"name": "x"}`, "PATCH /line/v1/rooms/{id}": `{}`}
	for part := range strings.SplitSeq("\n"+paths, "\n  /") {
		path, methods, ok := strings.Cut("/"+part, ":\n")
		if !ok {
			continue
		}
		for _, method := range []string{"get", "post", "put", "patch", "delete"} {
			described := strings.Contains("\n"+methods, "\n    "+method+":\n")
			method = strings.ToUpper(method)
			status, _ := o.ask(method, strings.ReplaceAll(path, "{id}", "1"), bodies[method+" "+path])
			if served := status != http.StatusMethodNotAllowed; served != described || served && status >= 300 {
				t.Errorf("%s %s: %d, described: %v", method, path, status, described)
			}
			if described {
				asked++
			}
			if method == "DELETE" && described {
				o = newOperator(t) // the others look for that room
			}
		}
	}
	if asked != 8 {
		t.Errorf("%d operations are described, not 8", asked)
	}
}

// FuzzAPI_room asserts that no body makes the API fail, and that what it takes is
// a room that can be read back.
func FuzzAPI_room(f *testing.F) {
	rooms, err := line.OpenRooms(context.Background(), f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { rooms.Close() })
	api, err := line.NewAPI(line.APIConfig{Rooms: rooms, Token: token})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(`{"name": "x", "code": "97531", "closed": true}`)
	f.Add(`{"name": "\ud800", "max_minutes": 1e3}`)
	f.Add(`{"name": null, "greeting": "` + "\x00" + `"}`)
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest("POST", "/line/v1/rooms", strings.NewReader(body))
		r.SetBasicAuth("me", token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if w.Code == http.StatusInternalServerError || w.Code == 0 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if w.Code != http.StatusCreated {
			return
		}
		var made struct{ ID int64 }
		if err := json.NewDecoder(io.LimitReader(w.Body, 1<<20)).Decode(&made); err != nil {
			t.Fatal(err)
		}
		if _, err := rooms.RemoveID(context.Background(), made.ID); err != nil {
			t.Fatal(err)
		}
	})
}
