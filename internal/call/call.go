package call

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
)

// ErrEnded says that a call has ended.
var ErrEnded = errors.New("call has ended")

// maxWarnings is how many notices one call can cause: a document that loops
// must not fill the journal.
const maxWarnings = 100

// Call is one call: a leg, and the script that runs on it. All methods may be
// called from any goroutine, but Next, which is the Handler's.
//
//	Accept ─────────────▶ ringing ──Answer──▶ in-progress
//	Dial ──▶ queued ──▶ ringing ──answered────▶ in-progress
//	            │          │                        │
//	            └──────────┴──── end(cause) ────────┴──▶ completed, busy, failed, no-answer, canceled
//
// Whatever ends a call comes to end, and the first to come has the say: the far
// end, the handler, a time limit, REST, the switch. What each becomes is in
// Causes.
//
// A call has two contexts. Its life ends when the call does; the context of the
// running script also ends when the call is given another script. Since only
// the first cancel of a context counts, what comes next is not in a context but
// under mu: the last update wins, and the end beats every update.
type Call struct {
	calls   *Calls
	handler Handler
	sid     contract.CallSID
	created time.Time
	nth     uint32 // of all, which says in which share it is: see Calls.Sample

	life     context.Context
	kill     context.CancelCauseFunc
	answered chan struct{} // closed at the answer
	done     chan struct{} // closed when nothing of the call is left
	limited  chan struct{} // holds one: limit has changed

	mu       sync.Mutex
	leg      leg.Leg // nil while a call of ours rings, and of one that was not answered
	refusal  leg.End // how the far end refused a call of ours; zero: it did not
	info     contract.CallInfo
	sequence int                     // of the next event
	warnings int                     // so far
	pending  *Script                 // what runs next
	fallback Address                 // of every document
	limit    time.Duration           // from the answer on
	stop     context.CancelCauseFunc // of the running script; nil before the first
}

func newCall(cs *Calls, sid contract.CallSID, info contract.CallInfo) *Call {
	c := &Call{
		calls: cs, handler: cs.cfg.Handler, sid: sid, created: time.Now(), nth: cs.begun.Add(1),
		answered: make(chan struct{}), done: make(chan struct{}), limited: make(chan struct{}, 1),
		info:  info,
		limit: cs.cfg.TimeLimit,
	}
	c.info.SID, c.info.Account, c.info.Created = sid, cs.cfg.Account, c.created
	c.life, c.kill = context.WithCancelCause(context.Background())
	return c
}

func newInbound(cs *Calls, l leg.Leg, number contract.NumberInfo) *Call {
	from := l.Info()
	sid := from.SID
	if sid == "" {
		sid = contract.NewCallSID()
	}
	c := newCall(cs, sid, contract.CallInfo{
		Number: number.Number, Application: from.Application,
		From: from.From, To: dialledNumber(from.To, number.Number), Caller: from.Caller, Forwarded: from.Forwarded,
		Status: contract.CallRinging, Direction: contract.Inbound,
		SIPCallID: from.CallID, SIPDomain: from.Host,
		CallbackURL: number.StatusCallback, CallbackMethod: number.StatusMethod,
		Headers: maps.Clone(from.Headers),
	})
	c.leg = l
	c.pending = &Script{Address: Address{number.VoiceURL, number.VoiceMethod}, Params: from.Params}
	c.fallback = Address{number.FallbackURL, number.FallbackMethod}
	if a := from.Source.Addr(); a.IsValid() {
		c.info.SourceIP = a.Unmap().String()
	}
	return c
}

// dialledNumber is the number that a call is to, in the form of the contract: E.164
// where the number is known so, otherwise as the caller spelled it.
func dialledNumber(to, number string) string {
	if strings.HasPrefix(number, "+") {
		return number
	}
	return to
}

// log returns the logger of what is said of this call: made when something is, for it
// would be as large as all that is known of the caller.
func (c *Call) log() *slog.Logger { return c.calls.log.With("call", c.sid) }

// SID returns the call's SID.
func (c *Call) SID() contract.CallSID { return c.sid }

// Session returns the voice of the call; nil while a call of ours rings, and of
// one that was not answered.
func (c *Call) Session() *media.Session {
	if l := c.far(); l != nil {
		return l.Session()
	}
	return nil
}

func (c *Call) far() leg.Leg {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.leg
}

// Info returns a snapshot.
func (c *Call) Info() contract.CallInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.info
}

// Done is closed when the call has ended, its handler has returned and the far
// end has confirmed or been given up.
func (c *Call) Done() <-chan struct{} { return c.done }

// Ringing reports whether the call is still to be answered.
func (c *Call) Ringing() bool {
	switch c.Info().Status {
	case contract.CallQueued, contract.CallRinging:
		return true
	}
	return false
}

