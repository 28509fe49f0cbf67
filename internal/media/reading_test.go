package media_test

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/media"
	"confab/internal/memnet"
)

// A reading is of the time since the one before it: what was loud before is not in
// it, nor what was counted.
func TestReadings(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		s, far := sounding(t, network, p)
		idle := open(t, p, media.SessionConfig{Remote: netip.AddrPortFrom(phoneAddr, 4000), Signal: phoneAddr})
		loud, soft := make([]int16, 160), make([]int16, 160)
		for frame, level := range map[*[]int16]float64{&loud: -10, &soft: -30} {
			tone := audio.NewTone(8000, 500, level, 0)
			tone.Read(*frame) // it rises
			tone.Read(*frame)
		}
		read := func() media.Reading {
			all := p.Readings([]*media.Session{idle, s})
			if all[0].Received != 0 || all[0].Out != 0 {
				t.Errorf("of a session that hears nothing: %+v", all[0])
			}
			return all[1]
		}
		far.r.Payload = coded(loud)
		far.speak(100)
		if got := read(); got.Over != 0 || got.Received < 95 || math.Abs(got.Speech+10) > 1 {
			t.Errorf("the first: %+v", got)
		}
		begin := time.Now()
		go s.Play(t.Context(), audio.NewTone(8000, 440, -20, 2*time.Second))
		far.r.Payload = coded(soft)
		far.speak(100)
		got := read()
		if math.Abs(got.Speech+30) > 1 || got.Received < 95 || got.Received > 105 || got.Sent < 95 || got.Sent > 105 || got.Lost != 0 ||
			math.Abs(got.Over.Seconds()-time.Since(begin).Seconds()) > 0.1 || got.Delay <= 0 {
			t.Errorf("the second: %+v", got)
		}
		if math.Abs(got.Out+20) > 2 {
			t.Errorf("what is said is at %.1f dBov, want −20", got.Out)
		}
		time.Sleep(3 * time.Second) // it is silent, and so are we
		read()
		time.Sleep(2 * time.Second)
		if got := read(); got.Received != 0 || got.Speech != 0 || got.Out != 0 {
			t.Errorf("silence: %+v", got)
		}
	})
}
