package media_test

import (
	"net/netip"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/media"
	"confab/internal/memnet"
	"confab/internal/rtp"
)

// A far end gets fifty packets a second, and their timestamps go with the clock,
// however often its session comes to bridges and leaves them.
func TestSession_keepsPaceThroughManyBridges(t *testing.T) {
	bubble(t, media.Config{MediaTimeout: -1}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		far := newPhone(t, network, phoneAddr, netip.AddrPortFrom(switchAddr, 1))
		s := open(t, p, media.SessionConfig{Remote: far.addr(), Signal: phoneAddr})
		start(t, s, far.addr())
		var first rtp.Packet
		var began time.Time
		n, b := 0, make([]byte, 1500)
		check := func() {
			for {
				far.conn.SetReadDeadline(time.Now().Add(time.Microsecond))
				size, _, err := far.conn.ReadFrom(b)
				if err != nil {
					return
				}
				r, err := rtp.Parse(b[:size])
				if err != nil {
					t.Fatal(err)
				}
				if n == 0 {
					first, began = r, time.Now()
				} else {
					said := time.Duration(r.Timestamp-first.Timestamp) * time.Second / 8000
					if ahead := said - time.Since(began); ahead > 12*time.Millisecond || ahead < -30*time.Millisecond {
						t.Fatalf("packet %d: the timestamp is %v ahead of the clock", n, ahead)
					}
				}
				n++
			}
		}
		bridges := make([]*media.Bridge, 8)
		for i := range bridges {
			bridges[i] = p.NewBridge()
			defer bridges[i].Close()
		}
		for i := range 100 {
			bridge := bridges[i%8]
			if err := bridge.Join(s, false); err != nil {
				t.Fatal(err)
			}
			for range 15 {
				time.Sleep(5 * time.Millisecond)
				check()
			}
			bridge.Leave(s)
			for range 9 {
				time.Sleep(5 * time.Millisecond)
				check()
			}
		}
		if want := int(time.Since(began) / (20 * time.Millisecond)); n < want-2 || n > want+2 {
			t.Errorf("%d packets in %v, want %d", n, time.Since(began), want)
		}
	})
}

// RFC 3551 §4.1: who sends silence too sets the marker on the first packet only,
// and on the first after packets were held back.
func TestMarker_RFC3551_4_1(t *testing.T) {
	bubble(t, media.Config{MediaTimeout: -1}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		far := newPhone(t, network, phoneAddr, netip.AddrPortFrom(switchAddr, 1))
		s := open(t, p, media.SessionConfig{Remote: far.addr(), Signal: phoneAddr})
		start(t, s, far.addr())
		for range 3 { // what is said begins and ends, but packets are sent all the time
			if err := s.Play(t.Context(), audio.NewTone(8000, 440, -20, 50*time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Millisecond)
		}
		set(t, s, media.Params{Remote: far.addr(), Receive: true}) // held
		time.Sleep(200 * time.Millisecond)
		set(t, s, both(far.addr()))
		time.Sleep(200 * time.Millisecond)
		b := make([]byte, 1500)
		var last rtp.Packet
		n, markers := 0, 0
		for {
			far.conn.SetReadDeadline(time.Now().Add(time.Microsecond))
			size, _, err := far.conn.ReadFrom(b)
			if err != nil {
				break
			}
			r, err := rtp.Parse(b[:size])
			if err != nil {
				t.Fatal(err)
			}
			pause := n > 0 && r.Timestamp-last.Timestamp > 160
			if want := n == 0 || pause; r.Marker != want {
				t.Errorf("packet %d: marker %v, want %v (timestamp %d after the one before)", n, r.Marker, want, r.Timestamp-last.Timestamp)
			}
			if n > 0 && r.Sequence != last.Sequence+1 {
				t.Errorf("packet %d: sequence %d after %d", n, r.Sequence, last.Sequence)
			}
			if r.Marker {
				markers++
			}
			last = r
			n++
		}
		if markers != 2 || n < 15 {
			t.Errorf("%d markers in %d packets, want 2", markers, n)
		}
	})
}
