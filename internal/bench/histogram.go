package bench

import "time"

// histogram counts durations up to a fifth of a second, in steps of 20 µs.
type histogram struct {
	steps [10001]uint32 // the last is for what is longer
	n     uint64
	most  time.Duration
}

const histogramStep = 20 * time.Microsecond

func (h *histogram) add(d time.Duration) {
	d = max(d, 0)
	h.steps[min(int(d/histogramStep), len(h.steps)-1)]++
	h.n++
	h.most = max(h.most, d)
}

// join adds what other has counted.
func (h *histogram) join(other *histogram) {
	for i, n := range other.steps {
		h.steps[i] += n
	}
	h.n += other.n
	h.most = max(h.most, other.most)
}

// quantile returns the bound below which a share q of the durations lies; zero
// when there are none.
func (h *histogram) quantile(q float64) time.Duration {
	want, n := q*float64(h.n), uint64(0)
	for i, count := range h.steps {
		n += uint64(count)
		if count > 0 && float64(n) >= want {
			if i == len(h.steps)-1 {
				return h.most
			}
			return min(time.Duration(i+1)*histogramStep, h.most)
		}
	}
	return 0
}

// ms returns d in milliseconds.
func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
