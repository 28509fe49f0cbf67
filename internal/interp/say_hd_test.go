package interp

import "testing"

// What is spoken is made for who hears it: the whole of a wide band, and no more for a
// telephone than it can carry.
func TestSay_rateOfTheCaller(t *testing.T) {
	for rate, want := range map[int]int{8000: 8000, 16000: 16000, 48000: 16000} {
		r := &reader{rate: func() int { return rate }}
		if got := r.sayRate(); got != want {
			t.Errorf("for a caller at %d Hz: %d, want %d", rate, got, want)
		}
	}
	if got := (&reader{}).sayRate(); got != 8000 {
		t.Errorf("for nobody in particular: %d", got)
	}
}
