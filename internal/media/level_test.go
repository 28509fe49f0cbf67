package media

import (
	"testing"

	"confab/internal/audio"
	"confab/internal/codec"
)

// Somebody who speaks much too quietly is louder at a bridge, if that is wanted,
// and as they are for a tap.
func TestAutoLevel_atTheBridgeAlone(t *testing.T) {
	for name, want := range map[string]bool{"on": true, "off": false} {
		t.Run(name, func(t *testing.T) {
			p := bridgeByHand(t, 2, 1)
			p.loop.plane.cfg.AutoLevel = want
			s := p.members[0].session
			tap := &Tap{session: s, rate: 8000, ring: newRing(320), more: make(chan struct{}, 1)}
			s.taps = append(s.taps, tap)
			frame, heard := make([]int16, 160), make([]int16, 160)
			tapped, voice := audio.Quietest, 0.0
			for n := range 1500 { // 30 s of syllables of 240 ms that swell and fade
				level := int16(min(n%15, 12-n%15) * 40)
				for i := range frame {
					frame[i] = max(level, 0) * int16(1-2*(i/20%2))
				}
				net := p.loop.ports[0].rtp.(*nowhere)
				codec.PCMU.NewEncoder().Encode(net.r.Payload, frame)
				p.turnByHand()
				tap.ring.take(heard)
				tapped = max(tapped, audio.Level(heard))
				if n > 1400 {
					voice = max(voice, s.in.leveller.Gain())
				}
			}
			if tapped > -42 {
				t.Errorf("the tap hears %.1f dBov, want it as it is", tapped)
			}
			if (voice > 8) != want {
				t.Errorf("at the bridge it is changed by %.1f dB", voice)
			}
		})
	}
}
