package media

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// await reads from s until it has so many datagrams, or for a second.
func await(t *testing.T, s Socket, want int) (got []Packet) {
	t.Helper()
	return awaitFor(t, s, want, time.Second)
}

func awaitFor(t *testing.T, s Socket, want int, patience time.Duration) (got []Packet) {
	t.Helper()
	packets := make([]Packet, 100)
	for i := range packets {
		packets[i].Data = make([]byte, maxDatagram)
	}
	for deadline := time.Now().Add(patience); len(got) < want && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		n, err := s.Read(packets)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range packets[:n] {
			p.Data = slices.Clone(p.Data)
			got = append(got, p)
		}
	}
	return got
}

func listen(t *testing.T, addr string) (net.PacketConn, netip.AddrPort) {
	t.Helper()
	conn, err := net.ListenPacket("udp", addr)
	if err != nil {
		t.Skipf("no socket on %s: %v", addr, err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn, conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// What one socket writes another reads, in order, more than a batch of them; the
// kernel tells when it came.
func TestSocket_carriesManyBatches(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1", "::"} {
		for name, make := range map[string]func(net.PacketConn) Socket{
			"best": NewSocket, "portable": func(c net.PacketConn) Socket { return newPumpSocket(c) },
		} {
			t.Run(host+" "+name, func(t *testing.T) {
				conn, at := listen(t, net.JoinHostPort(host, "0"))
				s := make(conn)
				defer s.Close()
				conn2, from := listen(t, net.JoinHostPort(host, "0"))
				s2 := make(conn2)
				defer s2.Close()
				if at.Addr().IsUnspecified() { // a socket of both families, written to by IPv4
					at, from = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), at.Port()), netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), from.Port())
				}
				var packets []Packet
				for i := range 3*ioBatch + 5 {
					packets = append(packets, Packet{Addr: at, Data: fmt.Appendf(nil, "packet %d", i)})
				}
				before := time.Now()
				if n, err := s2.Write(packets); n != len(packets) || err != nil {
					t.Fatalf("wrote %d of %d: %v", n, len(packets), err)
				}
				got := awaitFor(t, s, len(packets), 10*time.Second)
				if len(got) != len(packets) {
					t.Fatalf("read %d of %d", len(got), len(packets))
				}
				for i, p := range got {
					if string(p.Data) != string(packets[i].Data) || p.Addr != from {
						t.Fatalf("packet %d: %q from %v, want %q from %v", i, p.Data, p.Addr, packets[i].Data, from)
					}
					if came := time.Unix(0, p.At); came.Before(before.Add(-time.Second)) || came.After(time.Now().Add(time.Second)) {
						t.Fatalf("packet %d came at %v, was written at %v", i, came, before)
					}
				}
			})
		}
	}
}

// A packet that cannot be sent is lost, and not those beside it.
func TestSocket_goesOnBehindWhatCannotBeSent(t *testing.T) {
	conn, at := listen(t, "127.0.0.1:0")
	s := NewSocket(conn)
	defer s.Close()
	conn2, _ := listen(t, "127.0.0.1:0")
	s2 := NewSocket(conn2)
	defer s2.Close()
	bad := []netip.AddrPort{
		netip.AddrPortFrom(at.Addr(), 0),
		// A socket of IPv4 must not take an address of IPv6 for 0.0.0.0, which is this machine.
		netip.AddrPortFrom(netip.MustParseAddr("2001:db8::1"), at.Port()),
	}
	var packets []Packet
	for i := range 2 * ioBatch {
		p := Packet{Addr: at, Data: []byte{byte(i)}}
		if i%10 < len(bad) {
			p.Addr = bad[i%10]
		}
		packets = append(packets, p)
	}
	good := len(slices.DeleteFunc(slices.Clone(packets), func(p Packet) bool { return p.Addr != at }))
	if n, err := s2.Write(packets); n != good || err == nil {
		t.Errorf("wrote %d, %v; want %d and an error", n, err, good)
	}
	got := await(t, s, good+1)
	if len(got) != good {
		t.Errorf("read %d, want %d", len(got), good)
	}
	for _, p := range got {
		if i := int(p.Data[0]); packets[i].Addr != at {
			t.Errorf("packet %d to %v came to %v", i, packets[i].Addr, at)
		}
	}
}

