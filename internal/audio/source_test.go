package audio_test

import (
	"errors"
	"io"
	"math"
	"slices"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"

	"pgregory.net/rapid"
)

// readAll reads src in pieces of sizes drawn from t, and holds it to what
// Source promises: never more than asked for, io.EOF again and again at the end.
func readAll(t *rapid.T, src audio.Source) []int16 {
	var all []int16
	for {
		dst := make([]int16, rapid.IntRange(0, 700).Draw(t, "ask"))
		n, err := src.Read(dst)
		if n < 0 || n > len(dst) {
			t.Fatalf("%d samples into room for %d", n, len(dst))
		}
		all = append(all, dst[:n]...)
		if err == io.EOF {
			if n, err := src.Read(make([]int16, 10)); n != 0 || err != io.EOF {
				t.Fatalf("after the end: %d samples, %v", n, err)
			}
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestSource_sizeOfReadsDoesNotMatter(t *testing.T) {
	voice := make([]int16, 701)
	audio.NewTone(8000, 300, -10, 0).Read(voice)
	for name, src := range map[string]func() audio.Source{
		"tone":      func() audio.Source { return audio.NewTone(8000, 440, -20, 123*time.Millisecond) },
		"silence":   func() audio.Source { return audio.Silence(8000, 50*time.Millisecond) },
		"digit":     func() audio.Source { return audio.Digit(16000, '5', 100*time.Millisecond) },
		"samples":   func() audio.Source { return audio.FromSamples(8000, voice) },
		"limit":     func() audio.Source { return audio.Limit(audio.NewTone(8000, 440, -20, 0), 77*time.Millisecond) },
		"short":     func() audio.Source { return audio.Limit(audio.FromSamples(8000, voice[:5]), time.Second) },
		"empty":     func() audio.Source { return audio.Concat() },
		"resampled": func() audio.Source { return audio.Resample(audio.FromSamples(44100, voice), 8000) },
		"upsampled": func() audio.Source { return audio.Resample(audio.FromSamples(8000, voice), 48000) },
		"odd rate":  func() audio.Source { return audio.Resample(audio.FromSamples(7919, voice[:500]), 8000) },
		"concat": func() audio.Source {
			return audio.Concat(audio.FromSamples(8000, voice), audio.FromSamples(8000, nil),
				audio.NewTone(16000, 440, -20, 40*time.Millisecond))
		},
		"music": func() audio.Source { return audio.Limit(audio.Music(8000), time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			want, err := audio.Samples(src())
			if err != nil {
				t.Fatal(err)
			}
			rapid.Check(t, func(t *rapid.T) {
				if got := readAll(t, src()); !slices.Equal(got, want) {
					t.Fatalf("%d samples differ from the %d read at once", len(got), len(want))
				}
			})
		})
	}
}

func TestConcat_isOneAfterTheOther(t *testing.T) {
	a, b := []int16{1, 2, 3}, []int16{4, 5}
	got, err := audio.Samples(audio.Concat(audio.FromSamples(8000, a), audio.FromSamples(8000, b)))
	if err != nil || !slices.Equal(got, []int16{1, 2, 3, 4, 5}) {
		t.Errorf("got %v, %v", got, err)
	}
	mixed := audio.Concat(audio.Silence(8000, 100*time.Millisecond), audio.NewTone(48000, 440, -20, 200*time.Millisecond))
	got, err = audio.Samples(mixed)
	if err != nil || len(got) != 2400 {
		t.Fatalf("%d samples, %v; want 2400", len(got), err)
	}
	if l := audiotest.Hears(got[800:], 8000, 440); math.Abs(l+20) > 0.5 {
		t.Errorf("the tone at another rate is heard at %.1f dBov", l)
	}
}

var errBroken = errors.New("broken")

// broken gives some samples, then an error that is not io.EOF.
type broken struct{ left int }

func (b *broken) Rate() int { return 16000 }
func (b *broken) Read(dst []int16) (int, error) {
	n := min(b.left, len(dst))
	if b.left -= n; b.left == 0 {
		return n, errBroken
	}
	return n, nil
}

// stuck never gives anything, nor ends.
type stuck struct{}

func (stuck) Rate() int                 { return 16000 }
func (stuck) Read([]int16) (int, error) { return 0, nil }

func TestSource_errorsComeThrough(t *testing.T) {
	for name, wrap := range map[string]func(audio.Source) audio.Source{
		"alone":    func(s audio.Source) audio.Source { return s },
		"limit":    func(s audio.Source) audio.Source { return audio.Limit(s, time.Hour) },
		"concat":   func(s audio.Source) audio.Source { return audio.Concat(s, audio.Silence(16000, time.Second)) },
		"resample": func(s audio.Source) audio.Source { return audio.Resample(s, 8000) },
	} {
		src := wrap(&broken{left: 1600})
		got, err := audio.Samples(src)
		if want := 1600 * src.Rate() / 16000; !errors.Is(err, errBroken) || len(got) != want {
			t.Errorf("%s: %d samples, %v; want %d before the error", name, len(got), err, want)
		}
		if _, err := audio.Samples(wrap(stuck{})); !errors.Is(err, io.ErrNoProgress) {
			t.Errorf("%s: a stuck source gives %v", name, err)
		}
	}
}

func TestTone_levelAndPitch(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		for _, dbov := range []float64{-3.01, -20, -50} {
			samples := make([]int16, rate)
			audio.NewTone(rate, 440, dbov, 0).Read(samples)
			if l := audio.Level(samples[rate/10:]); math.Abs(l-dbov) > 0.05 {
				t.Errorf("at %d Hz, %v dBov measures %.2f", rate, dbov, l)
			}
			if l := audiotest.Hears(samples[rate/10:], rate, 440); math.Abs(l-dbov) > 0.05 {
				t.Errorf("at %d Hz, the pitch of %v dBov measures %.2f", rate, dbov, l)
			}
		}
	}
}

func TestTone_atItsLimits(t *testing.T) {
	loud := make([]int16, 8000)
	audio.NewTone(8000, 440, 6, 0).Read(loud)
	if l := audio.Level(loud[100:]); math.Abs(l+3.01) > 0.05 {
		t.Errorf("a tone cannot be louder than full scale: %.2f dBov", l)
	}
	for _, hz := range []float64{0, -1, 4000, 5000} {
		if got, err := audio.Samples(audio.NewTone(8000, hz, -20, 20*time.Millisecond)); err != nil || len(got) != 160 || audio.Level(got) != audio.Quietest {
			t.Errorf("%v Hz at 8 kHz: %d samples at %v, %v", hz, len(got), audio.Level(got), err)
		}
	}
	if got, _ := audio.Samples(audio.NewTone(8000, 440, -20, time.Nanosecond)); len(got) != 1 {
		t.Errorf("a nanosecond is %d samples", len(got))
	}
}

// A tone does not click: it starts and ends at rest, and its steepest step is
// that of its own sine.
func TestTone_doesNotClick(t *testing.T) {
	for _, src := range []audio.Source{
		audio.NewTone(8000, 440, -10, 50*time.Millisecond),
		audio.NewTone(8000, 440, -10, 2*time.Millisecond), // shorter than its ramps
	} {
		got, _ := audio.Samples(src)
		steepest := 32767*math.Sqrt2*math.Pow(10, -0.5)*2*math.Pi*440/8000 + 2
		before := int16(0)
		for i, s := range append(got, 0) {
			if d := math.Abs(float64(s) - float64(before)); d > steepest {
				t.Errorf("sample %d of %d steps by %.0f, more than %.0f", i, len(got), d, steepest)
			}
			before = s
		}
	}
}

func TestLevel_RFC6464_3(t *testing.T) {
	square := make([]int16, 160)
	for i := range square {
		square[i] = 32767 - int16(i%2)*2*0x7FFF
	}
	for _, c := range []struct {
		name  string
		frame []int16
		want  float64
	}{
		{"a square at full scale", square, 0},
		{"beyond it", []int16{-32768, -32768}, 0},
		{"silence", make([]int16, 160), -127},
		{"an empty frame", nil, -127},
		{"one bit", []int16{1, -1, 1, -1}, -90.3},
	} {
		if got := audio.Level(c.frame); math.Abs(got-c.want) > 0.05 {
			t.Errorf("%s: %.2f dBov, want %.2f", c.name, got, c.want)
		}
	}
}

// ITU-T Q.23: the pitches of each key, and no other.
func TestDigit_Q23(t *testing.T) {
	low := map[string]float64{"123A": 697, "456B": 770, "789C": 852, "*0#D": 941}
	high := map[string]float64{"147*": 1209, "2580": 1336, "369#": 1477, "ABCD": 1633}
	for _, rate := range []int{8000, 16000} {
		for _, key := range []byte("0123456789*#ABCD") {
			samples, err := audio.Samples(audio.Digit(rate, key, 200*time.Millisecond))
			if err != nil || len(samples) != rate/5 {
				t.Fatalf("%c: %d samples, %v", key, len(samples), err)
			}
			for _, group := range []map[string]float64{low, high} {
				for keys, hz := range group {
					want := slices.Contains([]byte(keys), key)
					level := audiotest.Hears(samples, rate, hz)
					if want && math.Abs(level+14) > 0.5 || !want && level > -60 {
						t.Errorf("%c at %d Hz: %v Hz is heard at %.1f dBov, want it: %v", key, rate, hz, level, want)
					}
				}
			}
		}
	}
	if got, err := audio.Samples(audio.Digit(8000, 'x', 20*time.Millisecond)); err != nil || len(got) != 160 || audio.Level(got) != audio.Quietest {
		t.Errorf("no such key: %d samples at %v, %v", len(got), audio.Level(got), err)
	}
}
