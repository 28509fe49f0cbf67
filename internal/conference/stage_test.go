package conference_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/codec"
	"confab/internal/conference"
	"confab/internal/contract"
	"confab/internal/media"
	"confab/internal/memnet"
)

var (
	switchAddr = netip.MustParseAddr("192.0.2.1")
	phoneAddr  = netip.MustParseAddr("192.0.2.20")
)

const account contract.AccountSID = "AC00000000000000000000000000000001"

// memory is a journal that keeps its events in memory.
type memory struct {
	mu     sync.Mutex
	events []contract.Event
}

func (m *memory) Append(e contract.Event) contract.Pos {
	m.mu.Lock()
	defer m.mu.Unlock()
	e.Pos = contract.Pos(len(m.events) + 1)
	m.events = append(m.events, e)
	return e.Pos
}

func (m *memory) all() []contract.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]contract.Event(nil), m.events...)
}

// stage is a switch's voice plane and conferences, and a plane of phones, on an
// in-memory network under a fake clock.
type stage struct {
	t           testing.TB
	near, far   *media.Plane
	journal     *memory
	conferences *conference.Conferences
	people      []*person
	names       map[contract.CallSID]string
}

// onStage runs f in a bubble, and checks at its end that nothing is left.
func onStage(t *testing.T, c conference.Config, f func(s *stage)) {
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New()
		plane := func(at netip.Addr) *media.Plane {
			p, err := media.New(media.Config{Bind: at, Loops: 1, MediaTimeout: -1,
				ListenPacket: network.Host(at).ListenPacket})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		s := &stage{t: t, near: plane(switchAddr), far: plane(phoneAddr),
			journal: &memory{}, names: make(map[contract.CallSID]string)}
		c.Plane, c.Journal = s.near, s.journal
		var err error
		if s.conferences, err = conference.New(c); err != nil {
			t.Fatal(err)
		}
		defer s.strike()
		f(s)
	})
}

// strike takes the stage down.
func (s *stage) strike() {
	s.t.Helper()
	s.conferences.Close()
	if n, people := s.conferences.Count(); n != 0 || people != 0 {
		s.t.Errorf("%d conferences and %d participants are left", n, people)
	}
	for _, p := range s.people {
		p.near.Close()
		p.far.Close()
	}
	for _, plane := range []*media.Plane{s.near, s.far} {
		for _, l := range plane.Loops() {
			if l.Panics != 0 {
				s.t.Errorf("%d panics on a media loop", l.Panics)
			}
			if l.Sessions != 0 {
				s.t.Errorf("%d sessions or bridges are left", l.Sessions)
			}
		}
		plane.Close()
	}
	s.checkSequences()
}

// checkSequences: numbers of numbered events count from 1 without a hole, per conference, in the
// order of the journal.
func (s *stage) checkSequences() {
	s.t.Helper()
	last := make(map[contract.ConferenceSID]int)
	for _, e := range s.journal.all() {
		if e.Conference == nil {
			s.t.Errorf("%s has no conference", e.Type)
			continue
		}
		sid := e.Conference.SID
		if want := last[sid] + 1; e.Sequence != want {
			s.t.Errorf("%s of %s has number %d, want %d", e.Type, sid, e.Sequence, want)
		}
		if e.Type.Numbered() {
			last[sid]++
		}
		if e.Time.IsZero() {
			s.t.Errorf("%s has no time", e.Type)
		}
	}
}

// person is a caller: two ends of a voice, and the stay in a conference.
type person struct {
	*stage
	name      string
	call      contract.CallSID
	near, far *media.Session
	hangUp    context.CancelCauseFunc
	stay      chan stay // holds one when it is over
}

type stay struct {
	left conference.Left
	err  error
}

func (s *stage) person(name string) *person {
	s.t.Helper()
	p := &person{stage: s, name: name, call: contract.NewCallSID()}
	s.names[p.call] = name
	var err error
	if p.far, err = s.far.Open(media.SessionConfig{Alone: true, Signal: switchAddr}); err != nil {
		s.t.Fatal(err)
	}
	if p.near, err = s.near.Open(media.SessionConfig{Remote: p.far.Local(), Signal: phoneAddr}); err != nil {
		s.t.Fatal(err)
	}
	for v, remote := range map[*media.Session]*media.Session{p.near: p.far, p.far: p.near} {
		err := v.Set(media.Params{Codec: codec.PCMU, DTMF: 101, Remote: remote.Local(), Send: true, Receive: true})
		if err != nil {
			s.t.Fatal(err)
		}
		v.Start()
		v.Confirm()
	}
	s.people = append(s.people, p)
	return p
}

