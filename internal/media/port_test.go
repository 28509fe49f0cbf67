package media

import (
	"math"
	"net/netip"
	"testing"
)

// A port takes no more sessions than its receive buffer holds packets of, and the
// next ones share another.
func TestPort_takesAsManyAsItsBufferHolds(t *testing.T) {
	p, err := New(Config{PortLow: 26000, PortHigh: 26999, Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	open := func(n byte) *Session {
		host := netip.AddrFrom4([4]byte{127, 0, 0, n})
		s, err := p.Open(SessionConfig{Remote: netip.AddrPortFrom(host, 4000), Signal: host})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := open(2)
	p.mu.Lock()
	first.port.most = 2
	p.mu.Unlock()
	second, third, fourth := open(3), open(4), open(5)
	if second.port != first.port || third.port == first.port || fourth.port != third.port {
		t.Errorf("ports %v, %v, %v, %v: want two of the first, and two of another", first.Local(), second.Local(), third.Local(), fourth.Local())
	}
	second.Close()
	if fifth := open(6); fifth.port != first.port {
		t.Errorf("port %v has room again, and %v was taken", first.Local(), fifth.Local())
	}
}

type granted struct {
	Socket
	bytes int
}

func (g granted) ReceiveBuffer() int { return g.bytes }

func TestPort_roomFor(t *testing.T) {
	// As much as Linux grants to anybody: packets of a hundred callers for 100 ms.
	if n := roomFor(granted{bytes: 212_992}); n < 90 || n > 110 {
		t.Errorf("room for %d in the default buffer, want about 100", n)
	}
	if n := roomFor(granted{bytes: 8 << 20}); n < 3500 {
		t.Errorf("room for %d in the buffer that is asked for, want some thousand", n)
	}
	if n := roomFor(granted{}); n != 1 {
		t.Errorf("room for %d where nothing is granted, want one", n)
	}
	if n := roomFor(struct{ Socket }{}); n != math.MaxInt {
		t.Errorf("room for %d where no bound is known", n)
	}
}
