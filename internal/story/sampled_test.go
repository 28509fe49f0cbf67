package story

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
	"unsafe"
)

// A sample is held in half of its size, and nothing of it is lost.
func TestSampled(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	some := func(most, steps float64) float64 { return round(r.Float64()*most, steps) }
	loud := func() *float64 { return level(-some(120, 10)) }
	for range 1000 {
		s := Sample{At: Time{time.Unix(0, r.Int64N(1<<62))}, Seconds: some(900, 1000), Received: r.Uint64N(1e6), Sent: r.Uint64N(1e6),
			Lost: r.Int64N(1000) - 500, Late: r.Uint64N(1e6), LostPart: some(1, 1e4), Jitter: some(999, 1000), Delay: some(999, 1000),
			RoundTrip: some(999, 1000), Speech: loud(), Noise: loud(), Clipped: some(1, 1e4), MOS: some(5, 100)}
		if got := pack(s).sample(); !reflect.DeepEqual(got, s) {
			t.Fatalf("%+v came out as %+v", s, got)
		}
	}
	if size := unsafe.Sizeof(sampled{}); size > 64 {
		t.Errorf("a sample is held in %d bytes", size)
	}
}
