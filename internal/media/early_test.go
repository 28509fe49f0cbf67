package media_test

import (
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/media"
	"confab/internal/memnet"
)

// What a far end said before the answer is not heard after it, however much of
// it has waited; what it says then is heard at once.
func TestStart_beginsWithWhatIsSaidFromThenOn(t *testing.T) {
	for name, busy := range map[string]bool{"on a loop with nothing to do": false, "on a loop at work": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
				if busy {
					pair(t, p)
				}
				far := newPhone(t, network, phoneAddr, netip.AddrPortFrom(switchAddr, 1))
				s := open(t, p, media.SessionConfig{Remote: far.addr(), Signal: phoneAddr})
				far.to = net.UDPAddrFromAddrPort(s.Local())
				set(t, s, both(far.addr()))
				tap, err := s.Tap()
				if err != nil {
					t.Fatal(err)
				}
				defer tap.Close()
				far.speak(300)
				s.Start()
				far.r.Payload = slices.Repeat([]byte{0xff}, 160) // silence
				far.speak(20)
				heard := make([]int16, 2000)
				if _, err := tap.Read(t.Context(), heard); err != nil {
					t.Fatal(err)
				}
				if level := audio.Level(heard); level > -60 {
					t.Errorf("what was said before the answer is heard after it, at %.0f dBov", level)
				}
				far.r.Payload = slices.Repeat([]byte{0x20}, 160)
				far.speak(5)
				if level := audio.Level(hear(t, s, 20*time.Millisecond)); level < -40 {
					t.Errorf("what is said after the answer is at %.0f dBov 100 ms later", level)
				}
			})
		})
	}
}
