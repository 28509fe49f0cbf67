package media

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// SlotDuration is how often a loop may have a turn.
const SlotDuration = slotDuration

// Every calls f each d with the time at which it was due, as a loop has its turns: on a thread of
// its own that comes before others, asleep in the kernel in between, until ctx ends or f returns an
// error. Calls that are late are made up for. It lets a bench compare a loop with something as quick
// to wake, and load it with something as punctual. Like a loop it has one of Go's processors also
// while it sleeps (if d is 40 ms or less): see that there are others (runtime.GOMAXPROCS).
func Every(ctx context.Context, d time.Duration, f func(due time.Time) error) error {
	var err error
	var wg sync.WaitGroup
	wg.Go(func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		sharpen()
		s := newSleeper()
		defer context.AfterFunc(ctx, s.wake)()
		for due := time.Now().Add(d); err == nil; due = due.Add(d) {
			if s.sleep(time.Until(due)); ctx.Err() != nil {
				return
			}
			err = f(due)
		}
	})
	wg.Wait()
	return err
}
