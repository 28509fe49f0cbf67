package audiotest_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
)

// heard returns n samples of several tones at 8 kHz, added.
func heard(n int, tones ...float64) []int16 {
	sum, one := make([]int16, n), make([]int16, n)
	for _, hz := range tones {
		audiotest.Tone(hz).Read(one)
		for i, s := range one {
			sum[i] += s
		}
	}
	return sum
}

func TestHears_whoIsThereAndWhoIsNot(t *testing.T) {
	for name, samples := range map[string][]int16{
		"200 ms":      heard(1600, 440, 660, 880),
		"an odd size": heard(1751, 440, 660, 880),
		"µ-law":       coded(audio.ToULaw, audio.FromULaw, heard(1600, 440, 660, 880)),
		"A-law":       coded(audio.ToALaw, audio.FromALaw, heard(1600, 440, 660, 880)),
		"DC as well":  offset(heard(1600, 440, 660, 880), 3000),
	} {
		for _, hz := range []float64{440, 660, 880} {
			if got := audiotest.Hears(samples, 8000, hz); math.Abs(got-audiotest.ToneLevel) > 0.5 {
				t.Errorf("%s: %v Hz at %.1f dBov", name, hz, got)
			}
		}
		for _, hz := range []float64{300, 400, 550, 770, 1000, 1320} {
			if got := audiotest.Hears(samples, 8000, hz); got > -55 {
				t.Errorf("%s: nobody says %v Hz, yet it is at %.1f dBov", name, hz, got)
			}
		}
	}
}

func TestHears_inNoise(t *testing.T) {
	samples := heard(4000, 440)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range samples {
		samples[i] += int16(random.NormFloat64() * 1000) // −30 dBov
	}
	if got := audiotest.Hears(samples, 8000, 440); math.Abs(got+20) > 0.5 {
		t.Errorf("440 Hz at %.1f dBov", got)
	}
	if got := audiotest.Hears(samples, 8000, 660); got > -48 {
		t.Errorf("660 Hz at %.1f dBov", got)
	}
}

func TestHears_nothing(t *testing.T) {
	for _, samples := range [][]int16{nil, {1}, make([]int16, 1600)} {
		if got := audiotest.Hears(samples, 8000, 440); got != audio.Quietest {
			t.Errorf("%d samples: %.1f dBov", len(samples), got)
		}
		if got := audiotest.Pitches(samples, 8000, 5); len(got) != 0 {
			t.Errorf("%d samples: %v", len(samples), got)
		}
	}
}

func TestPitches_loudestFirst(t *testing.T) {
	samples := heard(4000, 440.7, 1000)
	third := make([]int16, 4000)
	audio.NewTone(8000, 2345, -12, 0).Read(third)
	for i := range samples {
		samples[i] += third[i]
	}
	for _, s := range [][]int16{samples, coded(audio.ToULaw, audio.FromULaw, samples)} {
		got := audiotest.Pitches(s, 8000, 3)
		if len(got) != 3 {
			t.Fatalf("heard %v", got)
		}
		want := map[float64]float64{2345: -12, 1000: -20, 440.7: -20}
		for hz, level := range want {
			found := false
			for _, p := range got {
				found = found || math.Abs(p.Hz-hz) < 1 && math.Abs(p.Level-level) < 0.5
			}
			if !found {
				t.Errorf("%v Hz at %v dBov is not among %v", hz, level, got)
			}
		}
		if math.Abs(got[0].Hz-2345) > 1 || got[0].String() != "2345 Hz at -12 dBov" {
			t.Errorf("loudest is %v", got[0])
		}
	}
	if got := audiotest.Pitches(samples, 8000, 1); len(got) != 1 {
		t.Errorf("asked for one: %v", got)
	}
}

func coded(to func(int16) byte, from func(byte) int16, samples []int16) []int16 {
	back := make([]int16, len(samples))
	for i, s := range samples {
		back[i] = from(to(s))
	}
	return back
}

func offset(samples []int16, by int16) []int16 {
	for i := range samples {
		samples[i] += by
	}
	return samples
}
