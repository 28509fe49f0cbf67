package audio

import (
	"fmt"
	"math"
	"math/bits"
	"math/cmplx"
	"slices"
)

// Pitch is one pitch that is heard.
type Pitch struct {
	Hz    float64
	Level float64 // dBov
}

// String describes p for people.
func (p Pitch) String() string { return fmt.Sprintf("%.0f Hz at %.0f dBov", p.Hz, p.Level) }

// Pitches returns the strongest pitches in samples, at most n, loudest first:
// for a test's message, or to find out who speaks. Pitches below −70 dBov are
// left out, and one that stands within the width of the window of a louder one.
func Pitches(samples []int16, rate, n int) []Pitch {
	if len(samples) < 16 {
		return nil
	}
	size := 1 << bits.Len(uint(4*len(samples)-1)) // padded: finer steps
	spectrum := make([]complex128, size)
	mean := average(samples)
	for i, s := range samples {
		spectrum[i] = complex(hann(i, len(samples))*(float64(s)-mean), 0)
	}
	fft(spectrum)

	loud := make([]float64, size/2)
	for k := range loud {
		loud[k] = sineLevel(4 * cmplx.Abs(spectrum[k]) / float64(len(samples)))
	}
	var found []Pitch
	for k := 1; k < len(loud)-1; k++ {
		if loud[k] < -70 || loud[k] < loud[k-1] || loud[k] <= loud[k+1] {
			continue
		}
		hz := float64(k) * float64(rate) / float64(size)
		if a, b, c := loud[k-1], loud[k], loud[k+1]; a+c != 2*b { // the parabola through the three
			hz += (a - c) / (a - 2*b + c) / 2 * float64(rate) / float64(size)
		}
		found = append(found, Pitch{Hz: hz, Level: loud[k]})
	}
	slices.SortFunc(found, func(a, b Pitch) int {
		if a.Level > b.Level {
			return -1
		}
		return 1
	})

	var apart []Pitch
	width := 4 * float64(rate) / float64(len(samples))
	for _, p := range found {
		near := func(q Pitch) bool { return math.Abs(p.Hz-q.Hz) < width }
		if len(apart) < n && !slices.ContainsFunc(apart, near) {
			apart = append(apart, p)
		}
	}
	return apart
}

// fft transforms x, whose length is a power of two, in place.
func fft(x []complex128) {
	shift := 64 - uint(bits.Len(uint(len(x)-1)))
	for i := range x {
		if j := int(bits.Reverse64(uint64(i)) >> shift); j > i {
			x[i], x[j] = x[j], x[i]
		}
	}
	for half := 1; half < len(x); half *= 2 {
		for k := range half {
			turn := cmplx.Rect(1, -math.Pi*float64(k)/float64(half))
			for i := k; i < len(x); i += 2 * half {
				a, b := x[i], turn*x[i+half]
				x[i], x[i+half] = a+b, a-b
			}
		}
	}
}
