package media_test

import (
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/codec"
	"confab/internal/media"
	"confab/internal/memnet"
	"confab/internal/rtp"
)

// sprayer sends voice, events and reports to every port of a switch.
type sprayer struct {
	*phone
	low, high uint16
}

func (a *sprayer) spray(t *testing.T, ssrc uint32, sequence uint16) {
	t.Helper()
	b := make([]byte, 1500)
	for port := a.low; port <= a.high; port++ {
		to := net.UDPAddrFromAddrPort(netip.AddrPortFrom(switchAddr, port))
		for i := range uint16(4) {
			a.r.SSRC, a.r.Sequence, a.r.PayloadType = ssrc, sequence+i, 0
			a.r.Timestamp += 160
			datagrams := [][]byte{slices.Clone(b[:a.r.Put(b)]), rtcp, {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, {22, 254, 253, 0}}
			event := rtp.Packet{SSRC: ssrc, Sequence: sequence + i, Timestamp: a.r.Timestamp, PayloadType: 101, Marker: true, Payload: []byte{9, 0x8a, 1, 0x40}}
			datagrams = append(datagrams, slices.Clone(b[:event.Put(b)]))
			for _, d := range datagrams {
				if _, err := a.conn.WriteTo(d, to); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// RTP bleed (CVE-2017-14099, CVE-2025-53399): whoever sprays voice over all
// ports, at any time of a call and with its right SSRC and sequence, is neither
// heard nor sent anything, and the call goes on.
func TestBleed(t *testing.T) {
	for name, nat := range map[string]bool{"far end at the address it names": false, "far end behind a NAT": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, media.Config{PortLow: 10000, PortHigh: 10009}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
				attackers := []*sprayer{
					{newPhone(t, network, otherAddr, netip.AddrPortFrom(switchAddr, 1)), 10000, 10009},
					{newPhone(t, network, netip.MustParseAddr("192.0.2.67"), netip.AddrPortFrom(switchAddr, 1)), 10000, 10009},
				}
				shout := make([]int16, 960)
				if _, err := audio.NewTone(8000, 1250, -6, 0).Read(shout); err != nil {
					t.Fatal(err)
				}
				for _, a := range attackers {
					a.r.Payload = make([]byte, 160)
					codec.PCMU.NewEncoder().Encode(a.r.Payload, shout[800:])
				}
				far := newPhone(t, network, phoneAddr, netip.AddrPortFrom(switchAddr, 1))
				attack := func() {
					t.Helper()
					for _, a := range attackers {
						a.spray(t, far.r.SSRC, far.r.Sequence+1)
						a.spray(t, 4711, 1)
					}
				}
				named := far.addr()
				if nat {
					named = netip.MustParseAddrPort("10.0.0.5:4000")
				}
				attack()
				s := open(t, p, media.SessionConfig{Remote: named, Signal: phoneAddr})
				far.to = net.UDPAddrFromAddrPort(s.Local())
				attack()
				set(t, s, both(named))
				attack()
				s.Start()
				s.Confirm()
				attack()
				bridge := p.NewBridge()
				defer bridge.Close()
				if err := bridge.Join(s, false); err != nil {
					t.Fatal(err)
				}
				other := open(t, p, media.SessionConfig{Remote: netip.AddrPortFrom(phoneAddr, 60000), Signal: phoneAddr})
				listener, err := network.Host(phoneAddr).ListenPacket("udp", netip.AddrPortFrom(phoneAddr, 60000).String())
				if err != nil {
					t.Fatal(err)
				}
				defer listener.Close()
				start(t, other, netip.AddrPortFrom(phoneAddr, 60000))
				if err := bridge.Join(other, false); err != nil {
					t.Fatal(err)
				}
				tap, err := s.Tap()
				if err != nil {
					t.Fatal(err)
				}
				defer tap.Close()

				far.r.Payload = slices.Repeat([]byte{0xff}, 160) // says nothing
				sent := 0
				talk := func(d time.Duration) {
					t.Helper()
					for began := time.Now(); time.Since(began) < d; {
						far.speak(5)
						sent += 5
						attack()
					}
				}
				time.Sleep(time.Second) // nothing has come from the far end yet
				attack()
				talk(15 * time.Second)
				for range 3 { // the far end falls silent: the moment of those who go on for it
					time.Sleep(time.Second)
					attack()
				}
				talk(time.Second)
				set(t, s, media.Params{Remote: named, Receive: true})
				attack()
				set(t, s, both(named))
				attack()
				talk(time.Second)
				if nat {
					named = netip.MustParseAddrPort("10.0.0.6:4000")
				}
				moved := newPhone(t, network, phoneAddr, s.Local())
				if !nat {
					named = moved.addr()
				}
				set(t, s, both(named)) // elsewhere
				attack()
				moved.r = far.r
				far = moved
				talk(2 * time.Second)

				if got := s.Stats(); got.Received != uint64(sent) || got.Remote != far.addr() {
					t.Errorf("%d packets were heard of %d that the far end sent; listens to %v, want %v", got.Received, sent, got.Remote, far.addr())
				}
				for i, a := range attackers {
					if n := a.received(); n != 0 {
						t.Errorf("%d packets were sent to attacker %d", n, i)
					}
				}
				if key := digits(t, s); key != "" {
					t.Errorf("digits %q of an attacker", key)
				}
				loudest := -127.0
				buf := make([]int16, 160)
				for {
					listener.SetReadDeadline(time.Now().Add(time.Millisecond))
					b := make([]byte, 1500)
					n, _, err := listener.ReadFrom(b)
					if err != nil {
						break
					}
					if r, err := rtp.Parse(b[:n]); err == nil && r.PayloadType == 0 && len(r.Payload) == 160 {
						codec.PCMU.NewDecoder().Decode(buf, r.Payload)
						loudest = max(loudest, audio.Level(buf))
					}
				}
				if loudest > -60 {
					t.Errorf("something at %.0f dBov is in the mix", loudest)
				}
				s.Close()
				attack()
				for i, a := range attackers {
					if n := a.received(); n != 0 {
						t.Errorf("%d packets were sent to attacker %d after the call", n, i)
					}
				}
			})
		})
	}
}
