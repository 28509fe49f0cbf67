package rtp

import (
	"math"
	"time"
)

// The periods of a Jitter's margins. Five seconds are 250 packets of 20 ms, and what one of 250 to 500 has
// asked for is kept: one made up in 800 weighs as much as 20 ms of delay (ITU-T G.107).
const (
	lasting = 5 * time.Second
	latest  = 1500 * time.Millisecond
)

// unknown is the least margin of a time in which nothing was played.
const unknown = time.Duration(math.MaxInt64)

// margins knows the least margin of one to two periods that were played: of the
// present one, and of the one before. Pauses do not count, so a
// talker's silence forgets nothing.
type margins struct {
	present time.Duration // the least of the present period
	played  time.Duration // of it
	former  time.Duration // the least of the one before; unknown: there is none
}

func newMargins() margins { return margins{present: unknown, former: unknown} }

// note takes the margin of a packet that lasted so long; period is how long a period lasts.
func (m *margins) note(margin, lasted, period time.Duration) {
	m.present = min(m.present, margin)
	if m.played += lasted; m.played >= period {
		m.former, m.present, m.played = m.present, unknown, 0
	}
}

// least returns the least margin, and false while there is no whole period to judge by.
func (m *margins) least() (time.Duration, bool) { return min(m.present, m.former), m.former != unknown }

// shift makes every margin longer by d.
func (m *margins) shift(d time.Duration) {
	if m.present != unknown {
		m.present += d
	}
	if m.former != unknown {
		m.former += d
	}
}
