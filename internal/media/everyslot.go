package media

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// EverySlot calls f once per slot, as a loop has its turns: on a thread of its
// own, asleep in the kernel in between, until ctx ends or f returns an error. It
// lets a bench compare a loop with something as quick to wake.
func EverySlot(ctx context.Context, f func() error) error {
	var err error
	var wg sync.WaitGroup
	wg.Go(func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		sharpen()
		s := newSleeper()
		defer context.AfterFunc(ctx, s.wake)()
		next := time.Now()
		for ctx.Err() == nil && err == nil {
			next = next.Add(slotDuration)
			s.sleep(time.Until(next))
			err = f()
		}
	})
	wg.Wait()
	return err
}
