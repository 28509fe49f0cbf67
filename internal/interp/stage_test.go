package interp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/call"
	"confab/internal/codec"
	"confab/internal/conference"
	"confab/internal/contract"
	"confab/internal/interp"
	"confab/internal/leg"
	"confab/internal/media"
	"confab/internal/memnet"
	"confab/internal/speech"
	"confab/internal/webhook"
)

const (
	account contract.AccountSID = "AC00000000000000000000000000000001"
	host                        = "app.test"
	base                        = "http://" + host
)

var (
	switchAddr = netip.MustParseAddr("192.0.2.1")
	phoneAddr  = netip.MustParseAddr("192.0.2.20")
)

// memory is a journal in memory.
type memory struct {
	mu     sync.Mutex
	events []contract.Event
}

func (m *memory) Append(e contract.Event) contract.Pos {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, e)
	return contract.Pos(len(m.events))
}

func (m *memory) Healthy() error { return nil }

func (m *memory) all() []contract.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.events)
}

// app is the customer's application: answers by path, and what it was asked.
type app struct {
	mu      sync.Mutex
	answers map[string]http.HandlerFunc
	asked   []asked
}

// asked is one request: what, with what, and when.
type asked struct {
	method, path string
	form         url.Values
	at           time.Time
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	a.mu.Lock()
	a.asked = append(a.asked, asked{r.Method, r.URL.Path, r.Form, time.Now()})
	answer := a.answers[r.URL.Path]
	a.mu.Unlock()
	if answer == nil {
		http.NotFound(w, r)
		return
	}
	answer(w, r)
}

// on answers a path with a document: what stands inside <Response>.
func (a *app) on(path string, verbs ...string) {
	a.serve(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprintf(w, "<Response>%s</Response>", strings.Join(verbs, ""))
	})
}

// gives answers a path with any body.
func (a *app) gives(path, contentType string, body []byte) {
	a.serve(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Write(body)
	})
}

func (a *app) serve(path string, f http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answers[path] = f
}

// requests returns what was asked for so far.
func (a *app) requests() []asked {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.asked)
}

// stage is a switch from the leg up, on an in-memory network under a fake clock.
type stage struct {
	t           *testing.T
	near, far   *media.Plane
	journal     *memory
	app         *app
	conferences *conference.Conferences
	calls       *call.Calls
	number      contract.NumberInfo
	dialers     map[string]leg.Dialer
	mu          sync.Mutex
	callers     []*caller
}

// set is what a stage may have otherwise.
type set func(*stage, *interp.Config)

func withSpeech(e speech.Engine) set {
	return func(s *stage, c *interp.Config) { c.Speech = speaker(s.t, e) }
}

func speaker(t *testing.T, e speech.Engine) *speech.Speaker {
	v, err := speech.New(speech.Config{Engine: e})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func onStage(t *testing.T, f func(s *stage), sets ...set) {
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New()
		plane := func(at netip.Addr) *media.Plane {
			p, err := media.New(media.Config{Bind: at, Loops: 1, MediaTimeout: -1, ListenPacket: network.Host(at).ListenPacket})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		s := &stage{t: t, near: plane(switchAddr), far: plane(phoneAddr), journal: &memory{},
			app:    &app{answers: make(map[string]http.HandlerFunc)},
			number: contract.NumberInfo{Number: "+15550100", VoiceURL: base + "/voice"}}
		hooks := webhook.New(webhook.Config{
			Tokens: func(contract.AccountSID) (string, bool) { return "secret0123456789", true },
			Local:  map[string]http.Handler{host: s.app, "line.test": s.app},
		})
		var err error
		s.conferences, err = conference.New(conference.Config{Plane: s.near, Journal: s.journal, MaxParticipants: 3})
		if err != nil {
			t.Fatal(err)
		}
		c := interp.Config{Webhook: hooks, Speech: speaker(t, speech.NewTones()), Conferences: s.conferences, Plane: s.near,
			Line: "http://line.test/voice"}
		for _, f := range sets {
			f(s, &c)
		}
		scripts, err := interp.New(c)
		if err != nil {
			t.Fatal(err)
		}
		s.calls, err = call.New(call.Config{Account: account, Journal: s.journal, Numbers: s, Handler: scripts, Dialers: s.dialers})
		if err != nil {
			t.Fatal(err)
		}
		f(s)
		s.calls.Close()
		s.conferences.Close()
		if st := s.calls.Stats(); st.Panics != 0 || st.Live != 0 {
			t.Errorf("stats %+v", st)
		}
		for _, c := range s.callers {
			c.session.Close()
			c.far.Close()
		}
		hooks.Close()
		s.near.Close()
		s.far.Close()
	})
}

// Number meets call.Numbers: every number is this one.
func (s *stage) Number(context.Context, string) (contract.NumberInfo, bool, error) {
	return s.number, true, nil
}

// caller is a far end: a leg whose signalling is these few lines and whose voice
// is real.
type caller struct {
	*stage
	name    string
	session *media.Session // the switch's half
	far     *media.Session // the phone's
	done    chan struct{}

	mu       sync.Mutex
	answered time.Time
	ended    time.Time
	end      leg.End
}

func (c *caller) Info() leg.Info {
	return leg.Info{From: c.name, To: "+15550100", Host: "confab.test", CallID: c.name + "@phone",
		Source: netip.AddrPortFrom(phoneAddr, 5060)}
}
func (c *caller) Session() *media.Session             { return c.session }
func (c *caller) Done() <-chan struct{}               { return c.done }
func (c *caller) Ring(context.Context) error          { return nil }
func (c *caller) Refer(context.Context, string) error { return errors.ErrUnsupported }

