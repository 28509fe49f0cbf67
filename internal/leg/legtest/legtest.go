// Package legtest is what a leg promises, as tests: whatever its signalling is, the
// same suite runs over it.
package legtest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"confab/internal/contract"
	"confab/internal/leg"
)

// Far is the far end of an inbound leg: whoever calls us. Its methods do not wait.
type Far interface {
	Ringing() <-chan struct{}  // closed when it has been told that it is attended to
	Answered() <-chan struct{} // closed when its call has been answered
	Ended() <-chan struct{}    // closed when it has been told that the call is over, or has ended it itself

	// Hangup ends the call: by whatever there is before the answer (CANCEL) and after it.
	Hangup()
}

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// Inbound runs the suite over inbound legs. call makes one, which has been told
// nothing, and its far end; both end with the test at the latest.
func Inbound(t *testing.T, call func(t *testing.T) (leg.Leg, Far)) {
	run := func(name string, f func(t *testing.T, l leg.Leg, far Far)) {
		t.Run(name, func(t *testing.T) {
			l, far := call(t)
			t.Cleanup(func() { l.Hangup(context.Background(), contract.CauseShutdown) })
			f(t, l, far)
		})
	}
	run("a call that has come", func(t *testing.T, l leg.Leg, far Far) {
		alive(t, l)
		if l.Info().Outbound {
			t.Error("it says that it is outbound")
		}
		if i := l.Info(); i.From == "" || i.To == "" || i.CallID == "" && i.SID == "" {
			t.Errorf("it does not say who calls whom, or which call it is: %+v", i)
		}
		if first, second := l.Session(), l.Session(); first != second {
			t.Error("it has two sessions")
		}
		not(t, far.Ringing(), "the far end has been told that it rings")
		not(t, far.Answered(), "the far end has been answered")
	})
	run("ring", func(t *testing.T, l leg.Leg, far Far) {
		for range 3 {
			must(t, l.Ring(t.Context()))
		}
		await(t, far.Ringing(), "the far end is told that it rings")
		alive(t, l)
		not(t, far.Answered(), "the far end has been answered")
	})
	run("answer", func(t *testing.T, l leg.Leg, far Far) {
		must(t, l.Answer(t.Context()))
		await(t, far.Answered(), "the far end is answered")
		must(t, l.Answer(t.Context())) // does nothing
		must(t, l.Ring(t.Context()))   // nor does that
		alive(t, l)
		not(t, far.Ended(), "the far end has been told that it is over")
	})
	run("refuse", func(t *testing.T, l leg.Leg, far Far) {
		must(t, l.Hangup(t.Context(), contract.CauseRejected))
		over(t, l, contract.CauseRejected)
		await(t, far.Ended(), "the far end is told that it is over")
		not(t, far.Answered(), "the far end has been answered")
		if l.Answer(t.Context()) == nil {
			t.Error("it can be answered when it is over")
		}
		if l.Ring(t.Context()) == nil {
			t.Error("it rings when it is over")
		}
	})
	run("we hang up", func(t *testing.T, l leg.Leg, far Far) {
		answer(t, l, far)
		must(t, l.Hangup(t.Context(), contract.CauseDocument))
		over(t, l, contract.CauseDocument)
		await(t, far.Ended(), "the far end is told that it is over")
		must(t, l.Hangup(t.Context(), contract.CauseAPI)) // the first cause stays
		over(t, l, contract.CauseDocument)
	})
	run("the far end hangs up", func(t *testing.T, l leg.Leg, far Far) {
		answer(t, l, far)
		far.Hangup()
		over(t, l, contract.CauseFarEnd)
		must(t, l.Hangup(t.Context(), contract.CauseAPI))
		over(t, l, contract.CauseFarEnd)
	})
	run("the far end gives up", func(t *testing.T, l leg.Leg, far Far) {
		must(t, l.Ring(t.Context()))
		await(t, far.Ringing(), "the far end is told that it rings")
		far.Hangup()
		over(t, l, contract.CauseCanceled)
		if l.Answer(t.Context()) == nil {
			t.Error("it can be answered when it is over")
		}
	})
	run("the first cause wins", func(t *testing.T, l leg.Leg, far Far) {
		answer(t, l, far)
		causes := []contract.Cause{contract.CauseAPI, contract.CauseDocument, contract.CauseTimeLimit, contract.CauseShutdown}
		var first contract.Cause
		var seen sync.Once
		var wg sync.WaitGroup
		for _, c := range causes {
			wg.Go(func() {
				if err := l.Hangup(t.Context(), c); err != nil {
					t.Error(err)
				}
				seen.Do(func() { first = l.End().Cause })
			})
		}
		wg.Wait()
		over(t, l, first)
	})
	run("both hang up", func(t *testing.T, l leg.Leg, far Far) {
		answer(t, l, far)
		var wg sync.WaitGroup
		wg.Go(far.Hangup)
		wg.Go(func() { must(t, l.Hangup(t.Context(), contract.CauseAPI)) })
		wg.Wait()
		await(t, l.Done(), "the leg ends")
		if c := l.End().Cause; c != contract.CauseAPI && c != contract.CauseFarEnd {
			t.Errorf("ended: %v", c)
		}
	})
	run("answer and hang up at a time", func(t *testing.T, l leg.Leg, far Far) {
		var wg sync.WaitGroup
		wg.Go(func() { _ = l.Answer(t.Context()) }) // either is right
		wg.Go(func() { must(t, l.Hangup(t.Context(), contract.CauseAPI)) })
		wg.Wait()
		over(t, l, contract.CauseAPI)
		await(t, far.Ended(), "the far end is told that it is over")
	})
	run("who does not wait", func(t *testing.T, l leg.Leg, far Far) {
		answer(t, l, far)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		returned := make(chan struct{})
		var err error
		go func() {
			defer close(returned)
			err = l.Hangup(ctx, contract.CauseAPI)
		}()
		await(t, returned, "Hangup returns when its ctx has ended")
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		over(t, l, contract.CauseAPI)
	})
	run("refer", func(t *testing.T, l leg.Leg, far Far) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if l.Refer(ctx, "sip:bob@127.0.0.1") == nil {
			t.Error("a call that is not answered is referred")
		}
		alive(t, l)
	})
}

