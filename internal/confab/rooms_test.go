package confab_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// The line's rooms are behind the door of the REST API: who looks sees them and not
// their codes, who administers changes them, who has nothing is refused.
func TestRooms_areBehindTheDoor(t *testing.T) {
	u := newCatchUp(t)
	account := "/2010-04-01/Accounts/" + string(u.s.Account().SID)
	keys := map[string][2]string{"account": {string(u.s.Account().SID), u.s.Account().AuthToken}, "nobody": {"SK00112233445566778899aabbccddeeff", "x"}}
	for _, role := range []string{"look", "moderate", "administer"} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", u.url+account+"/Keys.json", strings.NewReader("Role="+role))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(keys["account"][0], keys["account"][1])
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		made, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var key struct{ Sid, Secret string }
		if err := json.NewDecoder(made.Body).Decode(&key); err != nil || key.Secret == "" {
			t.Fatalf("key of role %s: %v", role, err)
		}
		made.Body.Close()
		keys[role] = [2]string{key.Sid, key.Secret}
	}
	ask := func(who, method, path, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, u.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth(keys[who][0], keys[who][1])
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	for _, test := range []struct {
		method, path, body string
		look, moderate     int
		administer         int
	}{
		{"GET", "/line/v1/rooms", "", 200, 200, 200},
		{"GET", "/line/v1/rooms/1", "", 200, 200, 200},
		{"GET", "/line/v1/rooms/1/codes", "", 403, 403, 200},
		{"HEAD", "/line/v1/rooms/1/codes", "", 403, 403, 200},
		{"POST", "/line/v1/codes", "", 403, 403, 200},
		{"PATCH", "/line/v1/rooms/1", `{"closed": true}`, 403, 403, 200},
		{"DELETE", "/line/v1/rooms/1", "", 403, 403, 204},
	} {
		for who, want := range map[string]int{"nobody": 401, "look": test.look, "moderate": test.moderate} {
			if got, text := ask(who, test.method, test.path, test.body); got != want || strings.Contains(text, `"123"`) {
				t.Errorf("%s %s by %s: %d %s, want %d", test.method, test.path, who, got, text, want)
			}
		}
		if got, text := ask("administer", test.method, test.path, test.body); got != test.administer {
			t.Errorf("%s %s by administer: %d %s, want %d", test.method, test.path, got, text, test.administer)
		}
	}
}
