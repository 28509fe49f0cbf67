package media_test

import (
	"net/netip"
	"sync"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/media"
	"confab/internal/memnet"
)

// twoLoops gives f two sessions that live on different loops, and the phones
// they talk to.
func twoLoops(t *testing.T, f func(t *testing.T, near *media.Plane, n, phones [2]*media.Session)) {
	bubble(t, media.Config{Loops: 2, SessionsPerLoop: 1}, func(t *testing.T, network *memnet.Net, near *media.Plane) {
		far := newPlane(t, media.Config{Bind: phoneAddr, ListenPacket: network.Host(phoneAddr).ListenPacket, Loops: 1})
		var n, phones [2]*media.Session
		for i := range n {
			phones[i] = open(t, far, media.SessionConfig{Alone: true})
			n[i] = open(t, near, media.SessionConfig{Remote: phones[i].Local(), Signal: phoneAddr})
		}
		if n[0].Local() == n[1].Local() {
			t.Fatal("both sessions live on one port")
		}
		for i := range n {
			start(t, n[i], phones[i].Local())
			start(t, phones[i], n[i].Local())
		}
		f(t, near, n, phones)
	})
}

// What is said on one loop is heard whole on another, though the two turn at
// times of their own.
func TestTrunk_carriesEveryFrame(t *testing.T) {
	twoLoops(t, func(t *testing.T, near *media.Plane, n, phones [2]*media.Session) {
		bridge := near.NewBridge()
		defer bridge.Close()
		for _, s := range n {
			if err := bridge.Join(s, false); err != nil {
				t.Fatal(err)
			}
		}
		for i, f := range phones {
			say(t, f, []float64{450, 650}[i])
		}
		time.Sleep(500 * time.Millisecond)
		var heard [2][]int16
		var wg sync.WaitGroup
		for i, f := range phones {
			wg.Go(func() { heard[i] = hear(t, f, 10*time.Second) })
		}
		wg.Wait()
		for i := range heard {
			for at := 0; at+160 <= len(heard[i]); at += 160 {
				if level := audio.Level(heard[i][at : at+160]); level < -25 {
					t.Fatalf("phone %d: frame %d of the other's voice is at %.0f dBov", i, at/160, level)
				}
			}
		}
	})
}

// Whoever joins a bridge that closes at the same time stands there or not, but
// never at nothing: it goes on being sent packets.
func TestJoin_whileTheBridgeCloses(t *testing.T) {
	bubble(t, media.Config{MediaTimeout: -1}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		far := newPhone(t, network, phoneAddr, netip.AddrPortFrom(switchAddr, 1))
		s := open(t, p, media.SessionConfig{Remote: far.addr(), Signal: phoneAddr})
		start(t, s, far.addr())
		for i := range 300 {
			bridge := p.NewBridge()
			var wg sync.WaitGroup
			wg.Go(func() { _ = bridge.Join(s, false) }) // whether it comes in time is all one
			wg.Go(bridge.Close)
			wg.Wait()
			far.received()
			time.Sleep(100 * time.Millisecond)
			if n := far.received(); n < 4 || n > 6 {
				t.Fatalf("round %d: %d packets in 100 ms", i, n)
			}
		}
	})
}
