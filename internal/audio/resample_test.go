package audio_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"confab/internal/audio"

	"pgregory.net/rapid"
)

var ratePairs = [][2]int{
	{16000, 8000}, {22050, 8000}, {24000, 8000}, {44100, 8000}, {48000, 8000}, {11025, 8000},
	{8000, 16000}, {8000, 22050}, {8000, 24000}, {8000, 44100}, {8000, 48000},
	{44100, 48000}, {48000, 44100}, {22050, 16000}, {48000, 16000}, {44100, 16000},
	{11025, 48000}, {7919, 8000}, {64007, 8000}, {8000, 7919}, // those have no table of their own
}

func forPairs(t *testing.T, f func(t *testing.T, in, out int)) {
	for _, p := range ratePairs {
		t.Run(fmt.Sprintf("%d to %d", p[0], p[1]), func(t *testing.T) { f(t, p[0], p[1]) })
	}
}

func resampled(t *testing.T, in, out int, hz, dbov float64) []int16 {
	t.Helper()
	src := audio.Resample(audio.Limit(audio.NewTone(in, hz, dbov, 0), 200*time.Millisecond), out)
	if src.Rate() != out {
		t.Fatalf("rate %d", src.Rate())
	}
	samples, err := audio.Samples(src)
	if err != nil {
		t.Fatal(err)
	}
	return samples
}

// Up to 90 % of the lower Nyquist frequency a sine comes out as that very sine:
// same level, no delay, no image, no alias.
func TestResample_passBand(t *testing.T) {
	forPairs(t, func(t *testing.T, in, out int) {
		nyquist := float64(min(in, out)) / 2
		worst := 0.0
		for _, part := range []float64{0.01, 0.1, 0.25, 0.5, 0.7, 0.8, 0.85, 0.9} {
			hz := part * nyquist
			got := resampled(t, in, out, hz, -9)
			amplitude := 32767 * math.Sqrt2 * math.Pow(10, -9.0/20)
			var wrong float64
			edge := out / 20 // where the tone rises, and where it is cut
			middle := got[edge : len(got)-edge]
			for i, s := range middle {
				want := amplitude * math.Sin(2*math.Pi*hz*float64(i+edge)/float64(out))
				wrong += (float64(s) - want) * (float64(s) - want)
			}
			wrong = 10 * math.Log10(wrong/float64(len(middle))/(32767*32767))
			worst = max(worst, wrong+200)
			if limit := -90.0; wrong > limit {
				t.Errorf("%.0f Hz: what is not the sine is at %.1f dBov, above %v", hz, wrong, limit)
			}
		}
		t.Logf("worst %.1f dBov", worst-200)
	})
}

// From the lower Nyquist frequency on nothing is left: it would fold back.
func TestResample_stopBand(t *testing.T) {
	forPairs(t, func(t *testing.T, in, out int) {
		worst := -200.0
		for hz := float64(out) / 2; hz < float64(in)/2; hz += math.Max(37, float64(in)/40) {
			got := resampled(t, in, out, hz, -3.01)
			edge := out / 20
			level := audio.Level(got[edge : len(got)-edge])
			worst = max(worst, level)
			if level > -88 {
				t.Errorf("%.0f Hz comes through at %.1f dBov", hz, level)
			}
		}
		if out < in {
			t.Logf("worst %.1f dBov", worst)
		}
	})
}

// n samples are n/in seconds, and stay so.
func TestResample_lastsAsLong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pair := rapid.SampledFrom(ratePairs).Draw(t, "rates")
		in, out := pair[0], pair[1]
		n := rapid.IntRange(0, 5000).Draw(t, "samples")
		got, err := audio.Samples(audio.Resample(audio.FromSamples(in, make([]int16, n)), out))
		want := (n*out + in - 1) / in
		if err != nil || len(got) != want {
			t.Fatalf("%d samples, %v; want %d", len(got), err, want)
		}
	})
}

func TestResample_neverWraps(t *testing.T) {
	square := make([]int16, 8000)
	for i := range square {
		square[i] = math.MaxInt16
		if i/20%2 == 1 {
			square[i] = math.MinInt16
		}
	}
	got, err := audio.Samples(audio.Resample(audio.FromSamples(8000, square), 16000))
	if err != nil {
		t.Fatal(err)
	}
	clipped := 0
	for i, s := range got {
		// The middle of each half wave, away from its edges.
		if at := i % 40; at > 10 && at < 30 && (s > 0) != (i/40%2 == 0) {
			t.Fatalf("sample %d is %d", i, s)
		}
		if s == math.MaxInt16 || s == math.MinInt16 {
			clipped++
		}
	}
	if clipped == 0 {
		t.Error("a square at full scale overshoots; nothing was clamped")
	}
}

func TestResample_sameRateIsTheSource(t *testing.T) {
	src := audio.Silence(8000, 0)
	if got := audio.Resample(src, 8000); got != src {
		t.Errorf("got %v", got)
	}
}

func TestResample_allocatesNothing(t *testing.T) {
	src := audio.Resample(audio.NewTone(48000, 440, -20, 0), 8000)
	frame := make([]int16, 160)
	if n := testing.AllocsPerRun(200, func() { src.Read(frame) }); n != 0 {
		t.Errorf("%v allocations per frame", n)
	}
}

func BenchmarkResample(b *testing.B) {
	for _, p := range [][2]int{{16000, 8000}, {22050, 8000}, {44100, 8000}, {48000, 8000}, {8000, 16000}, {8000, 48000}, {11025, 48000}} {
		b.Run(fmt.Sprintf("%d to %d", p[0], p[1]), func(b *testing.B) {
			src := audio.Resample(audio.Silence(p[0], 0), p[1])
			frame := make([]int16, audio.FrameSize(p[1]))
			b.ReportAllocs()
			for b.Loop() {
				src.Read(frame)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/20e6*1000, "ms/s")
		})
		b.Run(fmt.Sprintf("%d to %d/new", p[0], p[1]), func(b *testing.B) {
			for b.Loop() {
				audio.Resample(audio.Silence(p[0], 0), p[1])
			}
		})
	}
}
