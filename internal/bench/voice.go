package bench

import "math"

// pitches are those that a listener can tell apart: none is a harmonic of
// another, or of 50 Hz, the rate of packets.
var pitches = []float64{331, 443, 557, 617, 739, 839, 977, 1097, 1163, 1301, 1481, 1669, 1867, 2089, 2311, 2777}

// murmurs are how many voices there are beyond the pitches, and where they begin.
const (
	murmurs    = 64
	murmurFrom = 3000 // Hz
	murmurStep = 6
)

// voices are what callers say: each a loop of two seconds, coded ahead.
type voices struct {
	format  format
	loops   [][][]byte // payloads of the pitches, then of the murmurs; made when needed
	silence []byte
}

func newVoices(f format) *voices {
	v := &voices{format: f, loops: make([][][]byte, len(pitches)+murmurs)}
	silence := f.code(make([]int16, 25*f.frame())) // by an encoder that has been silent for a while
	v.silence = silence[len(silence)-1]
	return v
}

// packetSamples is how many samples, and bytes of PCMU, a packet of that has.
const packetSamples = 160

// of returns the voice of one who talks. In a room of few each has a pitch that
// no other there has, and the room beside it others; of many the first have.
func (v *voices) of(l Load, room, place int) [][]byte {
	i, ok := pitchOf(l, room, place)
	if !ok {
		i = len(pitches) + (room*l.People+place)%murmurs
	}
	if v.loops[i] == nil {
		hz, level := float64(murmurFrom+murmurStep*(i-len(pitches))), -42.0
		if ok {
			hz, level = pitches[i], -24
		}
		v.loops[i] = v.format.code(speak(v.format.SampleRate(), hz, level))
	}
	return v.loops[i]
}

// pitchOf returns which pitch a talker speaks at; false when it has none of its own.
func pitchOf(l Load, room, place int) (int, bool) {
	if place >= min(l.Talkers, len(pitches)) {
		return 0, false
	}
	return (room*l.Talkers + place) % len(pitches), true
}

// speak returns two seconds of a voice at a rate, which begin again without a break: a
// tone of that pitch in syllables, four a second, a breath of noise before each
// word and a pause after it. It is like speech in what a switch looks at, level
// over time, and a listener can tell whose it is.
func speak(rate int, hz, dbov float64) []int16 {
	const seconds = 2
	syllable, word := rate/4, rate // in samples
	samples := make([]int16, seconds*rate)
	peak := 32768 * math.Sqrt2 * math.Pow(10, dbov/20)
	noise := uint32(1)
	hz = math.Round(hz*seconds) / seconds // whole periods in the loop
	for i := range samples {
		at := i % word
		swell := 0.6 - 0.4*math.Cos(2*math.Pi*float64(at%syllable)/float64(syllable))
		v := peak * swell * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))
		switch {
		case at >= word-word/6: // the pause
			v = 0
		case at < word/20: // the breath
			noise = noise*1664525 + 1013904223
			v = peak / 8 * (float64(noise>>16)/32768 - 1)
		}
		samples[i] = int16(math.Round(max(-32768, min(32767, v))))
	}
	return samples
}