// Answer answers a call that came in, once: repeating it does nothing. It returns when the
// answer is on its way. Once begun it is not interrupted by another script. The
// call ends when it cannot be answered.
func (c *Call) Answer(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if !c.Ringing() {
		return context.Cause(c.life)
	}
	if err := c.leg.Answer(c.life); err != nil {
		c.awaitEnd()
		c.end(contract.CauseFailed)
		return fmt.Errorf("answer call: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.info.Status != contract.CallRinging {
		return context.Cause(c.life)
	}
	c.answeredLocked()
	return nil
}

// answeredLocked notes that the call is answered.
func (c *Call) answeredLocked() {
	c.info.Status, c.info.Answered = contract.CallInProgress, time.Now()
	c.appendLocked(contract.EventCallAnswered, c.info.Answered, nil)
	close(c.answered)
	c.log().Info("call answered")
}

// awaitEnd gives a far end that gave up, and so could not be answered, the time
// to be gone: then that is what the call ends by.
func (c *Call) awaitEnd() {
	t := time.NewTimer(time.Second)
	defer t.Stop()
	select {
	case <-c.leg.Done():
	case <-c.life.Done():
	case <-t.C:
	}
}

// End ends the call. It returns at once; Done tells when it is over. The first
// cause has the say.
func (c *Call) End(cause contract.Cause) { c.end(cause) }

// Warn records a notice on the call. Beyond a bound they are counted and left out.
func (c *Call) Warn(w contract.Warning) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.warnings++; {
	case c.warnings > maxWarnings:
		return
	case c.warnings == maxWarnings:
		w = contract.Warning{Code: w.Code, Message: "more is wrong with this call than is kept: the last was " + w.Message, URL: w.URL}
	}
	c.log().Debug("warning", "code", int(w.Code), "message", w.Message)
	c.appendLocked(contract.EventCallWarning, time.Now(), &w)
}

// Next returns the script to run now and the context to run it with, which ends
// with contract.ErrRedirected as its cause when there is a newer one, and with
// the call's life. The script before is over by it. When there is none left the
// call ends: its document has. ok is false when the call has ended.
func (c *Call) Next() (ctx context.Context, s Script, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stop != nil {
		c.stop(nil)
		c.stop = nil
	}
	if c.pending == nil {
		c.endLocked(contract.CauseDocument)
	}
	if c.info.Status.Terminal() {
		return nil, Script{}, false
	}
	s, c.pending = *c.pending, nil
	ctx, c.stop = context.WithCancelCause(c.life)
	return ctx, s, true
}

// run is the life of a call that came in.
func (c *Call) run() {
	c.begin()
	c.talk()
}

// talk is the call's life from when there is a far end.
func (c *Call) talk() {
	var handler sync.WaitGroup
	handler.Go(c.serve)
	c.watch()
	c.hangup()
	handler.Wait()
	c.account()
}

// initiate notes that a call is made (Twilio Number noun, statusCallbackEvent:
// initiated).
func (c *Call) initiate() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log().Info("call made", "from", c.info.From, "to", c.info.To, "direction", c.info.Direction)
	c.appendLocked(contract.EventCallInitiated, c.created, nil)
}

// begin tells the far end that it is attended to.
func (c *Call) begin() {
	c.log().Info("call came in", "from", c.info.From, "to", c.info.To)
	c.mu.Lock()
	c.appendLocked(contract.EventCallRinging, c.created, nil)
	c.mu.Unlock()
	if err := c.leg.Ring(c.life); err != nil {
		c.log().Debug("ring", "err", err) // it has gone: watch sees it
	}
}

// serve runs the handler. One that panics ends its call, and no other.
func (c *Call) serve() {
	defer func() {
		if v := recover(); v != nil {
			c.calls.panics.Add(1)
			c.log().Error("call handler panicked", "panic", v, "stack", string(debug.Stack()))
			c.end(contract.CauseFailed)
		}
	}()
	c.handler.ServeCall(c.life, c)
	c.end(contract.CauseDocument)
}

// watch returns when the call has ended, and ends it where nobody else does.
func (c *Call) watch() {
	limit := time.NewTimer(DefaultTimeLimit)
	defer limit.Stop()
	limit.Stop()
	answered := c.answered
	for {
		select {
		case <-c.life.Done():
			return
		case <-c.leg.Done():
			c.end(contract.CauseFarEnd)
		case <-c.leg.Session().Lost():
			c.end(contract.CauseMediaTimeout)
		case <-answered:
			answered = nil
			limit.Reset(c.left())
		case <-c.limited:
			if answered == nil {
				limit.Reset(c.left())
			}
		case <-limit.C:
			c.end(contract.CauseTimeLimit)
		}
	}
}

// hangup ends the leg in the way that the cause asks for.
func (c *Call) hangup() {
	ctx, cancel := context.WithTimeout(context.Background(), hangupTime)
	defer cancel()
	if err := c.leg.Hangup(ctx, c.Info().Cause); err != nil {
		c.log().Debug("hang-up not confirmed", "err", err)
	}
}

// end ends the call, unless it has ended already.
func (c *Call) end(cause contract.Cause) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endLocked(cause)
}

func (c *Call) endLocked(cause contract.Cause) {
	if c.info.Status.Terminal() {
		return
	}
	said := c.saidLocked()
	if said.Cause != contract.CauseNone {
		cause = said.Cause
	}
	if said.Code == 200 && c.leg != nil && c.info.Status == contract.CallRinging {
		c.answeredLocked() // BYE was quicker than Answer
	}
	answered := !c.info.Answered.IsZero()
	c.info.Status, c.info.SIPCode = outcome(cause, answered)
	switch {
	case said.Code != 0 && cause != contract.CauseNoACK:
		c.info.SIPCode = said.Code
	case c.info.Direction != contract.Inbound && !answered && givenUp(cause):
		c.info.SIPCode = terminated
	}
	c.info.Cause, c.info.Ended = cause, time.Now()
	c.appendLocked(contract.EventCallCompleted, c.info.Ended, nil)
	c.log().Info("call ended", "cause", cause, "status", c.info.Status, "duration", c.info.Duration(c.info.Ended))
	c.kill(&contract.Ended{Cause: cause})
}

// saidLocked is how the leg has ended, or why there is none: what ends the call
// now is only what came of that.
func (c *Call) saidLocked() leg.End {
	if c.leg == nil {
		return c.refusal
	}
	select {
	case <-c.leg.Done():
		return c.leg.End()
	default:
		return leg.End{}
	}
}
