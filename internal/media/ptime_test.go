package media_test

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/codec"
	"confab/internal/media"
	"confab/internal/memnet"
)

// hum sends a tone of whole cycles per 5 ms in packets of ptime, for d. Every
// lose-th packet is lost on the way.
func (p *phone) hum(ptime, d time.Duration, lose int) {
	size := int(ptime * 8000 / time.Second)
	samples := make([]int16, 800+size)
	if _, err := audio.NewTone(8000, 400, -20, 0).Read(samples); err != nil {
		p.t.Error(err)
	}
	p.r.Payload = make([]byte, size)
	codec.PCMU.NewEncoder().Encode(p.r.Payload, samples[800:]) // beyond its beginning, which rises
	b := make([]byte, 1500)
	for i := range int(d / ptime) {
		p.r.Sequence++
		if lose == 0 || i%lose != lose-1 {
			if _, err := p.conn.WriteTo(b[:p.r.Put(b)], p.to); err != nil {
				p.t.Error(err)
			}
		}
		p.r.Timestamp += uint32(size)
		time.Sleep(ptime)
	}
}

// Whatever the far end puts into a packet, it is heard whole, and a lost one
// leaves no hole.
func TestPTime_ofTheFarEnd(t *testing.T) {
	for _, ms := range []int{5, 10, 20, 30, 40, 60} {
		for _, lose := range []int{0, 20} {
			t.Run(fmt.Sprintf("%d ms, lost %d", ms, lose), func(t *testing.T) {
				bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
					far := newPhone(t, network, phoneAddr, netip.AddrPortFrom(switchAddr, 1))
					s := open(t, p, media.SessionConfig{Remote: far.addr(), Signal: phoneAddr})
					far.to = net.UDPAddrFromAddrPort(s.Local())
					start(t, s, far.addr())
					var wg sync.WaitGroup
					wg.Go(func() { far.hum(time.Duration(ms)*time.Millisecond, 12*time.Second, lose) })
					time.Sleep(time.Second)
					heard := hear(t, s, 10*time.Second)
					wg.Wait()
					holes := 0
					for at := 0; at+80 <= len(heard); at += 80 {
						if audio.Level(heard[at:at+80]) < -45 {
							holes++
						}
					}
					if holes > 0 {
						t.Errorf("%d of %d pieces of 10 ms are holes", holes, len(heard)/80)
					}
					if level := audiotest.Hears(heard, 8000, 400); math.Abs(level+20) > 1.5 {
						t.Errorf("the tone is heard at %.1f dBov, want about -20", level)
					}
				})
			})
		}
	}
}
