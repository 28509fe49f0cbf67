package audio_test

import (
	"fmt"
	"math"
	"testing"

	"confab/internal/audio"

	"pgregory.net/rapid"
)

// voiced returns n samples of something with a pitch: harmonics that fall off.
func voiced(rate, n int, hz float64) []int16 {
	wave := make([]int16, n)
	for i := range wave {
		v := 0.0
		for h := 1.0; h*hz < 3400; h++ {
			v += math.Sin(2*math.Pi*hz*h*float64(i)/float64(rate)+h) / h
		}
		wave[i] = int16(6000 * v)
	}
	return wave
}

// steepest returns the largest step between neighbours.
func steepest(wave []int16) int {
	most := 0
	for i := 1; i < len(wave); i++ {
		most = max(most, max(int(wave[i])-int(wave[i-1]), int(wave[i-1])-int(wave[i])))
	}
	return most
}

// However a voice is stretched and shortened, it has no seam: no step that it
// has not itself, and the level stays.
func TestTimeScale_hasNoSeam(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				hz := rapid.Float64Range(100, 400).Draw(t, "hz")
				frame := rate / 50
				wave := voiced(rate, 4*frame, hz)
				start := rapid.IntRange(0, frame).Draw(t, "start")
				wave = wave[start:]
				limit := steepest(wave) * 5 / 4

				before, after := wave[:frame], wave[frame:2*frame]
				piece := make([]int16, rate/100)
				n := audio.Stretch(piece, before, after, rate)
				longer := append(append(append([]int16(nil), before...), piece[:n]...), after...)
				check(t, "stretched", longer, n, rate, hz, limit, wave)

				shorter := append([]int16(nil), wave[frame:3*frame]...)
				left := audio.Shorten(shorter, rate, rate)
				taken := len(shorter) - left
				check(t, "shortened", append(append([]int16(nil), before...), shorter[:left]...), taken, rate, hz, limit, wave)
			})
		})
	}
}

func check(t *rapid.T, what string, got []int16, by, rate int, hz float64, limit int, like []int16) {
	if by < rate/400 || by > rate/100 {
		t.Fatalf("%s by %d samples", what, by)
	}
	periods := float64(by) * hz / float64(rate)
	if off := math.Abs(periods - math.Round(periods)); off > 0.06*math.Max(1, periods) && off*float64(rate)/hz > 1 {
		t.Fatalf("%s by %.2f periods of %.1f Hz", what, periods, hz)
	}
	if s := steepest(got); s > limit {
		t.Fatalf("%s: a step of %d, where the voice has %d", what, s, limit)
	}
	if d := audio.Level(got) - audio.Level(like); math.Abs(d) > 0.7 {
		t.Fatalf("%s: the level changes by %.2f dB", what, d)
	}
}

func TestShorten_takesNoMoreThanItMay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wave := voiced(8000, 320, rapid.Float64Range(100, 400).Draw(t, "hz"))
		most := rapid.IntRange(0, 200).Draw(t, "most")
		taken := len(wave) - audio.Shorten(wave, most, 8000)
		if taken > most || taken == 0 && most >= 20 || taken > 0 && taken < 20 {
			t.Fatalf("%d taken of at most %d", taken, most)
		}
	})
}

// A sine stretched and shortened many times is still that sine.
func TestTimeScale_keepsThePitch(t *testing.T) {
	const rate, hz, frame = 8000, 440.0, 160
	tone := audio.NewTone(rate, hz, -12, 0)
	heard := make([]int16, frame)
	tone.Read(heard)
	var all []int16
	for i := range 1000 {
		if i%2 == 0 {
			next := make([]int16, frame)
			tone.Read(next)
			piece := make([]int16, rate/100)
			n := audio.Stretch(piece, heard, next, rate)
			all = append(append(all, piece[:n]...), next...)
			heard = next
			continue
		}
		next := make([]int16, 2*frame)
		tone.Read(next)
		next = next[:audio.Shorten(next, rate, rate)]
		all = append(all, next...)
		heard = next
	}
	// What is left when the pitch is taken out: a perfect sine obeys
	// x[i+1] = 2cos(w)x[i] − x[i−1].
	w := 2 * math.Cos(2*math.Pi*hz/rate)
	var rest, power float64
	for i := frame; i < len(all)-1; i++ {
		r := float64(all[i+1]) - w*float64(all[i]) + float64(all[i-1])
		rest += r * r
		power += float64(all[i]) * float64(all[i])
	}
	if ratio := 10 * math.Log10(rest/power); ratio > -30 {
		t.Errorf("what is not the sine is at %.1f dB", ratio)
	}
}

func TestTimeScale_allocatesNothing(t *testing.T) {
	wave := voiced(8000, 640, 150)
	piece := make([]int16, 80)
	if n := testing.AllocsPerRun(100, func() {
		audio.Stretch(piece, wave[:160], wave[160:320], 8000)
		audio.Shorten(wave[320:], 8000, 8000)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkStretch(b *testing.B) {
	for _, rate := range []int{8000, 16000, 48000} {
		b.Run(fmt.Sprint(rate), func(b *testing.B) {
			frame := rate / 50
			wave, piece := voiced(rate, 4*frame, 150), make([]int16, frame/2)
			for b.Loop() {
				audio.Stretch(piece, wave[:frame], wave[frame:2*frame], rate)
			}
		})
	}
}
