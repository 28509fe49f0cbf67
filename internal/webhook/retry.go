package webhook

import (
	"context"
	"math/rand/v2"
	"time"

	"confab/internal/contract"
)

const (
	// firstRetry is the pause after the first attempt that failed; each one after
	// it is twice as long, up to lastRetry, give or take a quarter.
	firstRetry = 500 * time.Millisecond
	lastRetry  = 15 * time.Second
)

// again says how long to wait before an event is told again; ok is false when
// it is to be told no more.
//
// The time is counted from when the event happened, or the stream's application
// last took one, or Run began, whichever was last: of an application that is
// down, a stream falls no further behind than that time, however many events
// wait in it.
func (d *Delivery) again(s *stream, e contract.Event, how telling) (wait time.Duration, ok bool) {
	if how.err == nil || how.said || s.again != nil || !transient(how.err) {
		return 0, false
	}
	if s.failures == 0 {
		s.failed = time.Now()
	}
	since := e.Time
	if since.After(s.failed) { // clocks are set back, too
		since = s.failed
	}
	for _, later := range []time.Time{s.taken, d.begun} {
		if later.After(since) {
			since = later
		}
	}
	left := d.retryFor - time.Since(since)
	if left <= 0 {
		return 0, false
	}
	return min(left, backoff(s.failures)), true
}

// backoff is the pause after so many attempts that failed before this one.
func backoff(failures int) time.Duration {
	pause := lastRetry
	if failures < 5 {
		pause = firstRetry << failures
	}
	return time.Duration(float64(pause) * (0.75 + rand.Float64()/2))
}

// laterLocked lets s stand in line again after a pause. It takes no place in
// flight meanwhile.
func (d *Delivery) laterLocked(ctx context.Context, s *stream, l *lane, wait time.Duration) {
	if d.closed {
		return
	}
	d.lanes.leave(l)
	d.workers.Go(func() {
		ok := pause(ctx, wait)
		d.mu.Lock()
		if ok {
			d.lanes.add(s)
		}
		d.lanes.back(l)
		var next *stream
		if ok && !d.closed {
			next, l = d.lanes.next()
		}
		d.mu.Unlock()
		d.work(ctx, next, l)
	})
}
