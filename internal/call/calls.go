package call

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"confab/internal/contract"
	"confab/internal/leg"
)

// Calls holds the calls of one account that live. All methods may be called
// from any goroutine.
type Calls struct {
	cfg Config
	log *slog.Logger

	taken, refused, panics atomic.Uint64
	begun                  atomic.Uint32 // calls, whatever became of them
	quality                qualities

	mu       sync.Mutex
	bySID    map[contract.CallSID]*Call
	live     int           // goroutines of calls: taken ones and those still looking for their number
	draining bool          // no new ones
	idle     chan struct{} // closed once draining and live is 0
	wg       sync.WaitGroup
}

// New returns an empty Calls. Close it.
func New(c Config) (*Calls, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	if c.TimeLimit == 0 {
		c.TimeLimit = DefaultTimeLimit
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	cs := &Calls{cfg: c, log: c.Log, bySID: make(map[contract.CallSID]*Call), idle: make(chan struct{})}
	cs.quality.init()
	return cs, nil
}

// Accept takes over an inbound leg (sip.Handler). A call to a number that is
// not ours is refused with contract.CauseNotFound, one beyond a bound with
// CauseOverload, one that comes too late with CauseShutdown; Accept returns
// when such a refusal is confirmed. All others live on a goroutine of their own.
func (cs *Calls) Accept(l leg.Leg) {
	if cause := cs.start(l); cause != contract.CauseNone {
		cs.refuse(l, cause)
	}
}

// start starts the life of l, or says why it may not.
func (cs *Calls) start(l leg.Leg) contract.Cause {
	return cs.admit(func() { cs.serve(l) }, nil)
}

// admit runs a life on a goroutine of its own, or says why it may not begin. One
// of a call that is known already, c, is found from then on, and in the journal.
func (cs *Calls) admit(life func(), c *Call) contract.Cause {
	err := cs.cfg.Journal.Healthy()
	cs.mu.Lock()
	defer cs.mu.Unlock()
	switch {
	case cs.draining:
		return contract.CauseShutdown
	case cs.cfg.MaxCalls > 0 && cs.live >= cs.cfg.MaxCalls:
		return contract.CauseOverload
	case err != nil:
		return contract.CauseOverload
	}
	cs.live++
	if c != nil {
		cs.bySID[c.sid] = c
		c.initiate()
	}
	cs.wg.Go(func() {
		defer cs.stopped()
		life()
	})
	return contract.CauseNone
}

// stopped notes that a life is over.
func (cs *Calls) stopped() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.live--
	if cs.draining && cs.live == 0 {
		close(cs.idle)
	}
}

// serve is the life of l, from the look-up of its number on.
func (cs *Calls) serve(l leg.Leg) {
	number, cause := cs.number(l)
	if cause != contract.CauseNone {
		cs.refuse(l, cause)
		return
	}
	c := newInbound(cs, l, number)
	if !cs.add(c) {
		c.kill(&contract.Ended{Cause: contract.CauseShutdown})
		cs.refuse(l, contract.CauseShutdown)
		return
	}
	cs.taken.Add(1)
	defer close(c.done)
	defer cs.remove(c)
	c.run()
}

// number looks up who is called.
func (cs *Calls) number(l leg.Leg) (contract.NumberInfo, contract.Cause) {
	ctx, cancel := context.WithTimeout(context.Background(), lookupTime)
	defer cancel()
	n, ok, err := cs.owner(ctx, l.Info())
	switch {
	case err != nil:
		cs.log.Error("number not looked up", "to", l.Info().To, "err", err)
		return n, contract.CauseOverload
	case !ok:
		return n, contract.CauseNotFound
	}
	return n, contract.CauseNone
}

// owner finds the application that a leg names, or the number that it calls.
func (cs *Calls) owner(ctx context.Context, l leg.Info) (n contract.NumberInfo, ok bool, err error) {
	switch {
	case l.Application == "":
		return cs.cfg.Numbers.Number(ctx, l.To)
	case cs.cfg.Applications == nil:
		return n, false, nil
	}
	return cs.cfg.Applications.Answering(ctx, l.Application)
}

func (cs *Calls) refuse(l leg.Leg, cause contract.Cause) {
	cs.refused.Add(1)
	cs.log.Debug("call refused", "to", l.Info().To, "cause", cause)
	ctx, cancel := context.WithTimeout(context.Background(), hangupTime)
	defer cancel()
	if err := l.Hangup(ctx, cause); err != nil {
		cs.log.Debug("refusal not confirmed", "to", l.Info().To, "err", err)
	}
}

// add makes c known; it is refused once the calls are being hung up.
func (cs *Calls) add(c *Call) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.draining {
		return false
	}
	cs.bySID[c.sid] = c
	return true
}

func (cs *Calls) remove(c *Call) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	delete(cs.bySID, c.sid)
}

// Find returns the live call of that SID.
func (cs *Calls) Find(sid contract.CallSID) (*Call, bool) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c, ok := cs.bySID[sid]
	return c, ok
}

// List returns the live calls, oldest first.
func (cs *Calls) List() []*Call {
	cs.mu.Lock()
	list := make([]*Call, 0, len(cs.bySID))
	for _, c := range cs.bySID {
		list = append(list, c)
	}
	cs.mu.Unlock()
	slices.SortFunc(list, func(a, b *Call) int {
		if order := a.created.Compare(b.created); order != 0 {
			return order
		}
		return strings.Compare(string(a.sid), string(b.sid))
	})
	return list
}

// TimeLimit returns how long a call may last after its answer.
func (cs *Calls) TimeLimit() time.Duration { return cs.cfg.TimeLimit }

// Count returns how many calls live.
func (cs *Calls) Count() int {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.live
}

// Stats returns the counters.
func (cs *Calls) Stats() Stats {
	return Stats{Live: cs.Count(), Taken: cs.taken.Load(), Refused: cs.refused.Load(), Panics: cs.panics.Load()}
}

// Drain refuses new calls from now on, waits until the last one has ended or
// ctx ends, hangs up the rest with contract.CauseShutdown and waits for them, but
// not for long: a far end that has gone confirms nothing. Close waits for the
// last.
func (cs *Calls) Drain(ctx context.Context) {
	cs.mu.Lock()
	if !cs.draining {
		cs.draining = true
		if cs.live == 0 {
			close(cs.idle)
		}
	}
	cs.mu.Unlock()
	select {
	case <-cs.idle:
	case <-ctx.Done():
		for _, c := range cs.List() {
			c.End(contract.CauseShutdown)
		}
		patience := time.NewTimer(confirmTime)
		defer patience.Stop()
		select {
		case <-cs.idle:
		case <-patience.C:
		}
	}
}

// Close hangs up all calls and waits for them.
func (cs *Calls) Close() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	cs.Drain(ctx)
	cs.wg.Wait()
}
