package media_test

import (
	"context"
	"errors"
	"math"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/codec"
	"confab/internal/media"
	"confab/internal/memnet"
	"confab/internal/rtp"
)

var (
	switchAddr = netip.MustParseAddr("192.0.2.1")
	phoneAddr  = netip.MustParseAddr("192.0.2.20")
	otherAddr  = netip.MustParseAddr("192.0.2.66")
)

// bubble runs f with a switch's plane on an in-memory network under a fake clock.
func bubble(t *testing.T, c media.Config, f func(t *testing.T, network *memnet.Net, p *media.Plane)) {
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New()
		c.Bind, c.ListenPacket, c.Loops = switchAddr, network.Host(switchAddr).ListenPacket, max(1, c.Loops)
		f(t, network, newPlane(t, c))
	})
}

// planes is bubble with a plane of phones too.
func planes(t *testing.T, c media.Config, f func(t *testing.T, near, far *media.Plane)) {
	bubble(t, c, func(t *testing.T, network *memnet.Net, near *media.Plane) {
		f(t, near, newPlane(t, media.Config{Bind: phoneAddr, ListenPacket: network.Host(phoneAddr).ListenPacket, Loops: 1}))
	})
}

// phone is a far end made by hand: it sends what it is told to.
type phone struct {
	t    *testing.T
	conn net.PacketConn
	to   net.Addr
	r    rtp.Packet
}

func newPhone(t *testing.T, network *memnet.Net, host netip.Addr, to netip.AddrPort) *phone {
	t.Helper()
	conn, err := network.Host(host).ListenPacket("udp", netip.AddrPortFrom(host, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &phone{t: t, conn: conn, to: net.UDPAddrFromAddrPort(to),
		r: rtp.Packet{SSRC: 77, Payload: slices.Repeat([]byte{0x20}, 160)}}
}

func (p *phone) addr() netip.AddrPort { return p.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// speak sends n packets of loud noise, one per 20 ms.
func (p *phone) speak(n int) {
	for range n {
		p.send()
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond) // until the last one has been read
}

// send sends the next packet.
func (p *phone) send() {
	p.r.Sequence++
	p.r.Timestamp += 160
	b := make([]byte, 200)
	if _, err := p.conn.WriteTo(b[:p.r.Put(b)], p.to); err != nil {
		p.t.Error(err)
	}
}

// received empties what has come and returns how many packets of RTP.
func (p *phone) received() (n int) {
	p.conn.SetReadDeadline(time.Now().Add(time.Millisecond))
	b := make([]byte, 1500)
	for {
		_, _, err := p.conn.ReadFrom(b)
		if err != nil {
			return n
		}
		if b[1] < 192 { // RTCP goes to the port above, which may be this one
			n++
		}
	}
}

func open(t *testing.T, p *media.Plane, c media.SessionConfig) *media.Session {
	t.Helper()
	s, err := p.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestLatch_behindNAT(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		private := netip.MustParseAddrPort("10.0.0.5:4000") // what the SDP says
		s := open(t, p, media.SessionConfig{Remote: private, Signal: phoneAddr})
		start(t, s, private)
		stranger := newPhone(t, network, otherAddr, s.Local())
		far := newPhone(t, network, phoneAddr, s.Local())
		stranger.speak(10)
		if got := s.Stats(); got.Received != 0 || got.Remote.IsValid() {
			t.Errorf("a stranger before the far end: received %d, latched onto %v", got.Received, got.Remote)
		}
		far.speak(10)
		if got := s.Stats(); got.Remote != far.addr() || got.Received != 10 {
			t.Errorf("latched onto %v, received %d, want %v and 10", got.Remote, got.Received, far.addr())
		}
		if far.received() < 5 {
			t.Error("nothing is sent to where the far end was heard")
		}
		far2 := newPhone(t, network, phoneAddr, s.Local())
		far2.r.SSRC = 99
		far2.speak(100) // another stream from the same host
		stranger.r = far.r
		stranger.speak(150) // the right SSRC and sequence from another host, after 2 s of silence
		if got := s.Stats(); got.Received != 10 || got.Remote != far.addr() {
			t.Errorf("strangers while latched: received %d, latched onto %v", got.Received, got.Remote)
		}
		if n := stranger.received() + far2.received(); n != 0 {
			t.Errorf("%d packets were sent to strangers", n)
		}
		// The NAT binding is renewed: the same stream from another port of the host.
		far2.r = far.r
		far2.speak(5)
		if got := s.Stats(); got.Remote != far2.addr() || got.Received != 15 {
			t.Errorf("after a new binding: latched onto %v, received %d, want %v and 15", got.Remote, got.Received, far2.addr())
		}
	})
}

func TestLatch_theSDPAddressWins(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		probe := newPhone(t, network, phoneAddr, netip.AddrPortFrom(switchAddr, 1))
		s := open(t, p, media.SessionConfig{Remote: probe.addr(), Signal: phoneAddr})
		start(t, s, probe.addr())
		probe.to = net.UDPAddrFromAddrPort(s.Local())
		neighbour := newPhone(t, network, phoneAddr, s.Local()) // same host, sooner
		neighbour.speak(5)
		probe.speak(5)
		neighbour.speak(5)
		if got := s.Stats(); got.Remote != probe.addr() || got.Received != 10 {
			t.Errorf("latched onto %v, received %d, want %v and 10", got.Remote, got.Received, probe.addr())
		}
	})
}

