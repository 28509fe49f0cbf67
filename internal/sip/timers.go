package sip

import "time"

// timers are the timers of one dialog. They run on its goroutine, between
// messages: a timer that has been stopped never runs.
type timers struct{ list []*timer }

// timer is one of them.
type timer struct {
	at      time.Time
	f       func()
	stopped bool
}

// after calls f when d has gone by.
func (t *timers) after(d time.Duration, f func()) *timer {
	x := &timer{at: time.Now().Add(d), f: f}
	t.list = append(t.list, x)
	return x
}

// stop stops the timer, if it has not run. A nil timer is stopped already.
func (x *timer) stop() {
	if x != nil {
		x.stopped = true
	}
}

// next returns when the next timer is due; ok is false when there is none.
func (t *timers) next() (at time.Time, ok bool) {
	kept := t.list[:0]
	for _, x := range t.list {
		if x.stopped {
			continue
		}
		kept = append(kept, x)
		if !ok || x.at.Before(at) {
			at, ok = x.at, true
		}
	}
	clear(t.list[len(kept):])
	t.list = kept
	return at, ok
}

// due returns one timer whose time has come, stopped, or nil.
func (t *timers) due(now time.Time) *timer {
	var first *timer
	for _, x := range t.list {
		if !x.stopped && !x.at.After(now) && (first == nil || x.at.Before(first.at)) {
			first = x
		}
	}
	first.stop()
	return first
}
