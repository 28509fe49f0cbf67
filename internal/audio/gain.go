package audio

// Fixed point: 30 bits of fraction for a gain, which is less than 4; 13 of them for
// each sample.
const (
	gainBits   = 30
	sampleBits = 13
)

// vectorBlock is how many samples the vector unit takes at a time.
const vectorBlock = 8

// gains is a gain that changes from sample to sample: the first is made louder by
// at + step, the next by at + 2·step. A step that takes away wraps around.
type gains struct{ at, step uint32 }

// between returns the gains of a frame of n samples of which the last has to.
func between(from, to float32, n int) gains {
	at := int64(from * (1 << gainBits))
	return gains{at: uint32(at), step: uint32((int64(to*(1<<gainBits)) - at) / int64(max(n, 1)))}
}

// apply makes frame louder or quieter, in place; vectors says that there is a vector
// unit for it.
func (g gains) apply(frame []int16, vectors bool) {
	if blocks := len(frame) / vectorBlock; vectors && blocks > 0 {
		gainVector(&frame[0], g.at, g.step, blocks)
		n := blocks * vectorBlock
		g.at += uint32(n) * g.step
		frame = frame[n:]
	}
	for i, v := range frame {
		g.at += g.step
		frame[i] = clip(int(v) * int(g.at>>(gainBits-sampleBits)) >> sampleBits)
	}
}
