package demo

import (
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"confab/internal/signature"
)

var owner = credentials{"AC25e16e9a716a4a1786a7c83f58e30482", "0123456789abcdef0123456789abcdef"}

const conferenceSID = "CF47001dbd9067b3007c1fcd05f43183f8"

// desk is an application, and the REST API that it is let to use.
type desk struct {
	*application
	base  string
	posts chan *http.Request
}

func newDesk(t *testing.T, muteAfter time.Duration) *desk {
	d := &desk{posts: make(chan *http.Request, 8)}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		d.posts <- r
		_, _ = io.WriteString(w, `{"muted": true}`)
	}))
	t.Cleanup(api.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.base = "http://" + listener.Addr().String()
	d.application = startApplication(listener, owner, api.URL, muteAfter, newTimeline(usual))
	t.Cleanup(d.close)
	return d
}

// post sends what a switch would, and returns the status and the body.
func (d *desk) post(t *testing.T, path, token string, form url.Values) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set(signature.Header, signature.Sign(token, d.base+path, form))
	req.Header.Set("I-Twilio-Idempotency-Token", form.Get("SequenceNumber"))
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// event is the form of a callback, with changes.
func event(name, sequence, call string, changes ...string) url.Values {
	form := url.Values{
		"AccountSid": {owner.account}, "ConferenceSid": {conferenceSID}, "FriendlyName": {"TeamMeeting"},
		"StatusCallbackEvent": {name}, "SequenceNumber": {sequence},
	}
	if call != "" {
		maps.Copy(form, url.Values{"CallSid": {call}, "Muted": {"false"}, "EndConferenceOnExit": {"false"}, "StartConferenceOnEnter": {"true"}})
	}
	for i := 0; i < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
	}
	return form
}

// The application knows no SID but those it was told, and mutes all but Mary by
// them when its time has come.
func TestApplication_mutesAllButThePresenter(t *testing.T) {
	d := newDesk(t, time.Millisecond)
	for i, call := range []string{"CAmary", "CAalice", "CAbob"} {
		if code, body := d.post(t, "/voice", owner.token, url.Values{"From": {cast[i].number}, "CallSid": {call}}); code != 200 || body != document {
			t.Fatalf("%s: status %d, %s", call, code, body)
		}
		d.post(t, "/callback", owner.token, event("participant-join", []string{"1", "2", "3"}[i], call))
	}
	start := event("conference-start", "4", "")
	d.post(t, "/callback", owner.token, start)
	d.post(t, "/callback", owner.token, start) // which may be told twice

	for _, call := range []string{"CAalice", "CAbob"} {
		r := <-d.posts
		user, password, _ := r.BasicAuth()
		if want := "/2010-04-01/Accounts/" + owner.account + "/Conferences/" + conferenceSID + "/Participants/" + call + ".json"; r.Method != "POST" ||
			r.URL.Path != want || user != owner.account || password != owner.token || r.PostForm.Encode() != "Muted=True" {
			t.Errorf("%s %s by %s with %s, want a POST of %s with Muted=True", r.Method, r.URL.Path, user, r.PostForm.Encode(), want)
		}
	}
	d.server.Close()
	d.wg.Wait() // until nothing is left that could post
	if n := len(d.posts); n != 0 {
		t.Errorf("%d more posts: %v", n, <-d.posts)
	}
	words := d.said()
	if words.who != "Alice" || words.join.Get("CallSid") != "CAalice" {
		t.Errorf("the words are of %s: %v", words.who, words.join)
	}
	for _, want := range []string{"curl -XPOST http://127.0.0.1:", "/Participants/CAalice.json", `-d "Muted=True"`, "-u '" + owner.account + ":{AuthToken}'"} {
		if !strings.Contains(words.curl, want) {
			t.Errorf("%q is not in\n%s", want, words.curl)
		}
	}
	if strings.Contains(words.curl, owner.token) {
		t.Error("the command shows the token")
	}
	if err := d.timeline.await(t.Context(), "", time.Minute, func(*picture) bool { return true }); err != nil {
		t.Errorf("it finds fault: %v", err)
	}
}

func TestApplication_refusesWhatIsNotSigned(t *testing.T) {
	d := newDesk(t, time.Hour)
	for _, path := range []string{"/voice", "/callback"} {
		if code, _ := d.post(t, path, "another", event("conference-start", "1", "")); code != http.StatusForbidden {
			t.Errorf("%s: status %d, want 403", path, code)
		}
	}
	if p := d.timeline.picture(); p.started != never {
		t.Error("it believes that the conference has started")
	}
}

func TestApplication_refusesAStranger(t *testing.T) {
	d := newDesk(t, time.Hour)
	if code, body := d.post(t, "/voice", owner.token, url.Values{"From": {"+15559999"}, "CallSid": {"CAx"}}); code != 400 || !strings.Contains(body, "+15559999") {
		t.Errorf("status %d, %s", code, body)
	}
}

func TestCheck(t *testing.T) {
	want := expected{account: owner.account, conference: conferenceSID, sequence: 7, known: true}
	for name, tt := range map[string]struct {
		form url.Values
		want string // in the error; empty: there is none
	}{
		"join":            {event("participant-join", "7", "CAx"), ""},
		"start":           {event("conference-start", "7", ""), ""},
		"mute":            {event("participant-mute", "7", "CAx", "Muted", "true"), ""},
		"not muted":       {event("participant-mute", "7", "CAx"), "Muted"},
		"joins muted":     {event("participant-join", "7", "CAx", "Muted", "true"), "Muted"},
		"a gap":           {event("participant-leave", "8", "CAx"), "SequenceNumber"},
		"another account": {event("conference-end", "7", "", "AccountSid", "AC0"), "AccountSid"},
		"another room":    {event("participant-join", "7", "CAx", "FriendlyName", "tea"), "FriendlyName"},
		"no conference":   {event("participant-join", "7", "CAx", "ConferenceSid", ""), "ConferenceSid"},
		"ends on exit":    {event("participant-join", "7", "CAx", "EndConferenceOnExit", "true"), "EndConferenceOnExit"},
		"does not start":  {event("participant-join", "7", "CAx", "StartConferenceOnEnter", ""), "StartConferenceOnEnter"},
		"not asked for":   {event("participant-hold", "7", "CAx"), "participant-hold"},
	} {
		t.Run(name, func(t *testing.T) {
			switch err := check(tt.form, want); {
			case (err == nil) != (tt.want == ""):
				t.Errorf("got %v", err)
			case err != nil && !strings.Contains(err.Error(), tt.want):
				t.Errorf("got %v, which does not say %s", err, tt.want)
			}
		})
	}
	want.known = false
	if err := check(event("participant-join", "7", "CAx"), want); err == nil || !strings.Contains(err.Error(), "CAx") {
		t.Errorf("of a call that nobody knows: %v", err)
	}
}
