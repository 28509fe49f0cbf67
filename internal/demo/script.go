package demo

import "time"

// person is one of the cast.
type person struct {
	name   string
	number string  // that they call from
	pitch  float64 // Hz, of the tone that they speak with
	enters beat    // when they dial, and when they hang up
	leaves beat
}

// The cast, in the order in which they come. No pitch is a harmonic of another,
// so that each is told from all others by ear.
var cast = [...]person{
	{"Mary", "+15550111", 443, 0, 22},
	{"Alice", "+15550112", 617, 2, 21},
	{"Bob", "+15550113", 839, 3, 20},
	{"Charles", "+15550114", 1163, 4, 19},
}

// nobody is no place in the cast.
const nobody = -1

// presenter is who is not muted: Mary.
const presenter = 0

// beat is a moment of the story, in twenty-fourths of its length.
type beat float64

// of returns the moment in a meeting of that length.
func (b beat) of(length time.Duration) time.Duration {
	return time.Duration(float64(b) * float64(length) / 24)
}

// When the scenes begin, and how long things take. Everybody speaks in turn,
// twice: before the muting and after it.
const (
	speakBefore beat = 4.5
	muteAfter   beat = 9.5 // from the start of the conference, which is Alice's coming
	speakAfter  beat = 12.2
	hush        beat = 0.5 // before the first turn: the beep of who came last is over
	turnLasts   beat = 1.2
	turnPause   beat = 0.2
)

// scene is a round of turns.
type scene int

const (
	before scene = iota // the muting
	after
	scenes
)

// hears reports whether listener must hear speaker in the scene, by the story:
// nobody hears themselves, and once all but the presenter are muted, she alone
// is heard.
func (s scene) hears(listener, speaker int) bool {
	return listener != speaker && (s == before || speaker == presenter)
}
