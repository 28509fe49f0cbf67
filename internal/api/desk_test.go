package api_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"confab/internal/api"
	"confab/internal/call"
	"confab/internal/conference"
	"confab/internal/contract"
	"confab/internal/logtest"
	"confab/internal/media"
	"confab/internal/memnet"
	"confab/internal/store"
)

const (
	account = contract.AccountSID("AC00112233445566778899aabbccddeeff")
	other   = "ACffffffffffffffffffffffffffffffff"
	token   = "0123456789abcdef0123456789abcdef"
	own     = api.Root + "Accounts/" + string(account)
)

// noon is when things begin in these tests.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// sid is the nth SID of a kind.
func sid(kind string, n int) string { return fmt.Sprintf("%s%032x", kind, n) }

// nobody serves calls that never come.
type nobody struct{}

func (nobody) ServeCall(context.Context, *call.Call) {}

// desk is an API over a real store, with nothing live.
type desk struct {
	*api.API
	store *store.Store
}

func newDesk(t testing.TB, change func(*api.Config)) desk {
	t.Helper()
	s, err := store.Open(context.Background(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	plane, err := media.New(media.Config{Bind: netip.MustParseAddr("127.0.0.1"), Loops: 1, ListenPacket: memnet.New().ListenPacket})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { plane.Close() })
	calls, err := call.New(call.Config{Account: account, Journal: s, Numbers: s, Handler: nobody{}})
	if err != nil {
		t.Fatal(err)
	}
	conferences, err := conference.New(conference.Config{Plane: plane, Journal: s})
	if err != nil {
		t.Fatal(err)
	}
	c := api.Config{Account: account, Token: token, Store: s, Calls: calls, Conferences: conferences, Log: logtest.Watch(t, token)}
	if change != nil {
		change(&c)
	}
	a, err := api.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return desk{a, s}
}

// ask asks with the account's credentials. form, if not nil, is the body.
func (d desk) ask(t testing.TB, method, target string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	return d.askAs(t, string(account), token, method, target, form)
}

func (d desk) askAs(t testing.TB, user, password, method, target string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, target, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if user != "" {
		r.SetBasicAuth(user, password)
	}
	return d.serve(t, r)
}

// serve checks what every response has.
func (d desk) serve(t testing.TB, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	wellFormed(t, r, w)
	return w
}

// wellFormed checks that a response is in the form that its type says, and has
// the headers of the contract.
func wellFormed(t testing.TB, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	if id := w.Header().Get("Twilio-Request-Id"); len(id) != 34 || id[:2] != "RQ" {
		t.Errorf("%s %s: Twilio-Request-Id: got %q", r.Method, r.URL, id)
	}
	if w.Header().Get("Twilio-Concurrent-Requests") == "" || w.Header().Get("Twilio-Request-Duration") == "" {
		t.Errorf("%s %s: headers %v", r.Method, r.URL, w.Header())
	}
	body, kind := w.Body.Bytes(), w.Header().Get("Content-Type")
	switch {
	case w.Code == http.StatusNoContent || r.Method == http.MethodHead:
		if len(body) > 0 {
			t.Errorf("%s %s: a body with %d: %q", r.Method, r.URL, w.Code, body)
		}
	case strings.HasPrefix(kind, "application/json"):
		if !json.Valid(body) {
			t.Errorf("%s %s: not JSON: %q", r.Method, r.URL, body)
		}
	case strings.HasPrefix(kind, "application/xml"):
		d := xml.NewDecoder(strings.NewReader(string(body)))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Errorf("%s %s: not XML: %v: %q", r.Method, r.URL, err, body)
				break
			}
		}
	default:
		t.Errorf("%s %s: Content-Type %q", r.Method, r.URL, kind)
	}
}

// get asks for JSON, which must be there.
func (d desk) get(t testing.TB, target string) map[string]any {
	t.Helper()
	w := d.ask(t, "GET", target, nil)
	return decode(t, w, 200)
}

func decode(t testing.TB, w *httptest.ResponseRecorder, status int) (got map[string]any) {
	t.Helper()
	if w.Code != status {
		t.Fatalf("got %d, want %d: %s", w.Code, status, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%v in %q", err, w.Body)
	}
	return got
}

// append puts events into the journal, and waits for them.
func (d desk) append(t testing.TB, events ...contract.Event) {
	t.Helper()
	for _, e := range events {
		d.store.Append(e)
	}
	if err := d.store.Sync(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// callN is the nth call: it began n hours after noon.
func callN(n int, status contract.CallStatus) contract.CallInfo {
	c := contract.CallInfo{SID: contract.CallSID(sid("CA", n)), Account: account, From: "+14158675310", To: "+15550100",
		Number: "+15550100", Caller: "Ann <&>", Forwarded: "+15550111", Status: status, Direction: contract.Inbound, Created: noon.Add(time.Duration(n) * time.Hour)}
	if status != contract.CallRinging {
		c.Answered = c.Created.Add(2 * time.Second)
	}
	if status.Terminal() {
		c.Ended, c.Cause, c.SIPCode = c.Answered.Add(90*time.Second+400*time.Millisecond), contract.CauseFarEnd, 200
	}
	return c
}

func callEvent(c contract.CallInfo) contract.Event {
	e := contract.Event{Type: contract.EventCallRinging, Time: c.Created, Call: &c}
	if c.Status.Terminal() {
		e.Type, e.Time = contract.EventCallCompleted, c.Ended
	}
	return e
}

// conferenceN is the nth conference, a day after the one before, which has ended.
func conferenceN(n int) contract.ConferenceInfo {
	at := noon.Add(time.Duration(n) * 24 * time.Hour)
	return contract.ConferenceInfo{SID: contract.ConferenceSID(sid("CF", n)), Account: account, FriendlyName: "Tea & Cake", Status: contract.ConferenceCompleted,
		Created: at, Started: at.Add(time.Minute), Ended: at.Add(time.Hour), ReasonEnded: contract.EndedByModeratorLeft, CallEnding: contract.CallSID(sid("CA", n))}
}

func conferenceEvent(c contract.ConferenceInfo) contract.Event {
	return contract.Event{Type: contract.EventConferenceEnd, Time: c.Ended, Conference: &c}
}
