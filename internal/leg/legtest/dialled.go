package legtest

import (
	"context"
	"sync"
	"testing"

	"confab/internal/contract"
	"confab/internal/leg"
)

// Dialled is a far end that calls by a dialer of ours.
type Dialled struct {
	ringing, answered, ended chan struct{}
	cancel                   context.CancelFunc

	mu  sync.Mutex
	leg leg.Leg
}

// Dial lets a far end call target. It ends with the test.
func Dial(t *testing.T, d leg.Dialer, target leg.Target) *Dialled {
	f := &Dialled{ringing: make(chan struct{}), answered: make(chan struct{}), ended: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel = cancel
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(f.ended)
		var once sync.Once
		l, err := d.Dial(ctx, target, func(p leg.Progress) {
			if p.Code > 100 {
				once.Do(func() { close(f.ringing) })
			}
		})
		if err != nil {
			if ctx.Err() == nil {
				t.Logf("the far end's call: %v", err)
			}
			return
		}
		f.mu.Lock()
		f.leg = l
		f.mu.Unlock()
		close(f.answered)
		<-l.Done()
	})
	t.Cleanup(func() { f.Hangup(); wg.Wait() })
	return f
}

// Ringing is Far's.
func (f *Dialled) Ringing() <-chan struct{} { return f.ringing }

// Answered is Far's.
func (f *Dialled) Answered() <-chan struct{} { return f.answered }

// Ended is Far's.
func (f *Dialled) Ended() <-chan struct{} { return f.ended }

// Hangup is Far's.
func (f *Dialled) Hangup() {
	f.mu.Lock()
	l := f.leg
	f.mu.Unlock()
	if l == nil {
		f.cancel()
		return
	}
	_ = l.Hangup(context.Background(), contract.CauseFarEnd)
}
