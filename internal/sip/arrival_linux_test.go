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
	const lain = 30 * time.Millisecond
	// lie lets two datagrams lie in the socket, and returns how long after they were
	// sent they are said to have come, at the earliest and at the latest.
	lie := func() (earliest, latest time.Duration) {
		before := time.Now()
		for range 2 {
			if _, err := pc.WriteTo([]byte("INVITE"), pc.LocalAddr()); err != nil {
				t.Fatal(err)
			}
		}
		after := time.Now()
		time.Sleep(lain)
		earliest, latest = time.Hour, -time.Hour
		for range 2 {
			n, from, came, err := u.read(make([]byte, 100))
			if err != nil || n != 6 || from != addrPort(pc.LocalAddr()) {
				t.Fatalf("read %d bytes from %v: %v", n, from, err)
			}
			earliest, latest = min(earliest, came.Sub(before)), max(latest, came.Sub(after))
		}
		return earliest, latest
	}
	// The kernel's clock may be a tick behind.
	const tick = 10 * time.Millisecond
	// Linux begins to stamp some time after the first socket of a machine asks for it
	// (net_enable_timestamp puts it off), and until then stamps what is read.
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if _, latest := lie(); latest <= tick {
			break
		}
	}
	if earliest, latest := lie(); earliest < -tick || latest > tick {
		t.Fatalf("came %v to %v after it was sent, want at once", earliest, latest)
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
