package media

import "confab/internal/audio"

// decode decodes what is heard. What was concealed before it goes over into it.
func (in *inlet) decode(dst []int16, payload []byte) {
	in.decoder.Decode(dst, payload)
	in.decoded++
	switch {
	case in.gaps == nil: // it is for those who talk: most never do
		in.gaps = audio.NewConcealer(in.codec.SampleRate())
	case in.paused:
		in.gaps.Forget()
	}
	in.paused = false
	in.gaps.Hear(dst)
}

// conceal makes what did not come. It reports whether there is anything, and
// otherwise dst is silent: somebody who was silent stays so, and after
// audio.ConcealedFor everybody is.
func (in *inlet) conceal(dst []int16) bool {
	in.level = 0
	if in.comfort.rests { // RFC 3389 §1: the far end has said that it pauses
		in.pause()
		clear(dst)
		return false
	}
	if in.loud == 0 || in.paused || in.gaps == nil {
		clear(dst)
		return false
	}
	if !in.gaps.Conceal(dst) {
		in.loud = 0
		return false
	}
	return true
}
