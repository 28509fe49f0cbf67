package audio

import "math"

// noiseCorner is where the spectrum of a quiet line begins to fall, Hz: what a
// room and a telephone leave of noise is mostly low.
const noiseCorner = 900

// Noise makes the noise of a quiet line, for a listener who would take silence
// for a dead one. It does not allocate after NewNoise, and is used by one goroutine.
type Noise struct {
	seed  uint64
	pole  float32
	scale float64 // of full scale, for an RMS of 1
	last  float32
	gain  float32 // at the end of the last frame
}

// NewNoise returns noise at rate, Hz.
func NewNoise(rate int) *Noise {
	pole := math.Exp(-2 * math.Pi * noiseCorner / float64(rate))
	// What is filtered is uniform in ±1: its variance is ⅓, and (1−a)/(1+a) of it is left.
	rms := math.Sqrt((1 - pole) / (1 + pole) / 3)
	return &Noise{seed: uint64(rate), pole: float32(pole), scale: fullScale / rms}
}

// Read fills dst with noise that goes over, within it, from how loud it was to
// level (dBov, see Level; Quietest is none).
func (n *Noise) Read(dst []int16, level float64) {
	var to float32
	if level > Quietest {
		to = float32(n.scale * math.Pow(10, level/20))
	}
	step := (to - n.gain) / float32(max(len(dst), 1))
	for i := range dst {
		n.seed = n.seed*6364136223846793005 + 1442695040888963407
		white := float32(int32(n.seed>>32)) / (1 << 31)
		n.last = n.pole*n.last + (1-n.pole)*white
		n.gain += step
		dst[i] = clamp(float64(n.last * n.gain))
	}
	n.gain = to
}
