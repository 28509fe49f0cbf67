package transcript

import (
	"fmt"
	"math"
	"sync"

	"confab/internal/audio"
)

// Music is known by its shape, at an eighth of the rate: what of it lies below
// 500 Hz is plenty.
const (
	musicStep = 8
	alike     = 0.9 // the least correlation of what is the same
	sameLevel = -45.0
)

// musicScore is the switch's wait music from its beginning on, at soundRate /
// musicStep, made as far as anybody has asked for.
type musicScore struct {
	mu   sync.Mutex
	src  audio.Source
	made []float64
}

func newMusicScore() *musicScore { return &musicScore{src: audio.Music(soundRate)} }

// first returns n samples.
func (m *musicScore) first(n int) []float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	buf := make([]int16, soundRate)
	for len(m.made) < n {
		for done := 0; done < len(buf); {
			k, err := m.src.Read(buf[done:])
			if done += k; err != nil { // it has no end
				clear(buf[done:])
				break
			}
		}
		m.made = append(m.made, thinned(buf)...)
	}
	return m.made[:n]
}

// thinned returns the means of each musicStep samples.
func thinned(samples []int16) []float64 {
	out := make([]float64, len(samples)/musicStep)
	for i := range out {
		for _, s := range samples[i*musicStep : (i+1)*musicStep] {
			out[i] += float64(s) / musicStep
		}
	}
	return out
}

// music wants the switch's own wait music, wherever in it: no more of it can
// have been played than the call has heard.
func (h *hearing) music(r *run, samples []int16) error {
	best := -1.0
	part := thinned(samples)
	all := r.music.first(h.ear.now()/musicStep + soundRate/musicStep)
	for at := 0; at+len(part) <= len(all) && best < alike; at++ {
		best = max(best, correlation(part, all[at:at+len(part)]))
	}
	switch {
	case audio.Level(samples) < sameLevel:
		return fmt.Errorf("%s hears no music but %s", h.name, describe(samples))
	case best < alike:
		return fmt.Errorf("%s hears not the music (%.2f alike) but %s", h.name, best, describe(samples))
	}
	return nil
}

// correlation is 1 for the same shape at any loudness, 0 for strangers.
func correlation(a, b []float64) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += a[i] * b[i]
		aa += a[i] * a[i]
		bb += b[i] * b[i]
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}
