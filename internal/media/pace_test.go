package media

import (
	"testing"

	"pgregory.net/rapid"
)

// However a session moves between slots, and whatever the loop leaves out, what
// it has said never leads the clock by more than half a tick, nor lags by a whole one.
func TestPace_staysWithTheClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p pace
		p.begin()
		first := int64(rapid.IntRange(0, 100).Draw(t, "first slot"))
		frames := int64(0) // said or left out before this turn
		for n, i := first, 0; i < 100; i++ {
			missed := int64(p.turn(n))
			frames += missed
			if p.takes {
				ahead := first + slotsPerTick*frames - n
				if ahead > slotsPerTick/2 || ahead <= -slotsPerTick {
					t.Fatalf("turn in slot %d: the frame is %d slots ahead", n, ahead)
				}
				frames++
			}
			switch {
			case rapid.IntRange(0, 5).Draw(t, "move") == 0: // to another slot, at once or later
				n += int64(rapid.IntRange(1, slotsPerTick).Draw(t, "by"))
			case rapid.IntRange(0, 20).Draw(t, "skip") == 0: // the loop was held up
				n += slotsPerTick * int64(rapid.IntRange(2, 50).Draw(t, "ticks"))
			default:
				n += slotsPerTick
			}
		}
	})
}

// RFC 3550 §5.1: the timestamp is the sampling instant. What a loop that was
// held up has not sent is missing at the far end, and not late for ever.
func TestTurn_leavesOutOfTheTimestampsWhatItSkips(t *testing.T) {
	p := bridgeByHand(t, 2, 2)
	s := p.members[0].session
	p.turnByHand()
	timestamp, sequence := s.out.timestamp, s.out.sequence
	p.loop.plane.epoch = p.loop.plane.epoch.Add(-50 * tickDuration) // a second in one go
	p.turnByHand()
	if p.loop.count.SkippedSlots == 0 {
		t.Fatal("nothing was skipped")
	}
	skipped := uint32(p.loop.count.SkippedSlots) / slotsPerTick
	if got := s.out.timestamp - timestamp; got != 160*(skipped+1) {
		t.Errorf("the timestamp is %d further after %d ticks left out, want %d", got, skipped, 160*(skipped+1))
	}
	if got := s.out.sequence - sequence; got != 1 {
		t.Errorf("%d packets, want 1", got)
	}
}
