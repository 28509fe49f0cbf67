package audio

import (
	"io"
	"math"
	"time"
)

// ramp is how long a tone takes to rise, and to fall: shorter clicks.
const ramp = 3 * time.Millisecond

// tone is one or more sines of the same amplitude.
type tone struct {
	rate   int
	step   []float64 // radians per sample
	phase  []float64
	amp    float64
	at     int // samples given so far
	length int // in samples; 0: endless
	ramp   int // in samples
}

// NewTone returns a sine of hz at dbov (see Level; it is at most −3.01, full
// scale) that lasts d, or for ever if d is zero. It rises and falls within 3 ms,
// so that it does not click. A hz at or above half the rate gives silence.
func NewTone(rate int, hz, dbov float64, d time.Duration) Source {
	return newTone(rate, dbov, d, hz)
}

// Silence returns d of silence, or silence for ever if d is zero.
func Silence(rate int, d time.Duration) Source {
	return newTone(rate, Quietest, d)
}

func newTone(rate int, dbov float64, d time.Duration, hz ...float64) *tone {
	t := &tone{rate: rate, amp: amplitude(dbov), length: samplesIn(rate, d), ramp: samplesIn(rate, ramp)}
	for _, f := range hz {
		if f > 0 && 2*f < float64(rate) {
			t.step = append(t.step, 2*math.Pi*f/float64(rate))
		}
	}
	t.phase = make([]float64, len(t.step))
	if d > 0 {
		t.length = max(t.length, 1)
	}
	return t
}

func (t *tone) Rate() int { return t.rate }

func (t *tone) Read(dst []int16) (int, error) {
	if t.length > 0 {
		dst = dst[:min(len(dst), t.length-t.at)]
	}
	for i := range dst {
		var v float64
		for k := range t.phase {
			v += math.Sin(t.phase[k])
			if t.phase[k] += t.step[k]; t.phase[k] >= 2*math.Pi {
				t.phase[k] -= 2 * math.Pi
			}
		}
		dst[i] = clamp(v * t.amp * t.envelope())
		t.at++
	}
	if t.length > 0 && t.at == t.length {
		return len(dst), io.EOF
	}
	return len(dst), nil
}

// envelope is the raised cosine at both ends, 1 in between.
func (t *tone) envelope() float64 {
	edge := t.at
	if t.length > 0 {
		edge = min(edge, t.length-1-t.at)
	}
	if edge >= t.ramp {
		return 1
	}
	return 0.5 - 0.5*math.Cos(math.Pi*float64(edge)/float64(t.ramp))
}

// samplesIn returns how many whole samples at rate lie in d.
func samplesIn(rate int, d time.Duration) int {
	return int(float64(rate) * d.Seconds())
}
