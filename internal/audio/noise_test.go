package audio_test

import (
	"math"
	"testing"

	"confab/internal/audio"
)

// Noise is as loud as it was asked for, has no pitch, and begins and ends gently.
func TestNoise(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		for _, level := range []float64{-70, -60, -50, -30} {
			n := audio.NewNoise(rate)
			frame, all := make([]int16, rate/50), []int16(nil)
			n.Read(frame, level)
			if first := audio.Level(frame[:len(frame)/20]); first > level-15 {
				t.Errorf("%d Hz: it begins at %.1f dBov, want a gentle beginning of %v", rate, first, level)
			}
			for range 100 {
				n.Read(frame, level)
				all = append(all, frame...)
			}
			if got := audio.Level(all); math.Abs(got-level) > 0.5 {
				t.Errorf("%d Hz: %.1f dBov, want %v", rate, got, level)
			}
			if p := audio.Pitches(all, rate, 1); len(p) > 0 && p[0].Level > level-10 {
				t.Errorf("%d Hz at %v: %v stands out", rate, level, p[0])
			}
			n.Read(frame, audio.Quietest)
			if last := audio.Level(frame[len(frame)*19/20:]); last > level-15 {
				t.Errorf("%d Hz: it ends at %.1f dBov", rate, last)
			}
			n.Read(frame, audio.Quietest)
			if got := audio.Level(frame); got != audio.Quietest {
				t.Errorf("%d Hz: after its end it is at %.1f dBov", rate, got)
			}
		}
	}
}

func TestNoise_doesNotAllocate(t *testing.T) {
	n, frame := audio.NewNoise(8000), make([]int16, 160)
	if got := testing.AllocsPerRun(20, func() { n.Read(frame, -60) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}
