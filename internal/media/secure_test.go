package media_test

import (
	"bytes"
	"net"
	"net/netip"
	"testing"
	"time"

	"confab/internal/codec"
	"confab/internal/media"
	"confab/internal/rtp"
)

func secret(b byte) rtp.Keys {
	return rtp.Keys{Profile: rtp.AES128GCM, Key: bytes.Repeat([]byte{b}, 16), Salt: bytes.Repeat([]byte{b}, 12)}
}

// at is where a secure session is reached on this machine.
func at(s *media.Session) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), s.Local().Port())
}

// secureCall joins two secure sessions, as ICE and DTLS would.
func secureCall(t *testing.T, near, far *media.Plane) (n, f *media.Session) {
	t.Helper()
	open := func(p *media.Plane) *media.Session {
		s, err := p.Open(media.SessionConfig{Secure: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		start(t, s, netip.AddrPort{})
		return s
	}
	n, f = open(near), open(far)
	for _, err := range []error{
		n.SetKeys(media.Keys{Send: secret(1), Receive: secret(2)}), f.SetKeys(media.Keys{Send: secret(2), Receive: secret(1)}),
		n.SetPath(at(f)), f.SetPath(at(n)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return n, f
}

func TestSecure_aVoiceIsHeardBothWays(t *testing.T) {
	near, far := newPlane(t, media.Config{PortLow: 21000, PortHigh: 21099}), newPlane(t, media.Config{PortLow: 21100, PortHigh: 21199})
	n, f := secureCall(t, near, far)
	say(t, n, 450)
	say(t, f, 1000)
	for s, want := range map[*media.Session]float64{f: 450, n: 1000} {
		got := whoIsHeard(hear(t, s, 600*time.Millisecond)[1600:], 450, 1000)
		if len(got) != 1 || got[0] != want {
			t.Errorf("hears %v, want %v", got, want)
		}
	}
}

// Whoever knows the port and even the address of a far end is not heard without its key.
func TestSecure_nobodyElseIsHeard(t *testing.T) {
	p := newPlane(t, media.Config{Loops: 1, PortLow: 21200, PortHigh: 21299})
	s, err := p.Open(media.SessionConfig{Secure: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	start(t, s, netip.AddrPort{})
	friend, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer friend.Close()
	stranger, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	if err := s.SetKeys(media.Keys{Send: secret(1), Receive: secret(2)}); err != nil {
		t.Fatal(err)
	}
	protector, _ := rtp.NewProtector(secret(2))
	sequence := uint16(0)
	packet := func() []byte {
		sequence++
		b := make([]byte, rtp.HeaderSize+160, 300)
		rtp.Packet{Sequence: sequence, SSRC: 5, Payload: make([]byte, 160)}.Put(b)
		return b
	}
	send := func(from *net.UDPConn, b []byte) {
		t.Helper()
		if _, err := from.WriteToUDPAddrPort(b, at(s)); err != nil {
			t.Fatal(err)
		}
	}
	setPath := func(to *net.UDPConn) {
		t.Helper()
		if err := s.SetPath(to.LocalAddr().(*net.UDPAddr).AddrPort()); err != nil {
			t.Fatal(err)
		}
		p.Loops() // answers when the loop knows of it
	}
	counted := func(what string, is func(media.LoopStats) bool) {
		t.Helper()
		for deadline := time.Now().Add(5 * time.Second); !is(p.Loops()[0]); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: %+v", what, p.Loops()[0])
			}
		}
	}
	setPath(friend)
	send(friend, packet()) // in clear
	counted("in clear", func(l media.LoopStats) bool { return l.Unverified == 1 })
	good, _ := protector.Protect(packet())
	send(stranger, good) // of a source that nobody has validated
	counted("from elsewhere", func(l media.LoopStats) bool { return l.Dropped == 1 })
	if got := s.Stats().Received; got != 0 {
		t.Fatalf("%d packets heard", got)
	}
	send(friend, good)
	counted("heard", func(media.LoopStats) bool { return s.Stats().Received == 1 })
	send(friend, good) // again
	counted("again", func(l media.LoopStats) bool { return l.Unverified == 2 })

	// The far end moves: its old address is a stranger's now.
	setPath(stranger)
	next, _ := protector.Protect(packet())
	send(friend, next)
	counted("from where it was", func(l media.LoopStats) bool { return l.Dropped == 2 })
	next, _ = protector.Protect(packet())
	send(stranger, next)
	counted("from where it is", func(media.LoopStats) bool { return s.Stats().Received == 2 })
}

// STUN and DTLS of a secure port come out of its door, and go out by it.
func TestSecure_theDoorIsReadBeforeTheCallIsAnswered(t *testing.T) {
	p := newPlane(t, media.Config{PortLow: 21300, PortHigh: 21399})
	s, err := p.Open(media.SessionConfig{Secure: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	far, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	door := s.Door()
	if err := door.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	read := make(chan []byte, 1)
	go func() {
		b := make([]byte, 100)
		n, from, err := door.ReadFrom(b)
		if err != nil {
			t.Error(err)
		} else if _, err := door.WriteTo([]byte{20, 1}, from); err != nil {
			t.Error(err)
		}
		read <- b[:n]
	}()
	for got := false; !got; {
		if _, err := far.WriteToUDPAddrPort([]byte{0, 1, 2}, at(s)); err != nil {
			t.Fatal(err)
		}
		select {
		case b := <-read:
			got = bytes.Equal(b, []byte{0, 1, 2})
			if !got {
				t.Fatalf("% x", b)
			}
		case <-time.After(20 * time.Millisecond): // nobody read yet
		}
	}
	far.SetReadDeadline(time.Now().Add(10 * time.Second))
	b := make([]byte, 100)
	if n, _, err := far.ReadFromUDPAddrPort(b); err != nil || !bytes.Equal(b[:n], []byte{20, 1}) {
		t.Errorf("% x, %v", b[:n], err)
	}
}

func TestSecure_misuse(t *testing.T) {
	p := newPlane(t, media.Config{PortLow: 21400, PortHigh: 21499})
	s, err := p.Open(media.SessionConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.SetKeys(media.Keys{}) == nil || s.SetPath(netip.AddrPort{}) == nil {
		t.Error("a session that is not secure takes keys or a path")
	}
	x, err := p.Open(media.SessionConfig{Secure: true})
	if err != nil {
		t.Fatal(err)
	}
	if x.SetKeys(media.Keys{}) == nil {
		t.Error("no keys are taken for keys")
	}
	if err := x.Set(media.Params{Codec: codec.PCMU, Send: true, Receive: true}); err != nil {
		t.Error(err)
	}
	x.Close()
	if x.SetKeys(media.Keys{Send: secret(1), Receive: secret(2)}); x.SetPath(at(x)) != nil {
		t.Log("closed")
	}
}

// connection carries what is sent to the session at its other end.
type connection struct{ to *media.Session }

func (c connection) Send(data []byte) bool { return c.to.Deliver(data) }

// Far ends that have a connection: the voice comes beside the ports.
func TestSecure_aVoiceIsHeardByConnections(t *testing.T) {
	near, far := newPlane(t, media.Config{PortLow: 21600, PortHigh: 21699}), newPlane(t, media.Config{PortLow: 21700, PortHigh: 21799})
	n, f := secureCall(t, near, far)
	for _, err := range []error{n.SetConnection(connection{f}, at(f)), f.SetConnection(connection{n}, at(n))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	say(t, n, 450)
	say(t, f, 1000)
	for s, want := range map[*media.Session]float64{f: 450, n: 1000} {
		got := whoIsHeard(hear(t, s, 600*time.Millisecond)[1600:], 450, 1000)
		if len(got) != 1 || got[0] != want {
			t.Errorf("hears %v, want %v", got, want)
		}
	}
}
