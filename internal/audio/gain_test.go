package audio

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// The vector unit reckons as plain Go does, to the bit: frames of any length, any
// sample, any gain, and those that are too much.
func TestGains_byVectorsAsByPlainGo(t *testing.T) {
	if !hasVectors() {
		t.Skip("this machine has no AVX2: there is but plain Go")
	}
	random := rand.New(rand.NewPCG(2, 7))
	clipped := 0
	for range 5000 {
		n := []int{1 + random.IntN(200), 80, 160, 320, 960}[random.IntN(5)]
		plain := make([]int16, n)
		for i := range plain {
			plain[i] = int16(random.Uint32())
		}
		from, to := 0.25+3.73*random.Float32(), 0.25+3.73*random.Float32()
		g := between(from, to, n)
		by := slices.Clone(plain)
		g.apply(plain, false)
		if g.apply(by, true); !slices.Equal(by, plain) {
			t.Fatalf("%d samples from a gain of %v to %v:\nvectors  %v\nplain Go %v", n, from, to, by, plain)
		}
		for _, v := range plain {
			if v == 32767 || v == -32768 {
				clipped++
			}
		}
	}
	if clipped == 0 {
		t.Error("nothing was too much")
	}
}

// A frame begins near one gain and ends with the other.
func TestGains_goFromOneToTheOther(t *testing.T) {
	for _, c := range [][2]float32{{1, 2}, {2, 1}, {0.25, 3.98}, {3.98, 0.25}, {1.5, 1.5}} {
		frame := make([]int16, 160)
		for i := range frame {
			frame[i] = 8000
		}
		between(c[0], c[1], len(frame)).apply(frame, hasVectors())
		for i, v := range frame {
			want := 8000 * (c[0] + (c[1]-c[0])*float32(i+1)/160)
			if d := float32(v) - want; d > 2 || d < -2 {
				t.Fatalf("from %v to %v, sample %d: %d, want %.0f", c[0], c[1], i, v, want)
			}
		}
	}
}
