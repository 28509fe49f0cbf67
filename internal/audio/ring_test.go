package audio_test

import (
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
)

// A telephone rings as its country's do, and goes on.
func TestRinging(t *testing.T) {
	const rate = 8000
	heard := func(country string, from, d time.Duration) []int16 {
		all := make([]int16, int((from+d).Seconds()*rate))
		src := audio.Ringing(rate, country)
		for at := 0; at < len(all); {
			n, err := src.Read(all[at:])
			if err != nil {
				t.Fatal(err)
			}
			at += n
		}
		return all[int(from.Seconds()*rate):]
	}
	for _, country := range []string{"us", "", "nowhere"} {
		for _, from := range []time.Duration{0, 6 * time.Second} {
			on := heard(country, from+100*time.Millisecond, 500*time.Millisecond)
			if audiotest.Hears(on, rate, 440) < -35 || audiotest.Hears(on, rate, 480) < -35 {
				t.Errorf("%q: no ringing at %v", country, from)
			}
		}
		if l := audio.Level(heard(country, 2100*time.Millisecond, 3*time.Second)); l > -80 {
			t.Errorf("%q: %v dBov between two rings", country, l)
		}
	}
	german := heard("de", 0, time.Second)
	if audiotest.Hears(german, rate, 425) < -35 || audiotest.Hears(german, rate, 480) > -40 {
		t.Error("de does not ring at 425 Hz alone")
	}
	if l := audio.Level(heard("uk", 420*time.Millisecond, 160*time.Millisecond)); l > -80 {
		t.Errorf("uk: %v dBov between the two short rings", l)
	}
}
