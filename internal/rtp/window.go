package rtp

import (
	"math"
	"time"
)

const (
	windowBuckets = 6
	bucketLength  = 500 * time.Millisecond
)

// window knows the least margin over the last three seconds that were played;
// pauses do not count, so a talker's silence forgets nothing.
type window struct {
	bucket [windowBuckets]time.Duration // least margin of each; the present one is at
	played time.Duration                // in the present bucket
	at     uint8
	filled uint8 // buckets that are complete, at most all but the present
	some   bool  // the present bucket has a margin
}

// note takes the margin of a packet that lasted so long.
func (w *window) note(margin, lasted time.Duration) {
	if !w.some {
		w.bucket[w.at], w.some = math.MaxInt64, true
	}
	w.bucket[w.at] = min(w.bucket[w.at], margin)
	if w.played += lasted; w.played >= bucketLength {
		w.played, w.some = 0, false
		w.at = (w.at + 1) % windowBuckets
		w.filled = min(w.filled+1, windowBuckets-1)
	}
}

// least returns the least margin, and false while there is not yet a whole
// window to judge by.
func (w *window) least() (time.Duration, bool) {
	if w.filled < windowBuckets-1 {
		return 0, false
	}
	least := time.Duration(math.MaxInt64)
	for i, m := range w.bucket {
		if i != int(w.at) || w.some {
			least = min(least, m)
		}
	}
	return least, true
}

// shift makes every margin longer by d.
func (w *window) shift(d time.Duration) {
	for i := range w.bucket {
		w.bucket[i] += d
	}
}

// term knows the least margin of a longer time that was played: of the present period of it, and of the
// one before.
type term struct {
	least  time.Duration // of the present period
	played time.Duration // of it
	former time.Duration // of the one before; unknown: there is none
}

// unknown is the least margin of a time in which nothing was played.
const unknown = time.Duration(math.MaxInt64)

func newTerm() term { return term{least: unknown, former: unknown} }

// note takes the margin of a packet that lasted so long. It reports whether a period is over.
func (t *term) note(margin, lasted, period time.Duration) (over bool) {
	t.least = min(t.least, margin)
	if t.played += lasted; t.played < period {
		return false
	}
	t.former, t.least, t.played = t.least, unknown, 0
	return true
}

// all returns the least margin of both periods, and false while there is none before the present one.
func (t *term) all() (time.Duration, bool) { return min(t.least, t.former), t.former != unknown }

// shift makes every margin longer by d.
func (t *term) shift(d time.Duration) {
	if t.least != unknown {
		t.least += d
	}
	if t.former != unknown {
		t.former += d
	}
}
