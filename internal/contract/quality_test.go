package contract_test

import (
	"math"
	"testing"
	"time"

	"confab/internal/contract"
)

func TestQuality_MOS_G107(t *testing.T) {
	for _, c := range []struct {
		name string
		q    contract.Quality
		want float64 // worked out by hand from G.107 Annex B
	}{
		{"nothing lost", contract.Quality{Received: 1000}, 4.38},
		{"a twentieth lost", contract.Quality{Received: 950, Lost: 50}, 3.88},
		{"a fifth lost", contract.Quality{Received: 800, Lost: 200}, 2.58},
		{"half a second away", contract.Quality{Received: 1000, RoundTrip: time.Second}, 2.08},
		{"all lost", contract.Quality{Lost: 1000}, 1.17},
	} {
		if got := c.q.MOS(); math.Abs(got-c.want) > 0.03 {
			t.Errorf("%s: %.2f, want %.2f", c.name, got, c.want)
		}
	}
}

func TestQuality_lostPart(t *testing.T) {
	for _, c := range []struct {
		q    contract.Quality
		want float64
	}{
		{contract.Quality{}, 0},
		{contract.Quality{Received: 90, Lost: 10}, 0.1},
		{contract.Quality{Received: 90, Lost: 10, Late: 15}, 0.25},
		{contract.Quality{Received: 110, Lost: -10}, 0}, // duplicates
		{contract.Quality{Late: 3, Received: 1}, 1},
	} {
		if got := c.q.LostPart(); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%+v: %v, want %v", c.q, got, c.want)
		}
	}
}
