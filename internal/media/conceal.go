package media

// concealFrames is for how many frames a gap is filled: 60 ms, as G.711
// Appendix I fades out by then. What is missing for longer is silence.
const concealFrames = 3

// conceal makes samples that did not come, at the beginning of in.frame, of
// what stands there: the frame before them. They are that frame again, fading on
// a straight line over the whole gap. It reports whether there is anything:
// somebody who was silent stays so.
func (in *inlet) conceal(samples int) bool {
	in.level = 0
	size := len(in.frame)
	total := concealFrames * size
	if in.loud == 0 || in.gap >= total {
		in.loud, in.gap = 0, in.gap+samples
		return false
	}
	for i, v := range in.frame[:samples] {
		at := in.gap + i
		// What stood a frame before has faded already, but for the first frame.
		gain, had := max(total-at, 0), min(total-at+size, total)
		in.frame[i] = int16(int(v) * gain / had)
	}
	in.gap += samples
	return true
}

// recall puts the last frame's worth of what was decoded, rest included, into
// in.frame.
func (in *inlet) recall() {
	n := min(len(in.rest), len(in.frame))
	copy(in.frame, in.frame[n:])
	copy(in.frame[len(in.frame)-n:], in.rest[len(in.rest)-n:])
}
