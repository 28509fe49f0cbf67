package audio

import "math"

const (
	usualSpeech = -24.0 // dBov: what speech is brought to
	tooQuiet    = -30.0 // … once it is quieter than this
	tooLoud     = -18.0 // … or louder than this
	atUsual     = 1.0   // dB from usual that need no change
	mostChange  = 12.0  // dB, up or down
	mostNoise   = -50.0 // dBov: noise is not lifted above this

	faintest     = 60  // mean magnitude, about −52 dBov: nothing quieter is speech
	phraseDip    = 8   // a frame by so much quieter than the loudest lately, 18 dB, ends a phrase
	leastPhrase  = 3   // frames: what is shorter is a click …
	mostPhrase   = 150 // … and what goes on for longer without a dip is music, or noise
	alikeLevels  = 8   // the level is the same if it differs by no more than an eighth
	firstSpeech  = 50  // frames of speech, 1 s, before anything is changed
	speechMemory = 200 // frames of speech that an estimate is of

	gainRises = 1.0069 // gain of one frame over that before: 0.06 dB, 3 dB in a second of speech
	gainFalls = 0.9863 // 6 dB

	mostCrest  = 10  // a peak of speech over its mean magnitude, in 20 ms
	speechForm = 1.4 // RMS of speech over its mean magnitude, in 20 ms
)

// Leveller brings the speech of one talker to a usual loudness, so that a quiet
// telephone and a loud headset are heard alike. Its gain moves slowly, within
// ±12 dB, and only while there is speech, so that noise is never pumped up.
//
// Speech is told by its phrases: between two dips of 18 dB lie at most three
// seconds, in which the level is not the same from frame to frame for half of the time.
// Music, tones, keys, a modem and noise are no speech, and nothing is learnt of
// them. Who speaks between −30 and −18 dBov is left alone, to the bit.
//
// The zero value is ready. It is used by one goroutine and does not allocate.
type Leveller struct {
	change float32 // gain − 1
	works  bool    // speech was too quiet or too loud
	frames int     // of speech, up to speechMemory
	power  float32 // of it: square of the mean magnitude
	aim    float32 // gain wanted for that …
	noise  int     // … on a line with that noise; aim is 0 where it is not known

	// The phrase.
	length  int
	sum     float32 // of powers
	steady  int     // frames as loud as the one before
	before  int     // level of that
	loudest float32 // level lately
	over    bool    // the last frame was in a dip
}

// Gain returns the gain that a frame ends with, in dB.
func (l *Leveller) Gain() float64 { return 20 * math.Log10(float64(1+l.change)) }

// Write takes the next frame of the talker and makes it louder or quieter, in
// place. level is its mean magnitude, and noise that of the line when nobody talks.
func (l *Leveller) Write(frame []int16, level, noise int) {
	speaks := l.listen(level)
	gain := 1 + l.change
	from := gain
	if speaks && l.works {
		gain = l.toward(gain, l.wanted(noise))
	}
	if gain > 1 && float32(level)*gain*mostCrest > fullScale { // no peak is cut off
		var peak int
		for _, v := range frame {
			peak = max(peak, int(v), -int(v))
		}
		gain = min(gain, max(1, 32000/float32(max(peak, 1))))
	}
	if l.change = gain - 1; gain == 1 && from == 1 {
		return
	}
	between(from, gain, len(frame)).apply(frame, hasVectors())
}

// listen takes the level of a frame and reports whether it may be one of speech.
func (l *Leveller) listen(level int) bool {
	l.loudest = max(l.loudest*0.99, float32(level))
	if level < faintest || float32(level)*phraseDip < l.loudest {
		if !l.over {
			l.phrase()
		}
		l.over, l.before = true, level
		return false
	}
	if l.over {
		l.over, l.length, l.steady, l.sum = false, 0, 0, 0
	}
	l.length++
	l.sum += float32(level) * float32(level)
	if d := level - l.before; max(d, -d)*alikeLevels <= l.before {
		l.steady++
	}
	l.before = level
	return l.length <= mostPhrase && 2*l.steady < max(l.length, 2*leastPhrase)
}

// phrase ends the phrase, and learns from it if it was speech.
func (l *Leveller) phrase() {
	if l.length < leastPhrase || l.length > mostPhrase || 2*l.steady >= l.length {
		return
	}
	l.aim = 0
	l.frames = min(l.frames+l.length, speechMemory)
	l.power += (l.sum/float32(l.length) - l.power) * float32(l.length) / float32(l.frames)
	if l.frames >= firstSpeech && !l.works {
		speech := l.speech()
		l.works = speech < tooQuiet || speech > tooLoud
	}
}

// speech returns how loud the talker is while speaking, in dBov.
func (l *Leveller) speech() float64 {
	return 10*math.Log10(float64(max(l.power, 1))) + 20*math.Log10(speechForm/fullScale)
}

// wanted returns the gain that would make speech as loud as is usual. It is reckoned
// anew when the speech or the noise is known to be another.
func (l *Leveller) wanted(noise int) float32 {
	if l.aim != 0 && noise == l.noise {
		return l.aim
	}
	db := usualSpeech - l.speech()
	if math.Abs(db) < atUsual {
		db = 0
	}
	room := mostNoise - 20*math.Log10(float64(max(noise, 1))*1.25/fullScale)
	l.aim, l.noise = float32(math.Pow(10, min(max(db, -mostChange), mostChange, max(room, 0))/20)), noise
	return l.aim
}

// toward moves gain by one frame.
func (l *Leveller) toward(gain, wanted float32) float32 {
	if gain < wanted {
		return min(gain*gainRises, wanted)
	}
	return max(gain*gainFalls, wanted)
}