// answer answers a call, and waits until its far end knows.
func answer(t *testing.T, l leg.Leg, far Far) {
	t.Helper()
	must(t, l.Answer(t.Context()))
	await(t, far.Answered(), "the far end is answered")
}

// alive checks what holds of a leg that has not ended.
func alive(t *testing.T, l leg.Leg) {
	t.Helper()
	not(t, l.Done(), "the leg has ended")
	if l.End() != (leg.End{}) {
		t.Errorf("it has ended before its end: %+v", l.End())
	}
	if l.Session() == nil {
		t.Fatal("no session")
	}
	not(t, l.Session().Done(), "the session has closed")
}

// over waits for the end of a leg, and checks what holds from then on.
func over(t *testing.T, l leg.Leg, want contract.Cause) {
	t.Helper()
	await(t, l.Done(), "the leg ends")
	if l.End().Cause != want {
		t.Errorf("ended: %v, want %v", l.End().Cause, want)
	}
	if l.End().Code < 200 || l.End().Code > 699 {
		t.Errorf("ended with status %d: want a final one", l.End().Code)
	}
	if l.Session() == nil {
		t.Fatal("no session")
	}
	await(t, l.Session().Done(), "the session closes with its leg")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func await(t *testing.T, what <-chan struct{}, name string) {
	t.Helper()
	select {
	case <-what:
	case <-time.After(patience):
		t.Fatalf("for %v not: %s", patience, name)
	}
}

// not fails when something is so that should not be.
func not(t *testing.T, what <-chan struct{}, name string) {
	t.Helper()
	select {
	case <-what:
		t.Errorf("too early: %s", name)
	default:
	}
}
