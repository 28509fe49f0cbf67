package call_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"confab/internal/call"
	"confab/internal/codec"
	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
)

// directory dials far ends by their identity: a leg.Dialer of a few lines.
type directory struct {
	*stage
	mu      sync.Mutex
	what    map[string]func(ctx context.Context, progress func(leg.Progress)) (leg.Leg, error)
	targets []leg.Target
}

func (d *directory) Dial(ctx context.Context, t leg.Target, progress func(leg.Progress)) (leg.Leg, error) {
	d.mu.Lock()
	d.targets = append(d.targets, t)
	d.mu.Unlock()
	identity, _, _ := strings.Cut(strings.TrimPrefix(t.URI, "client:"), "?")
	return d.what[identity](ctx, progress)
}

// answersAfter rings, and answers after a time unless it is given up.
func (d *directory) answersAfter(ring time.Duration) func(context.Context, func(leg.Progress)) (leg.Leg, error) {
	return func(ctx context.Context, progress func(leg.Progress)) (leg.Leg, error) {
		progress(leg.Progress{Code: 100})
		progress(leg.Progress{Code: 180})
		select {
		case <-time.After(ring):
			return d.answered(), nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (d *directory) answered() *far {
	session, err := d.plane.Open(media.SessionConfig{Alone: true})
	if err != nil {
		d.t.Fatal(err)
	}
	remote := netip.MustParseAddrPort("192.0.2.30:4000")
	if err := session.Set(media.Params{Codec: codec.PCMU, Remote: remote, Send: true, Receive: true}); err != nil {
		d.t.Fatal(err)
	}
	session.Start()
	d.mu.Lock()
	defer d.mu.Unlock()
	f := &far{session: session, done: make(chan struct{}), answered: 1, info: leg.Info{Outbound: true}}
	d.legs = append(d.legs, f)
	return f
}

func refuses(end leg.End) func(context.Context, func(leg.Progress)) (leg.Leg, error) {
	return func(context.Context, func(leg.Progress)) (leg.Leg, error) { return nil, &leg.Refused{End: end} }
}

// bob is a call to bob.
var bob = call.Order{To: "client:bob", From: "client:ann", Direction: contract.OutboundAPI}

// onDialStage is onStage with somebody to call.
func onDialStage(t *testing.T, c call.Config, f func(s *stage, d *directory)) {
	d := &directory{what: make(map[string]func(context.Context, func(leg.Progress)) (leg.Leg, error))}
	c.Dialers = map[string]leg.Dialer{"client": d}
	if c.Handler == nil {
		c.Handler = runScripts(func(ctx context.Context, _ *call.Call, _ call.Script) { <-ctx.Done() })
	}
	onStage(t, c, func(s *stage) {
		d.stage = s
		f(s, d)
	})
}

// A call that is made tells of each step, runs its script when it is answered, and
// ends like any other.
func TestDial(t *testing.T) {
	scripts := make(chan call.Script, 1)
	onDialStage(t, call.Config{Handler: runScripts(func(ctx context.Context, c *call.Call, s call.Script) {
		scripts <- s
		<-ctx.Done()
	})}, func(s *stage, d *directory) {
		d.what["bob"] = d.answersAfter(3 * time.Second)
		over := make(chan contract.CallInfo, 1)
		o := bob
		o.Params = map[string]string{"a": "1 2"}
		o.Script.URL, o.Timeout = "http://app.test/answered", 20*time.Second
		o.Callback.URL, o.Events = "http://app.test/progress", "initiated answered completed"
		o.Over = func(c contract.CallInfo) { over <- c }
		c, err := s.calls.Dial(o)
		if err != nil {
			t.Fatal(err)
		}
		if i := c.Info(); i.Status != contract.CallQueued || i.From != "client:ann" || i.To != "client:bob" || i.Direction != contract.OutboundAPI {
			t.Errorf("made: %+v", i)
		}
		s.settle()
		if c.Session() != nil || c.Quality() != (contract.Quality{}) || !c.Ringing() {
			t.Error("a call that rings has a voice")
		}
		if to := d.targets[0]; to.URI != "client:bob?a=1+2" || to.SID != c.SID() || to.From != "client:ann" || to.Timeout != 20*time.Second {
			t.Errorf("dialled %+v", to)
		}
		s.expect("call-initiated=queued call-ringing=ringing")
		time.Sleep(3 * time.Second)
		s.settle()
		if got := <-scripts; got.URL != "http://app.test/answered" {
			t.Errorf("script %+v", got)
		}
		time.Sleep(time.Minute)
		s.legs[0].goes(leg.End{Cause: contract.CauseFarEnd, Code: 200})
		<-c.Done()
		s.expect("call-initiated=queued call-ringing=ringing call-answered=in-progress call-completed=completed call-quality=completed")
		told := map[contract.EventType]bool{}
		for _, e := range s.journal.all() {
			told[e.Type] = e.Callback != nil && e.Callback.URL == "http://app.test/progress"
		}
		if !told[contract.EventCallInitiated] || told[contract.EventCallRinging] || !told[contract.EventCallAnswered] || !told[contract.EventCallCompleted] {
			t.Errorf("told %v", told)
		}
		if i := <-over; i.Status != contract.CallCompleted || i.Duration(i.Ended).Round(time.Second) != time.Minute {
			t.Errorf("over: %+v", i)
		}
	})
}

// What keeps a call from being answered is its status.
func TestDial_notAnswered(t *testing.T) {
	end := func(cause contract.Cause) func(*call.Call) { return func(c *call.Call) { c.End(cause) } }
	for _, test := range []struct {
		name   string
		far    leg.End // zero: it rings
		does   func(*call.Call)
		status contract.CallStatus
		code   int
	}{
		{"busy", leg.End{Cause: contract.CauseBusy, Code: 486}, nil, contract.CallBusy, 486},
		{"nobody answers", leg.End{Cause: contract.CauseNoAnswer}, nil, contract.CallNoAnswer, 487},
		{"nobody is there", leg.End{Cause: contract.CauseNoAnswer, Code: 480}, nil, contract.CallNoAnswer, 480},
		{"not found", leg.End{Cause: contract.CauseNotFound, Code: 404}, nil, contract.CallFailed, 404},
		{"no common codec", leg.End{Cause: contract.CauseNoCodec, Code: 200}, nil, contract.CallFailed, 200},
		{"lost", leg.End{Cause: contract.CauseFarEnd, Code: 200}, nil, contract.CallFailed, 200},
		{"ended over REST", leg.End{}, end(contract.CauseAPI), contract.CallCanceled, 487},
		{"its caller gave up", leg.End{}, end(contract.CauseCanceled), contract.CallCanceled, 487},
		{"the switch stops", leg.End{}, end(contract.CauseShutdown), contract.CallFailed, 503},
	} {
		t.Run(test.name, func(t *testing.T) {
			onDialStage(t, call.Config{}, func(s *stage, d *directory) {
				d.what["bob"] = refuses(test.far)
				if test.does != nil {
					d.what["bob"] = d.answersAfter(time.Hour)
				}
				c, err := s.calls.Dial(bob)
				if err != nil {
					t.Fatal(err)
				}
				s.settle()
				if test.does != nil {
					test.does(c)
				}
				<-c.Done()
				if i := c.Info(); i.Status != test.status || i.SIPCode != test.code {
					t.Errorf("got %s and %d, want %s and %d", i.Status, i.SIPCode, test.status, test.code)
				}
			})
		})
	}
}

// An error of the dialer's is a failed call.
func TestDial_error(t *testing.T) {
	onDialStage(t, call.Config{}, func(s *stage, d *directory) {
		d.what["bob"] = func(context.Context, func(leg.Progress)) (leg.Leg, error) { return nil, errors.New("no socket") }
		c, err := s.calls.Dial(bob)
		if err != nil {
			t.Fatal(err)
		}
		<-c.Done()
		if i := c.Info(); i.Status != contract.CallFailed || i.SIPCode != 500 {
			t.Errorf("got %s and %d", i.Status, i.SIPCode)
		}
	})
}

// A call is not made beyond the bound, to nobody, for nobody any more.
func TestDial_refused(t *testing.T) {
	onDialStage(t, call.Config{MaxCalls: 1}, func(s *stage, d *directory) {
		d.what["bob"] = d.answersAfter(time.Hour)
		if _, err := s.calls.Dial(call.Order{To: "sip:bob@192.0.2.9"}); !errors.Is(err, call.ErrUnreachable) {
			t.Errorf("an address that nothing dials: %v", err)
		}
		until := make(chan struct{})
		o := bob
		o.Until = until
		c, err := s.calls.Dial(o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.calls.Dial(bob); !errors.Is(err, call.ErrOverload) {
			t.Errorf("beyond the bound: %v", err)
		}
		if _, err := c.Dial(bob); !errors.Is(err, call.ErrOverload) {
			t.Errorf("a child beyond the bound: %v", err)
		}
		close(until)
		<-c.Done()
		if i := c.Info(); i.Status != contract.CallCanceled || i.Cause != contract.CauseCanceled {
			t.Errorf("no longer wanted: %+v", i)
		}
		s.calls.Close()
		if _, err := s.calls.Dial(bob); !errors.Is(err, call.ErrStopping) {
			t.Errorf("after the end: %v", err)
		}
	})
}

// A call that ends in the moment of the answer leaves nobody in it.
func TestDial_answeredTooLate(t *testing.T) {
	onDialStage(t, call.Config{}, func(s *stage, d *directory) {
		answer := make(chan struct{})
		d.what["bob"] = func(context.Context, func(leg.Progress)) (leg.Leg, error) {
			<-answer
			return d.answered(), nil
		}
		c, err := s.calls.Dial(bob)
		if err != nil {
			t.Fatal(err)
		}
		s.settle()
		c.End(contract.CauseAPI)
		close(answer)
		<-c.Done()
		if i := c.Info(); i.Status != contract.CallCanceled || s.legs[0].cause != contract.CauseAPI {
			t.Errorf("status %s, the leg was hung up by %v", i.Status, s.legs[0].cause)
		}
	})
}

// A child has its parent's number, unless it is given another, and its own limit.
func TestDial_child(t *testing.T) {
	onDialStage(t, call.Config{}, func(s *stage, d *directory) {
		d.what["bob"] = d.answersAfter(time.Second)
		s.rings("+15550100")
		parent := s.one()
		c, err := parent.Dial(call.Order{To: "client:bob", TimeLimit: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if i := c.Info(); i.Parent != parent.SID() || i.From != "+15550123" || i.Caller != "Ann" || i.Direction != contract.OutboundDial {
			t.Errorf("child %+v", i)
		}
		other, err := parent.Dial(call.Order{To: "client:bob", From: "client:desk"})
		if err != nil {
			t.Fatal(err)
		}
		if i := other.Info(); i.From != "client:desk" || i.Caller != "" {
			t.Errorf("child with another number: %+v", i)
		}
		<-c.Done()
		if i := c.Info(); i.Cause != contract.CauseTimeLimit || i.Ended.Sub(i.Answered) != time.Minute {
			t.Errorf("%v after %v", i.Cause, i.Ended.Sub(i.Answered))
		}
	})
}
