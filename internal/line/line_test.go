package line_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"confab/internal/line"
	"confab/internal/signature"
	"confab/internal/twiml"
)

const (
	token  = "0123456789abcdefghijklmnopqrstuv"
	public = "https://line.example.com/v1"
	sid    = "CA0123456789abcdef0123456789abcdef"
)

// caller asks a line as a switch would: signed, over HTTP.
type caller struct {
	t    *testing.T
	line http.Handler
	log  *bytes.Buffer
}

func newCaller(t *testing.T, rooms line.Store) *caller {
	t.Helper()
	c := &caller{t: t, log: &bytes.Buffer{}}
	l, err := line.New(line.Config{
		Rooms: rooms, Token: token, Public: public,
		Log: slog.New(slog.NewTextHandler(c.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	c.line = l
	return c
}

// openRooms opens a store of its own with the two sample rooms.
func openRooms(t *testing.T, dir string) *line.Rooms {
	t.Helper()
	rooms, err := line.OpenRooms(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rooms.Close(); err != nil {
			t.Error(err)
		}
	})
	return rooms
}

// request makes a signed request for ref, relative to the line.
func request(method, ref string, params url.Values) *http.Request {
	all := url.Values{"CallSid": {sid}, "From": {"+15550123"}}
	for name, values := range params {
		all[name] = values
	}
	var r *http.Request
	if method == http.MethodGet {
		mark := "?"
		if strings.Contains(ref, "?") {
			mark = "&"
		}
		ref += mark + all.Encode()
		r = httptest.NewRequest(method, ref, nil)
		all = nil
	} else {
		r = httptest.NewRequest(method, ref, strings.NewReader(all.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	}
	r.Header.Set(signature.Header, signature.Sign(token, public+ref, all))
	return r
}

func (c *caller) serve(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	c.line.ServeHTTP(w, r)
	return w
}

// post fetches the document of ref with the digits given; no digits when "".
func (c *caller) post(ref, digits string) []twiml.Verb {
	c.t.Helper()
	params := url.Values{}
	if digits != "" {
		params.Set("Digits", digits)
	}
	w := c.serve(request("POST", ref, params))
	if w.Code != http.StatusOK {
		c.t.Fatalf("%s: got %d %s", ref, w.Code, w.Body)
	}
	doc, err := twiml.FromResponse(w.Header().Get("Content-Type"), w.Body.Bytes())
	if err != nil {
		c.t.Fatalf("%s: %v", ref, err)
	}
	if len(doc.Warnings) > 0 {
		c.t.Errorf("%s: %v", ref, doc.Warnings)
	}
	return doc.Verbs
}

// resolve returns the reference that a document found at ref makes.
func resolve(t *testing.T, ref, next string) string {
	t.Helper()
	base, err := url.Parse(ref)
	if err != nil {
		t.Fatal(err)
	}
	u, err := base.Parse(next)
	if err != nil {
		t.Fatal(err)
	}
	return u.String()
}

func say(text string) *twiml.Say { return &twiml.Say{Text: text, Voice: "alice", Loop: 1} }

func redirect(to string) *twiml.Redirect { return &twiml.Redirect{URL: to, Method: "POST"} }

func gather(action string, before ...twiml.Verb) *twiml.Gather {
	var r twiml.Response
	g := r.Gather()
	g.Action, g.Timeout, g.FinishOnKey = action, 10*time.Second, "#"
	g.Prompts = append(before, say("Please enter your access code."))
	return g
}

func entering(room, words, language string) []twiml.Verb {
	var r twiml.Response
	s := r.Say(words)
	s.Voice, s.Language = "alice", language
	r.Dial().Join(room)
	return r.Verbs
}

var (
	incorrect = say("The access code you entered is incorrect.")
	goodbye   = say("Goodbye.")
	hangup    = &twiml.Hangup{}
)

// The whole state machine, document by document.
func TestLine_documents(t *testing.T) {
	c := newCaller(t, openRooms(t, t.TempDir()))
	tests := []struct {
		name, ref, digits string
		want              []twiml.Verb
	}{
		{"greeting", "/voice", "", []twiml.Verb{gather("join", say("Welcome to the conference system.")), redirect("gather?silent=1")}},
		{"first round", "/gather", "", []twiml.Verb{gather("join"), redirect("gather?silent=1")}},
		{"second round", "/gather?silent=1", "", []twiml.Verb{gather("join"), redirect("gather?silent=2")}},
		{"third round", "/gather?silent=2", "", []twiml.Verb{gather("join"), redirect("gather?silent=3")}},
		{"silent too often", "/gather?silent=3", "", []twiml.Verb{goodbye, hangup}},
		{"right", "/join", "123", entering("conference 1", "You are now entering the conference.", "")},
		{"right, the other", "/join", "456", entering("conference 2", "You are now entering the conference.", "")},
		{"wrong", "/join", "789", []twiml.Verb{incorrect, redirect("gather?wrong=1")}},
		{"round after a wrong code", "/gather?wrong=1", "", []twiml.Verb{gather("join?wrong=1"), redirect("gather?silent=1&wrong=1")}},
		{"silence keeps the wrong codes", "/gather?silent=2&wrong=1", "", []twiml.Verb{gather("join?wrong=1"), redirect("gather?silent=3&wrong=1")}},
		{"right after a wrong code", "/join?wrong=2", "123", entering("conference 1", "You are now entering the conference.", "")},
		{"wrong again", "/join?wrong=1", "1", []twiml.Verb{incorrect, redirect("gather?wrong=2")}},
		{"wrong too often", "/join?wrong=2", "9", []twiml.Verb{incorrect, goodbye, hangup}},
		{"right too late", "/join?wrong=3", "123", []twiml.Verb{incorrect, goodbye, hangup}},
		{"no round left", "/gather?wrong=3", "", []twiml.Verb{goodbye, hangup}},
		{"counts that the line never wrote", "/gather?wrong=-1", "", []twiml.Verb{goodbye, hangup}},
		{"counts that are none", "/gather?silent=x", "", []twiml.Verb{goodbye, hangup}},
		{"counts out of range", "/join?wrong=99999999999999999999", "9", []twiml.Verb{incorrect, goodbye, hangup}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, c.post(test.ref, test.digits)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A call, played through: what the documents name leads where it should.
func TestLine_calls(t *testing.T) {
	c := newCaller(t, openRooms(t, t.TempDir()))
	tests := []struct {
		name   string
		keys   []string // per round; "" is silence
		room   string   // "" is goodbye
		rounds int
	}{
		{"right at once", []string{"123"}, "conference 1", 1},
		{"right at last", []string{"1", "2", "456"}, "conference 2", 3},
		{"three wrong", []string{"1", "2", "3", "123"}, "", 3},
		{"three silent", []string{"", "", "", "123"}, "", 3},
		{"silence does not wash a wrong code off", []string{"1", "", "2", "", "3", "123"}, "", 5},
		{"a wrong code is a sign of life", []string{"", "", "1", "", "", "2", "", "", "123"}, "conference 1", 9},
		{"wrong, then silent", []string{"1", "", "", "", "123"}, "", 4},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ref, digits, room, rounds := "/voice", "", "", 0
		call:
			for step := 0; ; step++ {
				if step > 50 {
					t.Fatal("the call does not end")
				}
				verbs := c.post(ref, digits)
				digits = ""
				for _, v := range verbs {
					switch v := v.(type) {
					case *twiml.Gather:
						key := test.keys[rounds]
						rounds++
						if key != "" {
							ref, digits = resolve(t, ref, v.Action), key
							continue call
						}
					case *twiml.Redirect:
						ref = resolve(t, ref, v.URL)
						continue call
					case *twiml.Dial:
						room = v.Conference.Name
						break call
					case *twiml.Hangup:
						break call
					}
				}
				t.Fatalf("%s: the document runs out", ref)
			}
			if room != test.room || rounds != test.rounds {
				t.Errorf("got %q after %d rounds, want %q after %d", room, rounds, test.room, test.rounds)
			}
		})
	}
}

// Every kind of wrong gets the same bytes.
func TestLine_wrongIsWrong(t *testing.T) {
	rooms := openRooms(t, t.TempDir())
	ctx := context.Background()
	if _, err := rooms.Add(ctx, line.Room{Name: "closed", Code: "7777", Language: "de-DE", Greeting: "x", Closed: true}); err != nil {
		t.Fatal(err)
	}
	c := newCaller(t, rooms)
	var want string
	for _, digits := range []string{"999", "7777", "", "*", "12", "1234", "123 ", "１２３", "' OR 1=1 --", strings.Repeat("1", 10_000)} {
		params := url.Values{}
		if digits != "" {
			params.Set("Digits", digits)
		}
		w := c.serve(request("POST", "/join", params))
		got := fmt.Sprint(w.Code, w.Header(), w.Body)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%.10q: got %s, want %s", digits, got, want)
		}
	}
}

// spyStore counts what it is asked.
type spyStore struct {
	asked []string
	room  line.Room
	err   error
}

func (s *spyStore) ByCode(_ context.Context, code string) (line.Entry, bool, error) {
	s.asked = append(s.asked, code)
	return line.Entry{Room: s.room}, s.room.Name == code, s.err
}

// Whatever comes is looked up, once, in the same way: time tells nothing.
func TestLine_alwaysLooksUp(t *testing.T) {
	store := &spyStore{room: line.Room{Name: "1"}}
	c := newCaller(t, store)
	want := []string{"", "x", "1", "1", "2"}
	c.post("/join", "")
	c.post("/join", "x")
	c.post("/join", "1")
	c.post("/join?wrong=3", "1")
	c.post("/join?wrong=2", "2")
	if diff := cmp.Diff(want, store.asked); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLine_methods(t *testing.T) {
	c := newCaller(t, openRooms(t, t.TempDir()))
	for _, method := range []string{"PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"} {
		w := c.serve(request(method, "/voice", nil))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, POST" {
			t.Errorf("%s: got %d, Allow %q", method, w.Code, w.Header().Get("Allow"))
		}
	}
	w := c.serve(request("GET", "/join?wrong=1", url.Values{"Digits": {"123"}}))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), ">conference 1<") {
		t.Errorf("GET: got %d %s", w.Code, w.Body)
	}
	if w := c.serve(request("POST", "/nothing", nil)); w.Code != http.StatusNotFound {
		t.Errorf("unknown path: got %d", w.Code)
	}
	if w := c.serve(httptest.NewRequest("GET", "/healthz", nil)); w.Code != http.StatusOK || w.Body.String() != "ok\n" {
		t.Errorf("healthz: got %d %q", w.Code, w.Body)
	}
}

func TestLine_headers(t *testing.T) {
	c := newCaller(t, openRooms(t, t.TempDir()))
	w := c.serve(request("POST", "/voice", nil))
	if got := w.Header().Get("Content-Type"); got != "text/xml; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("cache control %q", got)
	}
}

func TestLine_refusesWhatIsNotSigned(t *testing.T) {
	c := newCaller(t, openRooms(t, t.TempDir()))
	tests := []struct {
		name string
		make func() *http.Request
	}{
		{"no signature", func() *http.Request {
			r := request("POST", "/join", url.Values{"Digits": {"123"}})
			r.Header.Del(signature.Header)
			return r
		}},
		{"another token", func() *http.Request {
			r := request("POST", "/voice", nil)
			r.Header.Set(signature.Header, signature.Sign("x", public+"/voice", url.Values{"CallSid": {sid}, "From": {"+15550123"}}))
			return r
		}},
		{"other digits", func() *http.Request {
			r := request("POST", "/join", url.Values{"Digits": {"999"}})
			body := url.Values{"CallSid": {sid}, "From": {"+15550123"}, "Digits": {"123"}}
			r.Body = io.NopCloser(strings.NewReader(body.Encode()))
			return r
		}},
		{"a count taken away", func() *http.Request {
			r := request("POST", "/join?wrong=2", url.Values{"Digits": {"999"}})
			r.URL.RawQuery = ""
			return r
		}},
		{"GET, a count taken away", func() *http.Request {
			r := request("GET", "/join?wrong=2", url.Values{"Digits": {"999"}})
			r.URL.RawQuery = strings.TrimPrefix(r.URL.RawQuery, "wrong=2&")
			return r
		}},
		{"a body that is no form", func() *http.Request {
			r := httptest.NewRequest("POST", "/voice", strings.NewReader(`{}`))
			r.Header.Set("Content-Type", "application/json")
			return r
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := c.serve(test.make())
			if w.Code != http.StatusForbidden || w.Body.String() != "signature is missing or wrong\n" {
				t.Errorf("got %d %q", w.Code, w.Body)
			}
		})
	}
	if w := c.serve(request("POST", "/voice", url.Values{"x": {strings.Repeat("x", 70_000)}})); w.Code != http.StatusBadRequest {
		t.Errorf("a form without end: got %d", w.Code)
	}
}

// Without a public URL the address is that of the request.
func TestLine_verifiesByRequest(t *testing.T) {
	l, err := line.New(line.Config{Rooms: openRooms(t, t.TempDir()), Token: token})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(l)
	defer server.Close()
	secure := httptest.NewTLSServer(l)
	defer secure.Close()
	for _, s := range []*httptest.Server{server, secure} {
		address := s.URL + "/voice?a=%27+b"
		form := url.Values{"CallSid": {sid}}
		r, err := http.NewRequest("POST", address, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set(signature.Header, signature.Sign(token, address, form))
		resp, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: got %d", address, resp.StatusCode)
		}
	}
	// In the same process, with no server between.
	r, err := http.NewRequest("GET", "http://line.test/voice", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = ""
	r.Header.Set(signature.Header, signature.Sign(token, "http://line.test/voice", nil))
	w := httptest.NewRecorder()
	if l.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Errorf("in process: got %d", w.Code)
	}
}

func TestLine_unsigned(t *testing.T) {
	l, err := line.New(line.Config{Rooms: openRooms(t, t.TempDir()), Unsigned: true})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	l.ServeHTTP(w, httptest.NewRequest("POST", "/voice", nil))
	if w.Code != http.StatusOK {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestConfig_Validate(t *testing.T) {
	rooms := &spyStore{}
	tests := []struct {
		name string
		cfg  line.Config
		want string // in the error; "" is none
	}{
		{"whole", line.Config{Rooms: rooms, Token: "t", Public: "https://example.com/x/"}, ""},
		{"unsigned", line.Config{Rooms: rooms, Unsigned: true}, ""},
		{"no rooms", line.Config{Token: "t"}, "no rooms"},
		{"no token", line.Config{Rooms: rooms}, "no auth token"},
		{"both", line.Config{Rooms: rooms, Token: "t", Unsigned: true}, "unsigned"},
		{"no scheme", line.Config{Rooms: rooms, Token: "t", Public: "example.com"}, "not an http or https address"},
		{"other scheme", line.Config{Rooms: rooms, Token: "t", Public: "ftp://ann:sesame@example.com"}, "not an http or https address"},
		{"no host", line.Config{Rooms: rooms, Token: "t", Public: "https:///x"}, "not an http or https address"},
		{"query", line.Config{Rooms: rooms, Token: "t", Public: "https://example.com/?a=1"}, "query"},
		{"no URL", line.Config{Rooms: rooms, Token: "t", Public: "http://sesame@[x"}, "not a URL"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := line.New(test.cfg)
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want one with %q", err, test.want)
			case err != nil && strings.Contains(err.Error(), "sesame"):
				t.Errorf("password in %v", err)
			}
		})
	}
}

// A store that fails is the fallback's business, and no caller's hint.
func TestLine_storeFails(t *testing.T) {
	c := newCaller(t, &spyStore{err: errors.New("disk is gone")})
	w := c.serve(request("POST", "/join", url.Values{"Digits": {"12345"}}))
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "disk") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if log := c.log.String(); !strings.Contains(log, "disk is gone") || !strings.Contains(log, "call="+sid) {
		t.Errorf("log: %s", log)
	}
}

// No digit that was keyed is ever written down.
func TestLine_logsNoCodes(t *testing.T) {
	rooms := openRooms(t, t.TempDir())
	if _, err := rooms.Add(context.Background(), line.Room{Name: "vault", Code: "86420975"}); err != nil {
		t.Fatal(err)
	}
	c := newCaller(t, rooms)
	c.post("/join", "86420975")
	c.post("/join", "86420976")
	r := request("GET", "/join", url.Values{"Digits": {"86420975"}})
	r.Header.Set(signature.Header, "wrong")
	c.serve(r)
	if log := c.log.String(); strings.Contains(log, "8642097") {
		t.Errorf("a code in the log:\n%s", log)
	}
	for _, want := range []string{"caller enters a room", "room=vault", "code opens nothing", "wrong=1", "verified=" + public + "/join"} {
		if log := c.log.String(); !strings.Contains(log, want) {
			t.Errorf("no %q in the log:\n%s", want, log)
		}
	}
	// What is said to be a call's SID and is none is not logged either.
	c.serve(request("POST", "/join", url.Values{"CallSid": {"CA86420975"}}))
	if log := c.log.String(); strings.Contains(log, "8642097") {
		t.Errorf("a parameter in the log:\n%s", log)
	}
}

// FuzzLine asserts that whatever parameters come in, the answer is a document
// that Twilio accepts, one of few, and that no counts let a fourth code be tried.
func FuzzLine(f *testing.F) {
	rooms, err := line.OpenRooms(context.Background(), f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { rooms.Close() })
	l, err := line.New(line.Config{Rooms: rooms, Unsigned: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("/join", "wrong=1", "Digits=123&CallSid="+sid)
	f.Add("/gather", "silent=2&wrong=x", "")
	f.Add("/voice", ";&%zz", "=&=")
	f.Fuzz(func(t *testing.T, path, query, body string) {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.URL = &url.URL{Path: path, RawQuery: query}
		w := httptest.NewRecorder()
		l.ServeHTTP(w, r)
		if w.Code != http.StatusOK || path != "/voice" && path != "/gather" && path != "/join" {
			return
		}
		doc, err := twiml.FromResponse(w.Header().Get("Content-Type"), w.Body.Bytes())
		if err != nil || len(doc.Warnings) > 0 || len(doc.Verbs) == 0 {
			t.Fatalf("%v, %v:\n%s", err, doc, w.Body)
		}
		switch last := doc.Verbs[len(doc.Verbs)-1].(type) {
		case *twiml.Hangup:
		case *twiml.Redirect:
			u, err := url.Parse(last.URL)
			if err != nil || u.Path != "gather" || u.Host != "" {
				t.Fatalf("redirected to %q", last.URL)
			}
		case *twiml.Dial:
			if path != "/join" || spent(r.URL.Query().Get("wrong"), 3) || spent(r.URL.Query().Get("silent"), 3) {
				t.Fatalf("let in with %q", query)
			}
		default:
			t.Fatalf("last verb is <%s>", last.Element())
		}
	})
}

// spent reports whether a count says that all attempts are used up.
func spent(count string, limit int) bool {
	n, err := strconv.Atoi(count)
	return count != "" && (err != nil || n < 0 || n >= limit)
}
