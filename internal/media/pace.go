package media

import "time"

// pace keeps a session at one frame per tick of the clock, though it is due in
// another slot with each bridge that it joins or leaves, and though a loop that
// was held up leaves ticks out: timestamps that ran ahead of the clock, or fell
// behind it, would be delay at the far end for the rest of the call.
type pace struct {
	last  int64 // slot of the last turn; -1: none yet
	ahead int   // of the clock, in slots: between one tick behind and half a tick
	takes bool  // the present turn is taken
}

func (p *pace) begin() { p.last = -1 }

// turn takes note of a turn in slot n, and returns how many ticks had none and
// are to be left out.
func (p *pace) turn(n int64) (missed int) {
	if p.last >= 0 {
		p.ahead += slotsPerTick - int(n-p.last)
	}
	p.last, p.takes = n, true
	switch {
	case p.ahead > slotsPerTick/2:
		p.ahead -= slotsPerTick
		p.takes = false
	case p.ahead <= -slotsPerTick:
		missed = -p.ahead / slotsPerTick
		p.ahead += missed * slotsPerTick
	}
	return missed
}

// takesTurn reports whether s hears and says a frame in this turn of the loop.
func (s *Session) takesTurn(l *loop) bool {
	before := s.pace.ahead
	missed := s.pace.turn(l.slot)
	later := before - s.pace.ahead // than a turn a tick would be, in slots
	if missed > 0 {
		s.out.pass(missed)
		if missed > 1 { // one may be another bridge's slot; more, and the loop was held up
			s.in.pass(l.now, missed)
		} else {
			later += slotsPerTick
		}
	}
	if later != 0 {
		s.in.jitter.Later(time.Duration(later) * slotDuration)
	}
	return s.pace.takes
}
