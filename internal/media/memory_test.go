package media_test

import (
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"confab/internal/media"
	"confab/internal/memnet"
	"confab/internal/rtp"
)

// mostPerSession is what a participant who talks G.711 may cost on the voice
// plane, in bytes: thousands must find room, and their jitter buffers in the caches.
// 1.6 KiB of it fill gaps, once somebody has been heard.
const mostPerSession = 14 << 10

func TestSession_memory(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		bridge := p.NewBridge()
		defer bridge.Close()
		port := uint16(20000)
		add := func(n int) {
			for range n {
				at := netip.AddrPortFrom(phoneAddr, port)
				port += 2
				conn, err := network.Host(phoneAddr).ListenPacket("udp", at.String())
				if err != nil {
					t.Fatal(err)
				}
				s := open(t, p, media.SessionConfig{Remote: at, Signal: phoneAddr})
				start(t, s, at)
				if err := bridge.Join(s, false); err != nil {
					t.Fatal(err)
				}
				b := make([]byte, 200)
				for i := range uint16(4) {
					r := rtp.Packet{SSRC: uint32(port), Sequence: i, Timestamp: 160 * uint32(i), Payload: make([]byte, 160)}
					if _, err := conn.WriteTo(b[:r.Put(b)], net.UDPAddrFromAddrPort(s.Local())); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(30 * time.Millisecond) // heard: the next one may have the same port
				conn.Close()
			}
		}
		add(10)
		before := heap()
		const n = 300
		add(n)
		if ports := p.Loops()[0].Ports; ports > 2 {
			t.Fatalf("%d ports are open: what is measured is not what is meant", ports)
		}
		each := int(heap()-before) / n
		t.Logf("%d bytes for a session", each)
		if each > mostPerSession {
			t.Errorf("%d bytes for a session, want at most %d", each, mostPerSession)
		}
	})
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
