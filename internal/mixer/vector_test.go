package mixer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// reckoned is what is made of a sum and a voice.
type reckoned struct {
	sum                            []int32
	less, narrow, ramp             []int16
	lessOver, narrowOver, rampOver bool
}

func reckon(by arithmetic, sum []int32, voice []int16, c curve) reckoned {
	r := reckoned{sum: slices.Clone(sum)}
	frames := [3][]int16{make([]int16, len(sum)), make([]int16, len(sum)), make([]int16, len(sum))}
	r.lessOver = by.less(frames[0], sum, voice) != 0
	r.narrowOver = by.narrow(frames[1], sum) != 0
	r.rampOver = c.applyLess(by, frames[2], sum, voice) != 0
	if !r.lessOver { // else it is of no use
		r.less = frames[0]
	}
	if !r.narrowOver {
		r.narrow = frames[1]
	}
	if !r.rampOver {
		r.ramp = frames[2]
	}
	by.add(r.sum, voice)
	return r
}

// The vector unit reckons as plain Go does, to the bit: frames of any length, sums
// that fit and that do not, any gain.
func TestVectors_reckonAsPlainGo(t *testing.T) {
	if !fastest() {
		t.Skip("this machine has no AVX2: there is but plain Go")
	}
	random := rand.New(rand.NewPCG(3, 5))
	fitted := 0
	for range 3000 {
		n := []int{1 + random.IntN(200), 80, 160, 320, 960}[random.IntN(5)]
		sum, voice := make([]int32, n), make([]int16, n)
		loud := []int32{30, 10_000, 32_768, 40_000, 1 << 25}[random.IntN(5)]
		for i := range sum {
			sum[i], voice[i] = random.Int32N(2*loud+1)-loud, int16(random.Uint32())
			if loud < 32_768 {
				voice[i] /= 8
			}
		}
		var c curve
		var l limiter
		l.cut = random.Float32() / 2
		l.plan(&c, sum)
		plain := reckon(false, sum, voice, c)
		if by := reckon(true, sum, voice, c); fmt.Sprint(by) != fmt.Sprint(plain) {
			t.Fatalf("%d samples up to %d:\nvectors  %v\nplain Go %v", n, loud, by, plain)
		}
		if !plain.lessOver {
			fitted++
		}
	}
	if fitted < 300 {
		t.Errorf("only %d of 3000 sums fitted: what did not was not compared", fitted)
	}
}

func BenchmarkVectors(b *testing.B) {
	sum, voice, dst := make([]int32, 160), make([]int16, 160), make([]int16, 160)
	for i := range sum {
		sum[i], voice[i] = int32(i*50), int16(i*7)
	}
	var c curve
	new(limiter).plan(&c, sum)
	by := fastest()
	for name, f := range map[string]func(){
		"add":    func() { clear(sum); by.add(sum, voice) },
		"less":   func() { by.less(dst, sum, voice) },
		"narrow": func() { by.narrow(dst, sum) },
		"ramp":   func() { c.applyLess(by, dst, sum, voice) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
}