func TestLatch_learningEnds(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		far := newPhone(t, network, phoneAddr, netip.AddrPortFrom(switchAddr, 1))
		sdp := far.addr()
		s := open(t, p, media.SessionConfig{Remote: sdp, Signal: phoneAddr})
		start(t, s, sdp)
		far.to = net.UDPAddrFromAddrPort(s.Local())
		time.Sleep(11 * time.Second)
		late := newPhone(t, network, phoneAddr, s.Local())
		late.speak(5)
		if got := s.Stats(); got.Received != 0 {
			t.Errorf("%d packets of an unknown port were heard after learning had ended", got.Received)
		}
		far.speak(5)
		if got := s.Stats(); got.Received != 5 {
			t.Errorf("%d of 5 packets of the SDP's address were heard after learning had ended", got.Received)
		}
	})
}

func TestPorts_areSharedUnlessAddressesClash(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		settled := func(remote netip.AddrPort) *media.Session {
			s := open(t, p, media.SessionConfig{Remote: remote, Signal: remote.Addr()})
			start(t, s, remote)
			return s
		}
		a := netip.AddrPortFrom(phoneAddr, 4000)
		s1 := settled(a)
		s2 := settled(netip.AddrPortFrom(phoneAddr, 4002))
		if s1.Local() == s2.Local() {
			t.Error("two sessions of one host that both wait to learn their address share a port")
		}
		other := settled(netip.AddrPortFrom(otherAddr, 4000))
		if other.Local() != s1.Local() {
			t.Errorf("the port %v is not shared with a session of another host, which waits as well: got %v", s1.Local(), other.Local())
		}
		time.Sleep(11 * time.Second) // none waits any more
		s3 := settled(netip.AddrPortFrom(phoneAddr, 4004))
		if s3.Local() != s1.Local() {
			t.Errorf("the port %v is not shared: got %v", s1.Local(), s3.Local())
		}
		time.Sleep(11 * time.Second)
		if s4 := settled(a); s4.Local() == s1.Local() {
			t.Error("two sessions whose far ends name the same address share a port")
		}
		alone := open(t, p, media.SessionConfig{Alone: true})
		for _, s := range []*media.Session{s1, s2, s3} {
			if s.Local() == alone.Local() {
				t.Error("a session that wants a port alone shares one")
			}
		}
		if port := s1.Local().Port(); port%2 != 0 {
			t.Errorf("RTP port %d is odd", port)
		}
	})
}

