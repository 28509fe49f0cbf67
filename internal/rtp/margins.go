package rtp

import (
	"math"
	"time"
)

// lasting is the period of a margins: what was so for one whole period and the
// present one is taken to last. Of packets of 20 ms that is one in 250 to 500; one made up in
// 800 weighs as much as 20 ms of delay (ITU-T G.107).
const lasting = 5 * time.Second

// unknown is the least margin of a time in which nothing was played.
const unknown = time.Duration(math.MaxInt64)

// margins knows the least margin of the last five to ten seconds that were played: of the
// present period of them, and of the one before. Pauses do not count, so a
// talker's silence forgets nothing.
type margins struct {
	present time.Duration // the least of the present period
	played  time.Duration // of it
	former  time.Duration // the least of the one before; unknown: there is none
}

func newMargins() margins { return margins{present: unknown, former: unknown} }

// note takes the margin of a packet that lasted so long.
func (m *margins) note(margin, lasted time.Duration) {
	m.present = min(m.present, margin)
	if m.played += lasted; m.played >= lasting {
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
