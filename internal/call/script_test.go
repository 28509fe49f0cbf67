package call_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"confab/internal/call"
	"confab/internal/contract"
	"confab/internal/leg"
)

// record notes the URLs of the scripts that run.
type record struct {
	mu   sync.Mutex
	urls []string
	ends []error
}

func (r *record) handler() serve {
	return runScripts(func(ctx context.Context, c *call.Call, s call.Script) {
		r.mu.Lock()
		r.urls = append(r.urls, s.URL)
		r.mu.Unlock()
		c.Answer(ctx)
		<-ctx.Done()
		r.mu.Lock()
		r.ends = append(r.ends, context.Cause(ctx))
		r.mu.Unlock()
	})
}

func TestRedirectReplacesTheScript(t *testing.T) {
	var r record
	onStage(t, call.Config{Handler: r.handler()}, func(s *stage) {
		s.rings("+15550100")
		c := s.one()
		if err := c.Change(call.Change{Script: &call.Script{Address: call.Address{URL: "second"}}}); err != nil {
			t.Fatal(err)
		}
		s.settle()
		c.Change(call.Change{Script: &call.Script{Address: call.Address{URL: "third"}}})  // nobody gets to run it:
		c.Change(call.Change{Script: &call.Script{Address: call.Address{URL: "fourth"}}}) // the last update wins
		s.settle()
		if want := []string{"http://app.test/voice", "second", "fourth"}; !slices.Equal(r.urls, want) {
			t.Errorf("scripts %v, want %v", r.urls, want)
		}
		for _, err := range r.ends {
			if !errors.Is(err, contract.ErrRedirected) {
				t.Errorf("a script ended by %v", err)
			}
		}
		s.expect("call-ringing=ringing call-answered=in-progress") // the call lives on, answered once
	})
}

func TestHangUpBeatsAnUpdate(t *testing.T) {
	var r record
	onStage(t, call.Config{Handler: r.handler()}, func(s *stage) {
		f := s.rings("+15550100")
		c := s.one()
		c.Change(call.Change{Script: &call.Script{Address: call.Address{URL: "second"}}})
		c.End(contract.CauseAPI)
		if err := c.Change(call.Change{Script: &call.Script{Address: call.Address{URL: "third"}}}); !errors.Is(err, call.ErrEnded) {
			t.Errorf("an update after the end: %v", err)
		}
		<-c.Done()
		if want := []string{"http://app.test/voice"}; !slices.Equal(r.urls, want) {
			t.Errorf("scripts %v, want %v", r.urls, want)
		}
		if f.cause != contract.CauseAPI {
			t.Errorf("hung up by %v", f.cause)
		}
	})
}

func TestAnUpdateBeforeTheFirstScript(t *testing.T) {
	var urls []string
	onStage(t, call.Config{Handler: serve(func(_ context.Context, c *call.Call) {
		c.Change(call.Change{Script: &call.Script{Address: call.Address{URL: "other"}}})
		for {
			_, s, ok := c.Next()
			if !ok {
				return
			}
			urls = append(urls, s.URL)
		}
	})}, func(s *stage) {
		s.rings("+15550100")
		s.settle()
		if want := []string{"other"}; !slices.Equal(urls, want) {
			t.Errorf("scripts %v, want %v", urls, want)
		}
	})
}

// An update that comes just as the last script runs out is either run or
// refused; it is never taken and lost.
func TestAnUpdateIsNeverLost(t *testing.T) {
	for range 200 {
		var ran bool
		onStage(t, call.Config{Handler: runScripts(func(ctx context.Context, _ *call.Call, s call.Script) {
			if s.URL == "second" {
				ran = true
				return
			}
			time.Sleep(time.Second)
		})}, func(s *stage) {
			s.rings("+15550100")
			c := s.one()
			time.Sleep(time.Second - 20*time.Millisecond) // as the script ends
			err := c.Change(call.Change{Script: &call.Script{Address: call.Address{URL: "second"}}})
			<-c.Done()
			if ran != (err == nil) {
				t.Errorf("the update ran: %v, and was answered %v", ran, err)
			}
		})
	}
}

func TestDrain(t *testing.T) {
	onStage(t, call.Config{Handler: runScripts(answers)}, func(s *stage) {
		f, stays := s.rings("+15550100"), s.rings("+15550100")
		stays.confirm = 3 * time.Second
		begin, drained := time.Now(), make(chan time.Duration, 1)
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			s.calls.Drain(ctx)
			drained <- time.Since(begin)
		}()
		s.settle()
		if late := s.rings("+15550100"); late.cause != contract.CauseShutdown {
			t.Errorf("a late call was hung up by %v", late.cause)
		}
		time.Sleep(10 * time.Second)
		f.goes(leg.End{Cause: contract.CauseFarEnd, Code: 200}) // calls may end
		s.settle()
		if f.cause != contract.CauseFarEnd && s.last().Cause != contract.CauseFarEnd {
			t.Errorf("the one that ended itself: %v", s.last().Cause)
		}
		if got, want := <-drained, time.Minute+3*time.Second; got != want {
			t.Errorf("drained after %v, want %v: the time given, and a hang-up", got, want)
		}
		if got := s.last(); got.Cause != contract.CauseShutdown || stays.cause != contract.CauseShutdown {
			t.Errorf("the one that stayed was ended by %v", got.Cause)
		}
	})
}

// A far end that has gone does not hold up the end of the switch.
func TestDrainOfWhoHasGone(t *testing.T) {
	onStage(t, call.Config{Handler: runScripts(answers)}, func(s *stage) {
		f := s.rings("+15550100")
		f.confirm = time.Hour
		begin := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		s.calls.Drain(ctx)
		if d := time.Since(begin); d != time.Minute+5*time.Second {
			t.Errorf("drained after %v", d)
		}
		f.goes(leg.End{})
	})
}

func TestDrainOfNothing(t *testing.T) {
	onStage(t, call.Config{Handler: runScripts(answers)}, func(s *stage) {
		begin := time.Now()
		s.calls.Drain(context.Background())
		s.calls.Drain(context.Background()) // again
		if d := time.Since(begin); d != 0 {
			t.Errorf("it took %v", d)
		}
	})
}

func TestAFarEndThatNeverConfirms(t *testing.T) {
	onStage(t, call.Config{Handler: runScripts(answers)}, func(s *stage) {
		f := s.rings("+15550100")
		f.confirm = time.Hour
		c := s.one()
		begin := time.Now()
		c.End(contract.CauseDocument)
		<-c.Done()
		if d := time.Since(begin); d < 32*time.Second || d > 40*time.Second { // RFC 3261 §17.1.2.2
			t.Errorf("given up after %v", d)
		}
		f.goes(leg.End{})
	})
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	if _, err := call.New(call.Config{}); err == nil {
		t.Error("made Calls of nothing")
	}
}