// A datagram too long to be voice is not taken for the voice at its beginning.
func TestSocket_dropsWhatIsTooLong(t *testing.T) {
	for name, make := range map[string]func(net.PacketConn) Socket{
		"best": NewSocket, "portable": func(c net.PacketConn) Socket { return newPumpSocket(c) },
	} {
		t.Run(name, func(t *testing.T) {
			conn, at := listen(t, "127.0.0.1:0")
			s := make(conn)
			defer s.Close()
			conn2, _ := listen(t, "127.0.0.1:0")
			for _, size := range []int{maxDatagram + 1, maxDatagram, 9000, 10} {
				if _, err := conn2.WriteTo(slices.Repeat([]byte{1}, size), net.UDPAddrFromAddrPort(at)); err != nil {
					t.Fatal(err)
				}
			}
			got := await(t, s, 3)
			if len(got) != 2 || len(got[0].Data) != maxDatagram || len(got[1].Data) != 10 {
				t.Errorf("%d datagrams came", len(got))
			}
		})
	}
}

// flaky is a connection that fails before each packet.
type flaky struct {
	net.PacketConn
	reads chan error
}

func (f *flaky) ReadFrom(b []byte) (int, net.Addr, error) {
	err, ok := <-f.reads
	if !ok {
		return 0, nil, net.ErrClosed
	}
	if err != nil {
		return 0, nil, err
	}
	return copy(b, "voice"), &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 4000}, nil
}

func (f *flaky) Close() error { close(f.reads); return nil }

// One failed read does not make a port deaf.
func TestPumpSocket_goesOnAfterAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &flaky{reads: make(chan error, 10)}
		s := newPumpSocket(f)
		defer s.Close()
		packets := []Packet{{Data: make([]byte, 100)}}
		for range 3 {
			f.reads <- os.ErrPermission
			time.Sleep(time.Second)
			if n, err := s.Read(packets); n != 0 || !errors.Is(err, os.ErrPermission) {
				t.Errorf("read %d, %v; want the error", n, err)
			}
			f.reads <- nil
			time.Sleep(time.Second)
			if n, err := s.Read(packets); n != 1 || err != nil || string(packets[0].Data) != "voice" {
				t.Errorf("read %d, %v after the error; want the packet", n, err)
			}
		}
	})
}

// endless is a socket on which there is always more.
type endless struct{ nowhere }

func (e *endless) Read(packets []Packet) (int, error) {
	for i := range packets {
		packets[i].Addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 66}), 4000)
		packets[i].Data = packets[i].Data[:12]
		clear(packets[i].Data)
		packets[i].Data[0] = 0x80
	}
	return len(packets), nil
}

// A room of thousands on one port is read whole, though the loop turns but once
// in a tick.
func TestDrain_readsAllThatCallersSend(t *testing.T) {
	p := bridgeByHand(t, 3000, 3000)
	for range 10 {
		p.turnByHand()
	}
	for i, m := range p.members {
		if got := m.session.in.receiver.Stats(); got.Received != 10 {
			t.Fatalf("member %d: %d packets of 10 were read", i, got.Received)
		}
	}
}

// A flood of one port, or of many, holds up neither the tick nor what comes to
// the other ports.
func TestDrain_endsInAFlood(t *testing.T) {
	p := bridgeByHand(t, 4, 4)
	l := p.loop
	good := l.ports[0].rtp.(*nowhere)
	for range 20 {
		l.ports = append(l.ports, &port{loop: l, rtp: &endless{}, rtcp: &nowhere{}, door: newSideDoor(nil, nil)})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 50 {
			for _, t := range l.ports[:2] {
				t.rtp.(*nowhere).tick()
			}
			for range slotsPerTick {
				l.plane.epoch = l.plane.epoch.Add(-slotDuration)
				l.turn(l.slot + 1)
			}
		}
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("the loop reads for ever")
	}
	if good.sent != 4*50 {
		t.Errorf("%d packets sent, want %d", good.sent, 4*50)
	}
	if got := p.members[0].session.in.receiver.Stats(); got.Received < 45 {
		t.Errorf("%d packets of 50 were heard of a caller", got.Received)
	}
}
