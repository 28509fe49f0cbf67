package call

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"confab/internal/contract"
	"confab/internal/leg"
)

// What keeps a call from being made.
var (
	// ErrUnreachable: there is no dialer for addresses of that kind.
	ErrUnreachable = errors.New("nothing dials such an address")
	// ErrOverload: as many calls live as may, or the journal takes no more.
	ErrOverload = errors.New("no more calls can be made now")
	// ErrStopping: the switch is stopping.
	ErrStopping = errors.New("no calls are made any more")
)

// DefaultRing is how long a call may ring for which nothing is said (Twilio Call
// resource, Timeout: 60 seconds).
const DefaultRing = time.Minute

// Order is a call to be made. To, From and Direction are required.
type Order struct {
	SID       contract.CallSID // empty: it is given one
	To        string           // "client:alice": its scheme chooses the dialer
	Params    map[string]string
	From      string // as the far end sees it and as it is told of: a number, "client:bob"
	Name      string // display name; may be empty
	Parent    contract.CallSID
	Direction contract.Direction

	// Script runs once the call is answered, and Fallback is asked when a document
	// of it cannot be had. They are Handler's.
	Script   Script
	Fallback Address
	Handler  Handler // nil: Config's

	Callback contract.Callback // told of the call's progress; one without a URL is nobody
	Events   string            // of which, in the words of statusCallbackEvent, separated by spaces; empty: completed

	Timeout   time.Duration // how long it may ring; 0: DefaultRing
	TimeLimit time.Duration // after the answer; 0, or above Config's: Config's

	// Until ends the call when it is closed before the answer
	// (contract.CauseCanceled); nil: never.
	Until <-chan struct{}
	// Over is told that nothing of the call is left, with what it has become; nil:
	// nobody is. It must not block.
	Over func(contract.CallInfo)
}

// Dial makes a call and returns at once: the call lives on a goroutine of its own,
// as one that Accept took over does, and is in the journal. An error says that it
// is not made: ErrUnreachable, ErrOverload, ErrStopping.
func (cs *Calls) Dial(o Order) (*Call, error) {
	scheme, _, _ := strings.Cut(o.To, ":")
	d, ok := cs.cfg.Dialers[scheme]
	if !ok {
		return nil, fmt.Errorf("call %q: %w", o.To, ErrUnreachable)
	}
	c := newOutbound(cs, o)
	cause := cs.admit(func() {
		defer close(c.done)
		defer cs.remove(c)
		if o.Over != nil {
			defer func() { o.Over(c.Info()) }()
		}
		c.runOutbound(d, o)
	}, c)
	switch cause {
	case contract.CauseNone:
		cs.taken.Add(1)
		return c, nil
	case contract.CauseShutdown:
		return nil, fmt.Errorf("call %q: %w", o.To, ErrStopping)
	}
	cs.refused.Add(1)
	return nil, fmt.Errorf("call %q: %w", o.To, ErrOverload)
}

// Dial makes a call on behalf of c (Twilio <Dial>): a child, whose From is c's if
// none is given.
func (c *Call) Dial(o Order) (*Call, error) {
	parent := c.Info()
	o.Parent, o.Direction = parent.SID, contract.OutboundDial
	if o.From == "" {
		o.From, o.Name = parent.From, parent.Caller
	}
	return c.calls.Dial(o)
}

func newOutbound(cs *Calls, o Order) *Call {
	if o.SID == "" {
		o.SID = contract.NewCallSID()
	}
	c := newCall(cs, o.SID, contract.CallInfo{
		Parent: o.Parent, From: o.From, To: o.To, Caller: o.Name,
		Status: contract.CallQueued, Direction: o.Direction,
		CallbackURL: o.Callback.URL, CallbackMethod: o.Callback.Method, CallbackEvents: o.Events,
	})
	c.pending, c.fallback = &o.Script, o.Fallback
	if o.Handler != nil {
		c.handler = o.Handler
	}
	if o.TimeLimit > 0 {
		c.limit = min(c.limit, o.TimeLimit)
	}
	return c
}

// runOutbound is the life of a call that is made: it rings until somebody answers,
// and is then one like any other.
func (c *Call) runOutbound(d leg.Dialer, o Order) {
	if c.ring(d, o) {
		c.talk()
	}
}

// dialled is what came of dialling.
type dialled struct {
	leg leg.Leg
	err error
}

// ring dials until the call is answered (true) or has ended.
func (c *Call) ring(d leg.Dialer, o Order) bool {
	target := leg.Target{URI: o.To, SID: c.sid, From: o.From, Name: o.Name, Timeout: o.Timeout}
	if len(o.Params) > 0 {
		params := url.Values{}
		for name, value := range o.Params {
			params.Set(name, value)
		}
		target.URI += "?" + params.Encode()
	}
	if target.Timeout == 0 {
		target.Timeout = DefaultRing
	}
	came := make(chan dialled, 1)
	c.calls.wg.Go(func() {
		l, err := d.Dial(c.life, target, c.progress)
		came <- dialled{l, err}
	})
	var got dialled
	select {
	case got = <-came:
	case <-o.Until:
		c.end(contract.CauseCanceled) // and with it what d does
		got = <-came
	}
	if got.err != nil {
		c.notAnswered(got.err)
		return false
	}
	return c.taken(got.leg)
}

// progress notes that the far end is being attended to.
func (c *Call) progress(p leg.Progress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.Code <= 100 || c.info.Status != contract.CallQueued {
		return
	}
	c.info.Status = contract.CallRinging
	c.appendLocked(contract.EventCallRinging, time.Now(), nil)
}

// taken notes that the call is answered by l. A call that has ended in that moment
// hangs it up.
func (c *Call) taken(l leg.Leg) bool {
	c.mu.Lock()
	ended := c.info.Status.Terminal()
	c.leg = l
	if !ended {
		c.answeredLocked()
	}
	c.mu.Unlock()
	if ended {
		c.hangup()
	}
	return !ended
}

// notAnswered ends a call by what came in place of an answer.
func (c *Call) notAnswered(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var refused *leg.Refused
	switch {
	case c.info.Status.Terminal(): // so it was given up
	case errors.As(err, &refused):
		c.refusal = refused.End
		if said := &c.refusal; said.Cause == contract.CauseNone || said.Cause == contract.CauseFarEnd {
			said.Cause = contract.CauseFailed
		}
		c.endLocked(c.refusal.Cause)
	default:
		c.log().Warn("call not made", "to", c.info.To, "err", err)
		c.endLocked(contract.CauseFailed)
	}
}

// terminated is the SIP status of a call of ours that was given up before its
// answer (RFC 3261 §9.1, §15.1.2: 487). Twilio Call resource, StatusCallback:
// SipResponseCode is 487 of a call that nobody answered.
const terminated = 487

// givenUp reports whether a call that ends so before its answer is one that we
// stopped.
func givenUp(cause contract.Cause) bool {
	return cause == contract.CauseAPI || cause == contract.CauseCanceled || cause == contract.CauseNoAnswer
}