func TestSession_sendsOnePacketPerTickFromAnswerToClose(t *testing.T) {
	bubble(t, media.Config{MediaTimeout: -1}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		far := newPhone(t, network, phoneAddr, netip.AddrPortFrom(switchAddr, 1))
		s := open(t, p, media.SessionConfig{Remote: far.addr(), Signal: phoneAddr})
		start(t, s, far.addr())
		time.Sleep(time.Second)
		s.Play(t.Context(), audio.NewTone(8000, 440, -20, time.Second))
		time.Sleep(time.Second)
		s.Close()
		var last rtp.Packet
		b := make([]byte, 1500)
		n := 0
		for ; ; n++ {
			far.conn.SetReadDeadline(time.Now().Add(time.Millisecond))
			size, _, err := far.conn.ReadFrom(b)
			if err != nil {
				break
			}
			r, err := rtp.Parse(b[:size])
			if err != nil {
				t.Fatal(err)
			}
			if n > 0 && (r.Sequence != last.Sequence+1 || r.Timestamp != last.Timestamp+160 || r.SSRC != last.SSRC) {
				t.Fatalf("packet %d: %v after %v", n, r, last)
			}
			last = r
		}
		if n < 149 || n > 154 {
			t.Errorf("%d packets in 3 s, want 150", n)
		}
	})
}

func TestPlay_waitsForConfirmAndReturnsAfterTheLastSample(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		far := newPhone(t, network, phoneAddr, netip.AddrPortFrom(switchAddr, 1))
		s := open(t, p, media.SessionConfig{Remote: far.addr(), Signal: phoneAddr})
		if err := s.Set(media.Params{Codec: codec.PCMU, Remote: far.addr(), Send: true, Receive: true}); err != nil {
			t.Fatal(err)
		}
		s.Start()
		began := time.Now()
		time.AfterFunc(time.Second, s.Confirm)
		if err := s.Play(t.Context(), audio.NewTone(8000, 440, -20, 500*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 1500*time.Millisecond || took > 1560*time.Millisecond {
			t.Errorf("a prompt of 0.5 s, confirmed after 1 s, took %v", took)
		}

		ctx, cancel := context.WithCancelCause(t.Context())
		bargedIn := errors.New("barged in")
		time.AfterFunc(100*time.Millisecond, func() { cancel(bargedIn) })
		began = time.Now()
		if err := s.Play(ctx, audio.NewTone(8000, 440, -20, 0)); err != bargedIn {
			t.Errorf("a prompt cut short returns %v, want the context's cause", err)
		}
		if took := time.Since(began); took > 110*time.Millisecond {
			t.Errorf("it took %v to cut it short after 100ms", took)
		}
	})
}

func TestLost_onMediaTimeout(t *testing.T) {
	bubble(t, media.Config{MediaTimeout: 30 * time.Second}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		far := newPhone(t, network, phoneAddr, netip.AddrPortFrom(switchAddr, 1))
		s := open(t, p, media.SessionConfig{Remote: far.addr(), Signal: phoneAddr})
		far.to = net.UDPAddrFromAddrPort(s.Local())
		start(t, s, far.addr())
		far.speak(500) // 10 s
		began := time.Now()
		// Held, nothing needs to come.
		if err := s.Set(media.Params{Codec: codec.PCMU, Remote: far.addr()}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-s.Lost():
			t.Errorf("lost after %v on hold", time.Since(began))
		case <-time.After(time.Minute):
		}
		if err := s.Set(media.Params{Codec: codec.PCMU, Remote: far.addr(), Send: true, Receive: true}); err != nil {
			t.Fatal(err)
		}
		far.speak(50)
		began = time.Now()
		<-s.Lost()
		if took := time.Since(began); took < 29*time.Second || took > 31*time.Second {
			t.Errorf("lost after %v of silence, want 30s", took)
		}
	})
}

