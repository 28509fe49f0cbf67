package audio

import "math"

// coarseRate is at which a period is looked for first, Hz.
const coarseRate = 4000

// pitch returns the period of the end of wave, in samples: the lag with which
// its last 20 ms are most like what was before them.
//
// ITU-T G.711 Appendix I: a coarse search over every other sample, then a fine one
// about what it found.
func (c *Concealer) pitch() int {
	var coarse [coarseRate * 49 / 1000]float32
	width := c.rate / coarseRate
	n := len(c.wave) / width
	low := coarse[:n]
	skip := len(c.wave) - n*width
	for i := range low {
		var sum int
		for _, v := range c.wave[skip+i*width : skip+(i+1)*width] {
			sum += int(v)
		}
		low[i] = float32(sum)
	}
	shortest, longest := c.samples(shortestPeriod), c.samples(longestPeriod)
	most := c.samples(template)
	best := likest(low, most/width, shortest/width, longest/width, 1)
	return likest(c.wave, most, max(shortest, (best-1)*width), min(longest, (best+1)*width), max(1, c.rate/8000))
}

// likest returns the lag, from shortest to longest, with which the last n
// samples of wave are most like what was before them, by every step-th sample.
func likest[S int16 | float32](wave []S, n, shortest, longest, step int) int {
	last := wave[len(wave)-n:]
	best, most := longest, float32(-math.MaxFloat32)
	var energy float32
	for lag := longest; lag >= shortest; lag-- {
		before := wave[len(wave)-n-lag:][:n]
		if lag == longest || step > 1 {
			energy = 0
			for i := 0; i < n; i += step {
				energy += float32(before[i]) * float32(before[i])
			}
		}
		var product float32
		for i := 0; i < n; i += step {
			product += float32(last[i]) * float32(before[i])
		}
		// Normalised, or the lag would be the loudest and not the likest.
		if like := product / float32(math.Sqrt(float64(max(energy, 0)+1))); like > most {
			best, most = lag, like
		}
		gone, come := float32(before[0]), float32(wave[len(wave)-lag])
		energy += come*come - gone*gone
	}
	return best
}
