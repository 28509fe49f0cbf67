package media

const (
	speechFrames = 3  // loud frames of the last four that make somebody talk
	pauseFrames  = 40 // quiet frames in a row, 800 ms, that end it: breath and stops between words are no end

	// Levels are mean magnitudes of linear PCM.
	leastSpeech = 130 // about −48 dBov: nothing quieter is speech
	mostNoise   = 330 // about −40 dBov: what is louder all the time is no line noise
	overNoise   = 3   // speech is so many times louder than the noise of its line

	noiseFrames = 75 // frames over which the least level is taken for noise
	noiseSpans  = 4  // and for how many such spans it is remembered: 6 s in all
)

// activity tells when somebody talks, by the level of each frame. It knows the
// noise of the line as the least level of the last seconds, so that a noisy line
// is not a talker, and speech, which has pauses, does not become noise.
type activity struct {
	talking bool
	recent  uint8 // the last frames, one bit each: 1 is loud
	seen    uint8 // frames of the present span
	spans   uint8 // spans begun
	quiet   int32 // quiet frames in a row

	before [2]int32          // levels of the last two frames
	least  [noiseSpans]int32 // least level of each span; the first is the present one
}

// hear takes the level of the next frame and reports whether talking has changed.
// measured is false for a frame of which no packet came: it is quiet, and says
// nothing of the line's noise.
func (a *activity) hear(level int, measured bool) (changed bool) {
	if measured {
		a.learnNoise(int32(level))
	}
	loud := int32(level) > max(leastSpeech, overNoise*min(a.noise(), mostNoise))
	a.recent <<= 1
	if loud {
		a.recent |= 1
		a.quiet = 0
	} else {
		a.quiet = min(a.quiet+1, pauseFrames)
	}
	switch {
	case !a.talking && ones(a.recent&0xf) >= speechFrames:
		a.talking = true
	case a.talking && a.quiet >= pauseFrames:
		a.talking = false
	default:
		return false
	}
	return true
}

// learnNoise takes the level of a frame. A line is as quiet as it is for three
// frames on end: one that is empty, as where a far end changes what it plays, is
// not its noise.
func (a *activity) learnNoise(frame int32) {
	level := max(frame, a.before[0], a.before[1])
	a.before[0], a.before[1] = a.before[1], frame
	if a.spans == 0 || a.seen == noiseFrames {
		copy(a.least[1:], a.least[:noiseSpans-1])
		a.least[0], a.seen = level, 0
		a.spans = min(a.spans+1, noiseSpans)
	}
	a.least[0] = min(a.least[0], level)
	a.seen++
}

func (a *activity) noise() int32 {
	if a.spans == 0 {
		return 0
	}
	n := a.least[0]
	for _, v := range a.least[1:a.spans] {
		n = min(n, v)
	}
	return n
}

func ones(b uint8) (n int) {
	for ; b != 0; b &= b - 1 {
		n++
	}
	return n
}
