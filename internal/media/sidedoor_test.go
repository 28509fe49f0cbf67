package media

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestIsVoice_RFC7983_7(t *testing.T) {
	for first, want := range map[byte]bool{0: false, 3: false, 16: false, 20: false, 63: false, 64: false, 127: false, 128: true, 191: true, 192: false, 255: false} {
		if got := isVoice(first); got != want {
			t.Errorf("first byte %d: voice %v, want %v", first, got, want)
		}
	}
}

func TestSideDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newSideDoor(nil, nil)
		from := netip.MustParseAddrPort("192.0.2.9:4000")
		stun := []byte{0, 1, 2, 3}
		time.AfterFunc(time.Second, func() { d.put(Packet{Addr: from, Data: stun}) })
		b := make([]byte, 100)
		n, addr, err := d.ReadFrom(b)
		if err != nil || string(b[:n]) != string(stun) || addr.String() != from.String() {
			t.Errorf("read %v from %v, %v; want %v from %v", b[:n], addr, err, stun, from)
		}

		d.SetReadDeadline(time.Now().Add(time.Second))
		if _, _, err := d.ReadFrom(b); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("after the deadline: %v", err)
		}
		d.SetReadDeadline(time.Time{})

		kept := 0
		for range 2 * sideDoorBacklog {
			if d.put(Packet{Addr: from, Data: stun}) {
				kept++
			}
		}
		if kept != sideDoorBacklog {
			t.Errorf("%d datagrams wait, want the bound of %d", kept, sideDoorBacklog)
		}
		for range kept {
			d.ReadFrom(b)
		}
		time.AfterFunc(time.Second, func() { d.Close() })
		if _, _, err := d.ReadFrom(b); !errors.Is(err, net.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}

// What is no voice does not reach the sessions, and comes out of the side door.
func TestReceive_sendsSTUNToTheSideDoor(t *testing.T) {
	p := &Plane{cfg: Config{}.withDefaults(), epoch: time.Now()}
	l := newLoop(p, 0)
	port := &port{loop: l, door: newSideDoor(nil, nil)}
	l.receive(port, &Packet{Data: []byte{0, 1, 0, 0}}, nil)
	if len(port.door.queue) != 0 {
		t.Error("what nobody reads is kept")
	}
	port.door.wanted = true
	source := netip.MustParseAddrPort("192.0.2.9:4000")
	l.receive(port, &Packet{Addr: source, Data: []byte{0, 1, 0, 0}}, nil)
	l.receive(port, &Packet{Addr: source, Data: []byte{22, 254, 253}}, nil) // DTLS
	l.receive(port, &Packet{Addr: source, Data: []byte{128, 0}}, nil)       // RTP, too short
	if got := len(port.door.queue); got != 2 {
		t.Errorf("%d datagrams behind the side door, want 2", got)
	}
	if l.count.Malformed != 1 {
		t.Errorf("%d malformed, want 1", l.count.Malformed)
	}
}

// What goes out of the side door comes from the port's own socket, until that has closed.
func TestSideDoor_sendsFromThePort(t *testing.T) {
	far, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	local := conn.LocalAddr()
	s := newSocket(conn, newScratch())
	d := newSideDoor(s, local)
	if n, err := d.WriteTo([]byte{0, 1, 2, 3}, far.LocalAddr()); n != 4 || err != nil {
		t.Fatalf("sent %d bytes, %v; want 4", n, err)
	}
	b := make([]byte, 100)
	far.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, from, err := far.ReadFrom(b)
	if err != nil || n != 4 || from.String() != local.String() || d.LocalAddr().String() != local.String() {
		t.Errorf("%d bytes came from %v, %v; want 4 from %v", n, from, err, local)
	}
	s.Close()
	if _, err := d.WriteTo([]byte{0}, far.LocalAddr()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the socket has closed: %v, want net.ErrClosed", err)
	}
}
