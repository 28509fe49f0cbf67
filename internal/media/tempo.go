package media

import (
	"time"

	"confab/internal/audio"
	"confab/internal/rtp"
)

// mostScaled is how many voices may change their time scale in one slot of a loop. An
// event of the network that meets all senders at once asks it of all: each search for a
// period costs some microseconds, and a thousand of them would be late for everybody.
// Those beyond wait for a later tick, with the delay that they have.
const mostScaled = 64

// scaling counts them.
type scaling struct {
	slot int64
	n    int
}

// room reports whether there is any left in a slot.
func (v *scaling) room(slot int64) bool {
	if v.slot != slot {
		v.slot, v.n = slot, 0
	}
	return v.n < mostScaled
}

// tempo makes what a far end says a frame longer or shorter, little by little, so
// that the delay follows its clock and its network and nobody hears it: in speech
// by periods of the voice over a few packets, in silence at once. It is for voices
// that somebody hears: of others, packets are left out (rtp.Jitter.Skip).
type tempo struct {
	owed  int  // samples still to be added, or (negative) taken away
	left  int  // samples in inlet.rest that changes have left over
	hold  bool // the next frame is silence, and nothing is popped for it
	*tape      // nil until something has changed
}

// tape is what of a voice its time scale is changed by.
type tape struct {
	before []int16 // what was decoded last; empty: not known
	piece  []int16 // scratch
}

// adapt decides, by a packet that is played now, whether the time scale changes.
func (in *inlet) adapt(p rtp.Popped, now time.Duration, wanted bool) {
	t := &in.tempo
	if p.Verdict != rtp.Play || t.owed != 0 || t.hold || !p.Tight && !p.Spare {
		return
	}
	switch quiet := !wanted || in.quiet(p.Payload); {
	case p.Tight && quiet && len(in.rest) == 0:
		t.hold = true
		return
	case !quiet && in.waits: // others come first; it is asked again
		return
	case p.Tight:
		t.owed = max(in.size-t.left, 1)
	case quiet:
		return
	default:
		t.owed = -in.size - t.left
		in.jitter.Shift(now, -1)
	}
	if rate := in.codec.SampleRate(); t.tape == nil {
		t.tape = &tape{piece: make([]int16, rate/100), before: make([]int16, 0, rate/50)}
	}
	t.before = t.before[:0]
}

// holds reports whether this frame is silence that makes the delay longer.
func (in *inlet) holds(now time.Duration) bool {
	if !in.tempo.hold {
		return false
	}
	in.tempo.hold = false
	in.jitter.Shift(now, 1)
	in.pause()
	return true
}

// scale changes the time scale of what stands in rest from at on: a packet that
// is heard, or silence.
func (in *inlet) scale(at int, heard bool, now time.Duration) {
	t, tail := &in.tempo, in.rest[at:]
	switch {
	case t.owed == 0:
		return
	case t.owed > 0 && !heard:
		in.rest = in.rest[:len(in.rest)+t.owed]
		clear(in.rest[at:])
		in.stretched(t.owed, now)
	case t.owed < 0 && !heard:
		n := min(-t.owed, len(tail))
		in.rest = in.rest[:len(in.rest)-n]
		t.shortened(n)
	case len(tail) < in.size: // too short to find a period in
	case in.waits:
	case t.owed > 0 && len(t.before) == cap(t.before):
		in.scaled++
		n := audio.Stretch(t.piece, t.before, tail, in.codec.SampleRate())
		in.rest = in.rest[:len(in.rest)+n]
		copy(in.rest[at+n:], tail)
		copy(in.rest[at:], t.piece[:n])
		in.stretched(n, now)
	case t.owed < 0:
		in.scaled++
		n := len(tail) - audio.Shorten(tail, -t.owed, in.codec.SampleRate())
		in.rest = in.rest[:len(in.rest)-n]
		t.shortened(n)
	}
	t.before = append(t.before[:0], in.rest[max(at, len(in.rest)-cap(t.before)):]...)
}

// stretched takes note of n samples more. A frame is won: the next one needs no
// packet.
func (in *inlet) stretched(n int, now time.Duration) {
	t := &in.tempo
	if t.owed -= n; t.owed > 0 {
		return
	}
	t.left, t.owed = -t.owed, 0
	in.jitter.Shift(now, 1)
}

// shortened takes note of n samples less; of too few to be a period (n is 0), the
// rest stays.
func (t *tempo) shortened(n int) {
	if t.owed += n; t.owed == 0 || n == 0 {
		t.left, t.owed = -t.owed, 0
	}
}

// tidy takes away what changes have left over, once it is silence: what is rest
// costs more.
func (in *inlet) tidy() {
	if t := &in.tempo; t.left > 0 && t.owed == 0 && in.loud == 0 {
		in.rest, t.left = in.rest[:max(len(in.rest)-t.left, 0)], 0
	}
}