// join joins the conference "tea" with what the TwiML defaults are, as set
// changes them.
func (p *person) join(set ...func(*conference.Request)) *person {
	r := conference.Request{Account: account, Name: "tea", Call: p.call, Session: p.near, StartOnEnter: true}
	for _, f := range set {
		f(&r)
	}
	ctx, cancel := context.WithCancelCause(p.t.Context())
	p.hangUp, p.stay = cancel, make(chan stay, 1)
	go func() {
		left, err := p.conferences.Join(ctx, r)
		p.stay <- stay{left, err}
		cancel(nil)
	}()
	p.settle()
	return p
}

func (p *person) hangsUp() {
	p.hangUp(&contract.Ended{Cause: contract.CauseFarEnd})
	p.settle()
}

// presses sends keys (RFC 4733).
func (p *person) presses(keys string) {
	if err := p.far.SendDigits(p.t.Context(), keys); err != nil {
		p.t.Error(err)
	}
	p.settle()
}

// again is a second stay of the same call.
func (p *person) again() *person {
	twin := *p
	return twin.join()
}

// in reports whether the person's Join is still under way.
func (p *person) in() bool { return p.stay != nil && len(p.stay) == 0 }

// over returns how the stay ended.
func (p *person) over() stay {
	p.t.Helper()
	select {
	case v := <-p.stay:
		return v
	default:
		p.t.Fatalf("%s is still in the conference", p.name)
		return stay{}
	}
}

// settle lets what has begun come to rest: a few turns of the loops.
func (s *stage) settle() {
	time.Sleep(30 * time.Millisecond)
	synctest.Wait()
}

// says plays a pitch at the far end until the returned func is called.
func (p *person) says(hz float64) (stop func()) {
	ctx, cancel := context.WithCancel(p.t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { p.far.Play(ctx, audiotest.Tone(hz)) })
	p.settle()
	return func() { cancel(); wg.Wait() }
}

// listen returns what the far end hears in d from now on.
func (p *person) listen(d time.Duration) []int16 {
	tap, err := p.far.Tap()
	if err != nil {
		p.t.Fatal(err)
	}
	defer tap.Close()
	heard := make([]int16, 8*int(d.Milliseconds()))
	for at := 0; at < len(heard); {
		n, err := tap.Read(p.t.Context(), heard[at:])
		if err != nil {
			p.t.Fatal(err)
		}
		at += n
	}
	return heard
}

// hears returns which of the pitches a person hears in the next 200 ms.
func (p *person) hears(pitches ...float64) (heard []float64) {
	samples := p.listen(200 * time.Millisecond)
	for _, hz := range pitches {
		if audiotest.Hears(samples, 8000, hz) > -35 {
			heard = append(heard, hz)
		}
	}
	return heard
}

// loud returns how loud what a person hears is, in dBov.
func (p *person) loud() float64 { return audio.Level(p.listen(200 * time.Millisecond)) }

// told returns the events so far, one line each.
func (s *stage) told() string {
	var lines []string
	for _, e := range s.journal.all() {
		lines = append(lines, s.line(e))
	}
	return strings.Join(lines, "\n")
}

// line is an event in words: who, what, why, how many are left.
func (s *stage) line(e contract.Event) string {
	words := []string{string(e.Type)}
	if e.Participant != nil && e.Type != contract.EventConferenceEnd {
		words = append(words, s.names[e.Participant.Call])
	}
	if e.LeaveReason != "" {
		words = append(words, string(e.LeaveReason), string(e.CallStatus))
	}
	if e.Type == contract.EventConferenceEnd {
		words = append(words, string(e.Conference.ReasonEnded))
		if e.Conference.CallEnding != "" {
			words = append(words, "by", s.names[e.Conference.CallEnding])
		}
	}
	return fmt.Sprintf("%s (%d %s)", strings.Join(words, " "), e.Conference.Participants, e.Conference.Status)
}

// expect compares all events so far with lines.
func (s *stage) expect(lines ...string) {
	s.t.Helper()
	if got, want := s.told(), strings.Join(lines, "\n"); got != want {
		s.t.Errorf("events:\n%s\nwant:\n%s", got, want)
	}
}

// size is how long an event is in the journal.
func size(e contract.Event) int {
	b, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return len(b)
}

// The attributes of <Conference>, as they change a request.
func waits(r *conference.Request)     { r.StartOnEnter = false }
func moderates(r *conference.Request) { r.EndOnExit = true }
func isMuted(r *conference.Request)   { r.Muted = true }
func silent(r *conference.Request)    { r.Wait = &conference.Document{} }
func named(name string) func(*conference.Request) {
	return func(r *conference.Request) { r.Name = name }
}
func labelled(label string) func(*conference.Request) {
	return func(r *conference.Request) { r.Label = label }
}
func beeps(enter, exit bool) func(*conference.Request) {
	return func(r *conference.Request) { r.BeepEnter, r.BeepExit = enter, exit }
}