func TestDigits_eachPressOnce(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, near *media.Plane) {
		far := newPlane(t, media.Config{Bind: phoneAddr, ListenPacket: network.Host(phoneAddr).ListenPacket, Loops: 1})
		// Packets are lost, doubled and overtake each other on the way.
		network.Shape(phoneAddr, switchAddr, memnet.Shape{Loss: 0.2, Duplicate: 0.1, Delay: 10 * time.Millisecond, Jitter: 15 * time.Millisecond, Reorder: 0.1})
		f := open(t, far, media.SessionConfig{Alone: true, Signal: switchAddr})
		n := open(t, near, media.SessionConfig{Remote: f.Local(), Signal: phoneAddr})
		start(t, n, f.Local())
		start(t, f, n.Local())
		const dialled = "112233#*0AD#99"
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := f.SendDigits(t.Context(), dialled); err != nil {
				t.Error(err)
			}
			n.PressINFO('5') // the far end sends INFO beside its events: it counts no more
		})
		wg.Wait()
		time.Sleep(200 * time.Millisecond)
		var got []byte
		for {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			key, err := n.Digit(ctx)
			cancel()
			if err != nil {
				break
			}
			got = append(got, key)
		}
		if string(got) != dialled {
			t.Errorf("heard %q, dialled %q", got, dialled)
		}
	})
}

func TestDigits_inBandWhereNoEventsAreAgreed(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, near *media.Plane) {
		far := newPlane(t, media.Config{Bind: phoneAddr, ListenPacket: network.Host(phoneAddr).ListenPacket, Loops: 1})
		f := open(t, far, media.SessionConfig{Alone: true, Signal: switchAddr})
		n := open(t, near, media.SessionConfig{Remote: f.Local(), Signal: phoneAddr})
		for s, remote := range map[*media.Session]netip.AddrPort{n: f.Local(), f: n.Local()} {
			if err := s.Set(media.Params{Codec: codec.PCMA, PayloadType: 8, Remote: remote, Send: true, Receive: true}); err != nil {
				t.Fatal(err)
			}
			s.Start()
			s.Confirm()
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := f.SendDigits(t.Context(), "w1177#"); err != nil {
				t.Error(err)
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		var got []byte
		for len(got) < 5 {
			key, err := n.Digit(ctx)
			if err != nil {
				t.Fatalf("after %q: %v", got, err)
			}
			got = append(got, key)
		}
		wg.Wait()
		if string(got) != "1177#" {
			t.Errorf("heard %q, dialled 1177#", got)
		}
	})
}

func TestConcealment_aLostPacketLeavesNoHole(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, near *media.Plane) {
		far := newPlane(t, media.Config{Bind: phoneAddr, ListenPacket: network.Host(phoneAddr).ListenPacket, Loops: 1})
		f := open(t, far, media.SessionConfig{Alone: true, Signal: switchAddr})
		n := open(t, near, media.SessionConfig{Remote: f.Local(), Signal: phoneAddr})
		start(t, n, f.Local())
		start(t, f, n.Local())
		var wg sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() { f.Play(ctx, audio.NewTone(8000, 400, -20, 0)) }) // 8 whole cycles per frame
		time.Sleep(time.Second)
		network.Shape(phoneAddr, switchAddr, memnet.Shape{Loss: 0.05})
		heard := hear(t, n, 10*time.Second)
		cancel()
		wg.Wait()
		if lost := n.Stats().Lost; lost < 10 {
			t.Fatalf("only %d packets were lost on the way", lost)
		}
		silent := 0
		for at := 0; at+160 <= len(heard); at += 160 {
			if audio.Level(heard[at:at+160]) < -40 {
				silent++
			}
		}
		if silent > 2 { // gaps of more than 60 ms may be left
			t.Errorf("%d of 500 frames are holes", silent)
		}
		if level := audiotest.Hears(heard, 8000, 400); math.Abs(level+20) > 2 {
			t.Errorf("the tone is heard at %.1f dBov, want about -20", level)
		}
	})
}
