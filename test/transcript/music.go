package transcript

import (
	"fmt"
	"math"
	"sync"
	"time"

	"confab/internal/audio"
)

// Music is known by its shape: a part of what is heard is looked for at a quarter
// of the rate, and where it is most alike, all is compared sample by sample.
const (
	musicStep = 4
	musicPart = 100 * time.Millisecond
	similar   = 0.8  // the least correlation of what is worth a closer look
	alike     = 0.95 // and of what is the same
)

// musicScore is the switch's wait music from its beginning on, at soundRate, made
// as far as anybody has asked for.
type musicScore struct {
	mu   sync.Mutex
	src  audio.Source
	made []int16
	thin []float64 // the same at soundRate / musicStep
}

func newMusicScore() *musicScore { return &musicScore{src: audio.Music(soundRate)} }

// first returns n samples, and the same thinned.
func (m *musicScore) first(n int) ([]int16, []float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.made) < n {
		second, err := audio.Samples(audio.Limit(m.src, time.Second))
		if err != nil || len(second) == 0 {
			break // it has no end
		}
		m.made = append(m.made, second...)
		m.thin = append(m.thin, thinned(second)...)
	}
	n = min(n, len(m.made))
	return m.made[:n], m.thin[:n/musicStep]
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
	if audio.Level(samples) < strayLevel {
		return fmt.Errorf("%s hears no music but %s", h.name, describe(samples))
	}
	made, thin := r.music.first(h.ear.now() + soundRate)
	part := thinned(samples[:min(len(samples), samplesIn(musicPart))])
	best, before, last := 0.0, 0.0, 0.0
	for at := 0; at+len(part) <= len(thin); at++ {
		c := correlation(part, thin[at:at+len(part)])
		if last >= similar && last >= before && last >= c {
			if best = max(best, closely(samples, made, (at-1)*musicStep)); best >= alike {
				return nil
			}
		}
		before, last = last, c
	}
	return fmt.Errorf("%s hears not the music (%.2f alike) but %s", h.name, best, describe(samples))
}

// closely returns how much samples are like what was made from about at on.
func closely(samples, made []int16, at int) (best float64) {
	for from := max(0, at-musicStep); from <= at+musicStep && from+len(samples) <= len(made); from++ {
		best = max(best, correlation(samples, made[from:from+len(samples)]))
	}
	return best
}

// correlation is 1 for the same shape at any loudness, 0 for strangers.
func correlation[T int16 | float64](a, b []T) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab += x * y
		aa += x * x
		bb += y * y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}
