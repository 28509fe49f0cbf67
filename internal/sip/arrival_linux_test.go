package sip

import (
	"net"
	"testing"
	"time"
)

// A datagram that lies in the socket has come when it came, and not when it is read.
func TestUDP_toldWhenADatagramCame(t *testing.T) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	u := newUDP(pc)
	before := time.Now()
	for range 2 {
		if _, err := pc.WriteTo([]byte("INVITE"), pc.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	after := time.Now()
	const lain = 30 * time.Millisecond
	time.Sleep(lain)
	for range 2 {
		n, from, came, err := u.read(make([]byte, 100))
		if err != nil || n != 6 || from != addrPort(pc.LocalAddr()) {
			t.Fatalf("read %d bytes from %v: %v", n, from, err)
		}
		// The kernel's clock may be a tick behind.
		if tick := 10 * time.Millisecond; came.Before(before.Add(-tick)) || came.After(after.Add(tick)) {
			t.Errorf("came %v after it was sent, want at once", came.Sub(before))
		}
	}
}

// A clock that was set, and notes that say nothing, are not believed.
func TestArrival_isNoNonsense(t *testing.T) {
	now := time.Now()
	for stamp, want := range map[time.Duration]time.Duration{0: 0, -time.Second: -time.Second, time.Second: 0, -time.Hour: 0} {
		if got := since(now.Add(stamp).Round(0), now).Sub(now); got != want {
			t.Errorf("a stamp of %v: %v, want %v", stamp, got, want)
		}
	}
	for _, notes := range [][]byte{nil, make([]byte, 7), make([]byte, 64)} {
		if got := arrival(notes, now); !got.Equal(now) {
			t.Errorf("%d bytes of nothing: %v", len(notes), got.Sub(now))
		}
	}
}
