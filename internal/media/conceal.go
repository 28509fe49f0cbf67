package media

// concealFrames is for how many frames a gap is filled: 60 ms, as G.711
// Appendix I fades out by then. What is missing for longer is silence.
const concealFrames = 3

// conceal fills the place of a frame that did not come: the last one again,
// fading. Somebody who was silent stays so.
func (in *inlet) conceal(wanted bool) []int16 {
	in.gap++
	if in.loud == 0 || in.gap > concealFrames {
		in.loud = 0
		return nil
	}
	// A straight line from full scale at the beginning of the gap to nothing at its end.
	total := concealFrames * len(in.frame)
	at := (in.gap - 1) * len(in.frame)
	before, after := total-at, total-at-len(in.frame)
	for i, v := range in.frame {
		gain := before - (before-after)*i/len(in.frame)
		in.frame[i] = int16(int(v) * gain / before)
	}
	if !wanted {
		return nil
	}
	return in.frame
}
