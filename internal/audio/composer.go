package audio

import (
	"math"
	"math/rand/v2"
)

// note is what the composer asks for at a beat.
type note struct {
	on    instrument
	hz    float64
	beats float64
	level float64
}

// chord is four pitch classes (0 is the key's own), root first, and where it may go.
type chord struct {
	notes [4]int
	next  []int // indices of chords; the likelier stands more than once
}

// chords are those of a major key with their sevenths, but where those would jar.
var chords = [...]chord{
	{[4]int{0, 4, 7, 11}, []int{1, 2, 2, 3, 5}}, // I
	{[4]int{9, 0, 4, 7}, []int{2, 2, 3, 5}},     // VI
	{[4]int{5, 9, 0, 7}, []int{0, 0, 3, 4, 4}},  // IV, with its ninth for the seventh
	{[4]int{2, 5, 9, 0}, []int{4, 4, 2, 5}},     // II
	{[4]int{7, 2, 9, 4}, []int{0, 0, 1}},        // V, with its sixth and ninth for the leading note
	{[4]int{4, 7, 11, 2}, []int{1, 2, 2}},       // III
}

const (
	beatsPerBar   = 4
	barsPerPhrase = 8
	keyLow        = 60 // C4: chords are laid into the octave from here, by MIDI number
	melodyLow     = 69 // A4
	melodyHigh    = 84 // C6; three partials of it stay below 3.4 kHz
)

// scale is the key's pentatonic: any of its notes stands well with any chord.
var scale = [12]bool{0: true, 2: true, 4: true, 7: true, 9: true}

// composer writes the wait music beat by beat: a walk over the chords, laid close
// so that each leads to the next, and a melody that comes and goes.
type composer struct {
	random *rand.Rand
	beat   int
	key    int // semitones above C, −3 to 3
	chord  int
	melody int     // MIDI number of its last note
	busy   float64 // how likely the melody has a note on a beat, in this phrase
	notes  []note
}

func newComposer() composer {
	// The same piece every time: what is heard can be tested.
	return composer{random: rand.New(rand.NewPCG(0x5EED, 0x0FA11)), melody: 76, notes: make([]note, 0, 16)}
}

// next returns what begins at the next beat. The slice is good until the next call.
func (c *composer) next() []note {
	c.notes = c.notes[:0]
	bar, beat := c.beat/beatsPerBar, c.beat%beatsPerBar
	if beat == 0 {
		if bar%barsPerPhrase == 0 {
			c.phrase(bar / barsPerPhrase)
		} else {
			next := chords[c.chord].next
			c.chord = next[c.random.IntN(len(next))]
		}
		c.lay()
	}
	likely := c.busy
	if beat == 0 {
		likely *= 1.3
	}
	if c.random.Float64() < likely {
		c.sing()
	}
	c.beat++
	return c.notes
}

// phrase begins a new phrase: at home, sometimes in another key, and with a melody
// but in every third.
func (c *composer) phrase(n int) {
	c.chord = 0
	if n > 0 && n%2 == 0 {
		c.key = c.random.IntN(7) - 3
	}
	c.busy = 0
	if n%3 != 2 {
		c.busy = 0.3 + 0.25*c.random.Float64()
	}
}

// lay plays the chord for a bar: each note twice, a little apart in pitch, as two
// strings would be, and its root below.
func (c *composer) lay() {
	for _, class := range chords[c.chord].notes {
		midi := keyLow + modulo(class+c.key-keyLow, 12)
		hz := pitch(midi)
		c.add(note{pad, hz * 0.9988, beatsPerBar, 0.25})
		c.add(note{pad, hz * 1.0012, beatsPerBar, 0.25})
	}
	root := keyLow - 12 + modulo(chords[c.chord].notes[0]+c.key-keyLow, 12)
	c.add(note{bass, pitch(root), beatsPerBar - 0.5, 0.3})
}

// sing moves the melody a step or a small leap along the scale.
func (c *composer) sing() {
	steps := 1 + c.random.IntN(3)
	up := c.random.IntN(2) == 0
	for steps > 0 {
		if up {
			c.melody++
		} else {
			c.melody--
		}
		if c.melody >= melodyHigh {
			up = false
		}
		if c.melody <= melodyLow {
			up = true
		}
		if scale[modulo(c.melody-c.key, 12)] {
			steps--
		}
	}
	c.add(note{bell, pitch(c.melody), 0, 0.55 + 0.35*c.random.Float64()})
}

func (c *composer) add(n note) { c.notes = append(c.notes, n) }

// pitch returns the frequency of a MIDI note number; 69 is A at 440 Hz.
func pitch(midi int) float64 { return 440 * math.Pow(2, float64(midi-69)/12) }

func modulo(a, n int) int { return ((a % n) + n) % n }
