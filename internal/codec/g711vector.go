package codec

// A vector unit does by arithmetic, sixteen samples at a time, what the tables of a law
// say. That is several times quicker, and leaves the caches to what a loop holds there: a
// table of codes alone is a third of the first one.

// vectorBlock is how many samples the vector unit takes at a time.
const vectorBlock = 16

// lawVector is a law as the vector unit needs it. Both laws are one shape (ITU-T G.711
// Tables 1 and 2): of seven bits, without the sign, the upper three are the segment e and
// the lower four the step m, and the magnitude is (m·step + add[e])·scale[e] − off.
//
// A table of words stands as bytes that one shuffle fetches: the lower bytes of its eight
// entries, then the upper ones.
type lawVector struct {
	flip  uint16   // what of a coded byte is inverted on the line
	step  uint16   // of segment 0
	add   [16]byte // words
	scale [16]byte // words
	off   uint16

	bias  uint16   // added to a magnitude so that its highest bit tells the segment
	cut   [16]byte // words, by segment: multiplied by it the step stands in bits 16 to 19
	coded uint16   // what is inverted on the line, and the sign of what is not negative
}

// words returns a table of eight words as lawVector has it.
func words(w [8]uint16) (b [16]byte) {
	for i, v := range w {
		b[i], b[i+8] = byte(v), byte(v>>8)
	}
	return b
}

var (
	ulawVector = lawVector{
		flip: 0xFF, step: 8, off: 132,
		add:   words([8]uint16{132, 132, 132, 132, 132, 132, 132, 132}),
		scale: words([8]uint16{1, 2, 4, 8, 16, 32, 64, 128}),
		bias:  132, coded: 0xFF,
		cut: words([8]uint16{1 << 13, 1 << 12, 1 << 11, 1 << 10, 1 << 9, 1 << 8, 1 << 7, 1 << 6}),
	}
	alawVector = lawVector{
		flip: 0x55, step: 16,
		add:   words([8]uint16{8, 264, 264, 264, 264, 264, 264, 264}),
		scale: words([8]uint16{1, 1, 2, 4, 8, 16, 32, 64}),
		coded: 0xD5,
		cut:   words([8]uint16{1 << 12, 1 << 12, 1 << 11, 1 << 10, 1 << 9, 1 << 8, 1 << 7, 1 << 6}),
	}
)