func (c *caller) Answer(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answered = time.Now()
	c.session.Start()
	c.session.Confirm()
	return nil
}

func (c *caller) Hangup(_ context.Context, cause contract.Cause) error {
	c.goes(leg.End{Cause: cause})
	return nil
}

func (c *caller) End() leg.End {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end
}

func (c *caller) goes(end leg.End) {
	c.mu.Lock()
	if !c.ended.IsZero() {
		c.mu.Unlock()
		<-c.done
		return
	}
	c.end, c.ended = end, time.Now()
	c.mu.Unlock()
	c.session.Close()
	time.Sleep(5 * time.Millisecond) // the voice goes first
	close(c.done)
}

// calling lets a call come in.
func (s *stage) calling(name string) *caller {
	s.t.Helper()
	c := s.telephone(name)
	s.calls.Accept(c)
	return c
}

// telephone is a far end that nobody has called, and that calls nobody.
func (s *stage) telephone(name string) *caller {
	s.t.Helper()
	c := &caller{stage: s, name: name, done: make(chan struct{})}
	var err error
	if c.far, err = s.far.Open(media.SessionConfig{Alone: true, Signal: switchAddr}); err != nil {
		s.t.Fatal(err)
	}
	if c.session, err = s.near.Open(media.SessionConfig{Remote: c.far.Local(), Signal: phoneAddr}); err != nil {
		s.t.Fatal(err)
	}
	for v, remote := range map[*media.Session]*media.Session{c.session: c.far, c.far: c.session} {
		err := v.Set(media.Params{Codec: codec.PCMU, DTMF: 101, Remote: remote.Local(), Send: true, Receive: true})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	c.far.Start()
	c.far.Confirm()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.callers = append(s.callers, c)
	return c
}

// hangsUp ends the leg as sip does: with BYE once it is answered, with CANCEL before.
func (c *caller) hangsUp() {
	c.mu.Lock()
	end := leg.End{Cause: contract.CauseFarEnd, Code: 200}
	if c.answered.IsZero() {
		end = leg.End{Cause: contract.CauseCanceled, Code: 487}
	}
	c.mu.Unlock()
	c.goes(end)
	settle()
}

// presses sends keys (RFC 4733), each 100 ms or so after the other.
func (c *caller) presses(keys string) {
	if err := c.far.SendDigits(c.t.Context(), keys); err != nil {
		c.t.Error(err)
	}
}

// listen returns what the caller hears in d from now on.
func (c *caller) listen(d time.Duration) []int16 {
	tap, err := c.far.Tap()
	if err != nil {
		c.t.Fatal(err)
	}
	defer tap.Close()
	heard := make([]int16, 8*int(d.Milliseconds()))
	for at := 0; at < len(heard); {
		n, err := tap.Read(c.t.Context(), heard[at:])
		if err != nil {
			c.t.Fatal(err)
		}
		at += n
	}
	return heard
}

// hears reports whether the caller hears that pitch now.
func (c *caller) hears(hz float64) bool {
	return audiotest.Hears(c.listen(100*time.Millisecond), 8000, hz) > -35
}

// voiced returns for how much of d from now on the caller hears anything.
func (c *caller) voiced(d time.Duration) (sum time.Duration) {
	heard := c.listen(d)
	for at := 0; at+160 <= len(heard); at += 160 {
		if audio.Level(heard[at:at+160]) > -50 {
			sum += 20 * time.Millisecond
		}
	}
	return sum
}

// waits waits until the call is over.
func (c *caller) waits() {
	select {
	case <-c.done:
	case <-time.After(time.Hour):
		c.t.Errorf("%s is never hung up", c.name)
	}
	settle()
}

func settle() {
	time.Sleep(30 * time.Millisecond)
	synctest.Wait()
}

// live returns the one live call.
func (s *stage) live() *call.Call {
	s.t.Helper()
	list := s.calls.List()
	if len(list) != 1 {
		s.t.Fatalf("%d calls live, want 1", len(list))
	}
	return list[0]
}

// expectPosts compares what the application was asked, as "METHOD path" and the
// parameters named.
func (s *stage) expectPosts(names string, want ...string) {
	s.t.Helper()
	var got []string
	for _, r := range s.app.requests() {
		line := r.method + " " + r.path
		for _, name := range strings.Fields(names) {
			if r.form.Has(name) {
				line += " " + name + "=" + r.form.Get(name)
			}
		}
		got = append(got, line)
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("the application was asked\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// warnings returns the codes warned of so far.
func (s *stage) warnings() (codes []int) {
	for _, e := range s.journal.all() {
		if e.Type == contract.EventCallWarning {
			codes = append(codes, int(e.Warning.Code))
		}
	}
	return codes
}

func (s *stage) expectWarnings(want ...int) {
	s.t.Helper()
	if got := s.warnings(); !slices.Equal(got, want) {
		s.t.Errorf("warnings %v, want %v", got, want)
	}
}

// conferenceEvents returns the types of the conferences' events so far.
func (s *stage) conferenceEvents() string {
	var words []string
	for _, e := range s.journal.all() {
		if e.Conference != nil {
			words = append(words, strings.TrimSpace(string(e.Type)+" "+string(e.LeaveReason)))
		}
	}
	return strings.Join(words, ", ")
}

// final returns the end of the last call that ended.
func (s *stage) final() contract.CallInfo {
	s.t.Helper()
	events := s.journal.all()
	for _, e := range slices.Backward(events) {
		if e.Type == contract.EventCallCompleted {
			return *e.Call
		}
	}
	s.t.Fatal("no call ended")
	return contract.CallInfo{}
}
