package call_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/call"
	"confab/internal/codec"
	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
	"confab/internal/memnet"
)

const account contract.AccountSID = "AC00000000000000000000000000000001"

var switchAddr = netip.MustParseAddr("192.0.2.1")

// memory is a journal in memory.
type memory struct {
	mu     sync.Mutex
	events []contract.Event
	sick   error
}

func (m *memory) Append(e contract.Event) contract.Pos {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, e)
	return contract.Pos(len(m.events))
}

func (m *memory) Healthy() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sick
}

func (m *memory) all() []contract.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.events)
}

// book is a list of numbers.
type book map[string]contract.NumberInfo

var errBook = errors.New("the book cannot be read")

func (b book) Number(_ context.Context, user string) (contract.NumberInfo, bool, error) {
	if user == "unreadable" {
		return contract.NumberInfo{}, false, errBook
	}
	n, ok := b[user]
	if !ok {
		n, ok = b["*"]
	}
	return n, ok, nil
}

var numbers = book{
	"+15550100": {Number: "+15550100", VoiceURL: "http://app.test/voice", VoiceMethod: "GET",
		FallbackURL: "http://app.test/fallback", FallbackMethod: "POST",
		StatusCallback: "http://app.test/status", StatusMethod: "GET"},
	"15550100": {Number: "+15550100", VoiceURL: "http://app.test/voice"},
}

// far is a far end with a script of its own: a leg whose signalling is these
// few lines and whose voice is real.
type far struct {
	info      leg.Info
	session   *media.Session
	voiceless bool // the voice is never started
	ring      error
	answer    error

	mu       sync.Mutex
	rung     int
	answered int
	cause    contract.Cause // of Hangup
	hungUp   int
	end      leg.End
	done     chan struct{}
	confirm  time.Duration // how long it takes to confirm a Hangup
}

func (f *far) Info() leg.Info                      { return f.info }
func (f *far) Session() *media.Session             { return f.session }
func (f *far) Done() <-chan struct{}               { return f.done }
func (f *far) Refer(context.Context, string) error { return errors.ErrUnsupported }
func (f *far) Ring(context.Context) error          { f.mu.Lock(); defer f.mu.Unlock(); f.rung++; return f.ring }

func (f *far) Answer(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.answer != nil {
		return f.answer
	}
	f.answered++
	if !f.voiceless {
		f.session.Start()
	}
	return context.Cause(ctx)
}

func (f *far) Hangup(ctx context.Context, cause contract.Cause) error {
	f.mu.Lock()
	f.hungUp++
	if f.cause == contract.CauseNone {
		f.cause = cause
	}
	wait := f.confirm
	f.mu.Unlock()
	select {
	case <-time.After(wait):
	case <-f.done:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	f.goes(leg.End{Cause: cause})
	return nil
}

func (f *far) End() leg.End {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.end
}

// goes ends the leg as the far end does.
func (f *far) goes(end leg.End) {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-f.done:
	default:
		f.end = end
		f.session.Close()
		close(f.done)
	}
}

// serve is a handler made of a func.
type serve func(ctx context.Context, c *call.Call)

func (f serve) ServeCall(ctx context.Context, c *call.Call) { f(ctx, c) }

// runScripts is the handler that a switch has: run each script until it is over.
func runScripts(script func(ctx context.Context, c *call.Call, s call.Script)) serve {
	return func(_ context.Context, c *call.Call) {
		for {
			ctx, s, ok := c.Next()
			if !ok {
				return
			}
			script(ctx, c, s)
		}
	}
}

// stage is Calls on an in-memory network under a fake clock.
type stage struct {
	t         *testing.T
	plane     *media.Plane
	journal   *memory
	calls     *call.Calls
	legs      []*far
	voiceless bool // as those that ring from now on are
}

func onStage(t *testing.T, c call.Config, f func(s *stage)) {
	synctest.Test(t, func(t *testing.T) {
		plane, err := media.New(media.Config{Bind: switchAddr, Loops: 1, MediaTimeout: time.Minute,
			ListenPacket: memnet.New().ListenPacket})
		if err != nil {
			t.Fatal(err)
		}
		s := &stage{t: t, plane: plane, journal: &memory{}}
		c.Account, c.Journal, c.Numbers = account, s.journal, numbers
		if s.calls, err = call.New(c); err != nil {
			t.Fatal(err)
		}
		f(s)
		s.calls.Close()
		if n := s.calls.Count(); n != 0 {
			t.Errorf("%d calls are left", n)
		}
		for _, l := range s.legs {
			select {
			case <-l.done:
			default:
				t.Error("a leg was left alone")
				l.goes(leg.End{})
			}
		}
		plane.Close()
		s.checkSequences()
	})
}

// checkSequences: numbered events of a call count from 0 without a hole, and
// exactly one is its end.
func (s *stage) checkSequences() {
	s.t.Helper()
	next, ends := make(map[contract.CallSID]int), make(map[contract.CallSID]int)
	for _, e := range s.journal.all() {
		sid := e.Call.SID
		if e.Sequence != next[sid] {
			s.t.Errorf("%s has number %d, want %d", e.Type, e.Sequence, next[sid])
		}
		if e.Type.Numbered() {
			next[sid]++
		}
		if e.Type == contract.EventCallCompleted {
			ends[sid]++
		}
	}
	for sid := range next {
		if ends[sid] != 1 {
			s.t.Errorf("%s ended %d times", sid, ends[sid])
		}
	}
}

// rings lets a call come in.
func (s *stage) rings(to string) *far {
	s.t.Helper()
	return s.ringsAs(leg.Info{
		From: "+15550123", To: to, Caller: "Ann", Forwarded: "+15550111", Host: "confab.test", CallID: "abc@phone",
		Transport: "udp", Source: netip.MustParseAddrPort("192.0.2.20:5060"),
		Headers: map[string]string{"X-Customer": "7"},
	})
}

// ringsAs lets a call of that far end come in.
func (s *stage) ringsAs(info leg.Info) *far {
	s.t.Helper()
	session, err := s.plane.Open(media.SessionConfig{Alone: true})
	if err != nil {
		s.t.Fatal(err)
	}
	remote := netip.MustParseAddrPort("192.0.2.20:4000")
	if err := session.Set(media.Params{Codec: codec.PCMU, Remote: remote, Send: true, Receive: true}); err != nil {
		s.t.Fatal(err)
	}
	f := &far{session: session, voiceless: s.voiceless, done: make(chan struct{}), info: info}
	s.legs = append(s.legs, f)
	s.calls.Accept(f)
	s.settle()
	return f
}

func (s *stage) settle() {
	time.Sleep(20 * time.Millisecond)
	synctest.Wait()
}

// one returns the only live call.
func (s *stage) one() *call.Call {
	s.t.Helper()
	list := s.calls.List()
	if len(list) != 1 {
		s.t.Fatalf("%d calls live, want 1", len(list))
	}
	return list[0]
}

// told returns the types and statuses of the events so far.
func (s *stage) told() string {
	var words []string
	for _, e := range s.journal.all() {
		words = append(words, string(e.Type)+"="+string(e.Call.Status))
	}
	return strings.Join(words, " ")
}

func (s *stage) expect(want string) {
	s.t.Helper()
	if got := s.told(); got != want {
		s.t.Errorf("events: %s\nwant:   %s", got, want)
	}
}

// last returns the last event's call.
func (s *stage) last() contract.CallInfo {
	s.t.Helper()
	events := s.journal.all()
	if len(events) == 0 {
		s.t.Fatal("no events")
	}
	return *events[len(events)-1].Call
}
