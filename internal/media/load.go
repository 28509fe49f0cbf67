package media

import (
	"sync/atomic"
	"time"
)

const (
	// loadSpan is over how long a loop's load is measured.
	loadSpan = time.Second
	// fullAt is how busy a loop is that takes no more sessions while another has
	// room. What is left is for what comes at one time: a turn must be over before
	// the next slot, or what is due there is late.
	fullAt = 0.7
)

// load measures for what part of the time a loop is at work. A loop's turn ends
// when its packets have been handed to the kernel, so the kernel's share counts.
type load struct {
	since  time.Duration // when the present span began
	busy   time.Duration // in it
	permil atomic.Uint32 // of the last whole span, for control …
	as     atomic.Int64  // … and when that ended
}

// worked takes note of a turn.
func (v *load) worked(from, to time.Duration) {
	v.busy += to - from
	if span := to - v.since; span >= loadSpan {
		v.permil.Store(uint32(1000 * v.busy / span))
		v.as.Store(int64(to))
		v.since, v.busy = to, 0
	}
}

// ratio returns the load as of now, 0 to 1: none when the loop has not been at
// work for a while. It may be called from any goroutine.
func (v *load) ratio(now time.Duration) float64 {
	if now-time.Duration(v.as.Load()) > 2*loadSpan {
		return 0
	}
	return float64(v.permil.Load()) / 1000
}
