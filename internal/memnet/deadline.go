package memnet

import (
	"sync"
	"time"
)

// deadline is a moment after which waiting on a condition ends. It is guarded
// by the condition's lock.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

// set moves the deadline; c is woken now, to look at it, and when it passes.
func (d *deadline) set(t time.Time, c *sync.Cond) {
	d.stop()
	d.at = t
	if wait := time.Until(t); !t.IsZero() && wait > 0 {
		d.timer = wakeAfter(wait, c)
	}
	c.Broadcast()
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

// wakeAfter wakes those who wait on c once d has passed.
func wakeAfter(d time.Duration, c *sync.Cond) *time.Timer {
	return time.AfterFunc(d, func() {
		c.L.Lock()
		defer c.L.Unlock()
		c.Broadcast()
	})
}
