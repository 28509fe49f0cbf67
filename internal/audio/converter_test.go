package audio_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
)

// eachPair runs f with every pair of rates that a bridge has.
func eachPair(t *testing.T, f func(t *testing.T, from, to int)) {
	for _, from := range []int{8000, 16000, 48000} {
		for _, to := range []int{8000, 16000, 48000} {
			if from != to {
				t.Run(fmt.Sprintf("%d to %d", from, to), func(t *testing.T) { f(t, from, to) })
			}
		}
	}
}

// convert returns samples at the other rate, frame by frame.
func convert(from, to int, samples []int16) []int16 {
	c := audio.NewConverter(from, to)
	var out []int16
	frame := make([]int16, audio.FrameSize(to))
	for size := audio.FrameSize(from); len(samples) >= size; samples = samples[size:] {
		c.Voice(frame, samples[:size])
		out = append(out, frame...)
	}
	return out
}

func toneAt(rate int, hz, dbov float64) []int16 {
	s := make([]int16, rate)
	audio.NewTone(rate, hz, dbov, 0).Read(s)
	return s
}

// Up to 85 % of the lower Nyquist frequency a tone comes out as that tone, as loud, and
// with nothing beside it.
func TestConverter_passBand(t *testing.T) {
	eachPair(t, func(t *testing.T, from, to int) {
		edge := 0.85 * float64(min(from, to)) / 2
		worst, noise := 0.0, math.Inf(1)
		for hz := 50.0; hz <= edge; hz += edge / 37 {
			out := convert(from, to, toneAt(from, hz, -10))
			level, above := audiotest.Tonal(out[to/10:], to, hz)
			worst, noise = max(worst, math.Abs(level+10)), min(noise, above)
		}
		t.Logf("pass-band to %.0f Hz: within %.3f dB, all else %.0f dB below", edge, worst, noise)
		if worst > 0.1 || noise < 60 {
			t.Errorf("within %.3f dB, and all else %.0f dB below; want 0.1 and 60", worst, noise)
		}
	})
}

// From 115 % on nothing of it is left: going down nothing folds back, and going up the
// images of what is in the pass-band are gone (TestConverter_passBand: all else).
func TestConverter_stopBand(t *testing.T) {
	eachPair(t, func(t *testing.T, from, to int) {
		if from < to {
			return
		}
		worst := -127.0
		for hz := 1.15 * float64(to) / 2; hz < float64(from)/2; hz += float64(from) / 173 {
			worst = max(worst, audio.Level(convert(from, to, toneAt(from, hz, -3.01))[to/10:]))
		}
		t.Logf("stop-band: %.1f dB", worst+3.01)
		if worst > -63 {
			t.Errorf("%.1f dB of stop-band, want 60", -worst-3.01)
		}
	})
}

// It is late by its Delay, which is less than 2 ms, and linear in phase.
func TestConverter_delay(t *testing.T) {
	eachPair(t, func(t *testing.T, from, to int) {
		c := audio.NewConverter(from, to)
		pulse := make([]int16, from)
		pulse[from/2] = 30000
		out := convert(from, to, pulse)
		var moment, sum float64
		for i, v := range out {
			moment, sum = moment+float64(i)*float64(v), sum+float64(v)
		}
		got := time.Duration((moment/sum - float64(to)/2) / float64(to) * float64(time.Second))
		t.Logf("later by %v, said to be %v", got, c.Delay())
		if d := got - c.Delay(); d < -50*time.Microsecond || d > 50*time.Microsecond || got > 2*time.Millisecond {
			t.Errorf("later by %v, said to be %v; want less than 2 ms", got, c.Delay())
		}
	})
}

// Sums beyond what a sample holds come through as they are; silence is idle once what
// came before has come out; and nothing is allocated.
func TestConverter_sums(t *testing.T) {
	eachPair(t, func(t *testing.T, from, to int) {
		c := audio.NewConverter(from, to)
		in, out := make([]int32, audio.FrameSize(from)), make([]int32, audio.FrameSize(to))
		for i := range in {
			in[i] = 200000
		}
		if !c.Idle() {
			t.Error("not idle before the first frame")
		}
		for range 3 {
			c.Sum(out, in)
		}
		if c.Idle() {
			t.Error("idle while there is something")
		}
		for i, v := range out {
			if v < 199900 || v > 200100 {
				t.Fatalf("sample %d: %d, want 200000", i, v)
			}
		}
		c.Sum(out, nil)
		if c.Sum(out, nil); out[0] != 0 || out[len(out)-1] != 0 || !c.Idle() {
			t.Errorf("after silence: %d … %d", out[0], out[len(out)-1])
		}
		if n := testing.AllocsPerRun(50, func() { c.Sum(out, in); c.Sum(out, nil) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

func BenchmarkConverter(b *testing.B) {
	for _, p := range [][2]int{{8000, 16000}, {8000, 48000}, {16000, 48000}, {16000, 8000}, {48000, 8000}, {48000, 16000}} {
		b.Run(fmt.Sprintf("%d to %d", p[0], p[1]), func(b *testing.B) {
			c := audio.NewConverter(p[0], p[1])
			in, out := make([]int32, audio.FrameSize(p[0])), make([]int32, audio.FrameSize(p[1]))
			for b.Loop() {
				c.Sum(out, in)
			}
		})
	}
}
