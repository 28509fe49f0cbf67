package sip

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
)

func address(i uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], i)
	return netip.AddrFrom4(b)
}

func count(l *limiter, n int, from func(i int) netip.Addr) (allowed int) {
	for i := range n {
		if l.allow(from(i), false) {
			allowed++
		}
	}
	return allowed
}

func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(Limits{SourceRate: 10, SourceBurst: 20, GlobalRate: 100, GlobalBurst: 200})
		one := func(int) netip.Addr { return address(1) }
		if got := count(l, 1000, one); got != 20 {
			t.Errorf("%d of a burst, want 20", got)
		}
		// One source at its bound leaves the others theirs.
		if got := count(l, 10, func(int) netip.Addr { return address(2) }); got != 10 {
			t.Errorf("%d of another's, want 10", got)
		}
		// Who is trusted has a share in the bound of all, and none of its own.
		trusted := 0
		for l.allow(address(3), true) {
			trusted++
		}
		if trusted != 200-30 {
			t.Errorf("%d of somebody trusted, want what is left of 200", trusted)
		}
		time.Sleep(time.Second)
		if got := count(l, 1000, one); got != 10 {
			t.Errorf("%d a second later, want 10", got)
		}
		time.Sleep(time.Hour)
		if got := count(l, 1000, one); got != 20 {
			t.Errorf("%d an hour later, want 20", got)
		}
		// Many sources share one bound.
		time.Sleep(time.Hour)
		if got := count(l, 100000, func(i int) netip.Addr { return address(uint32(i)) }); got != 200 {
			t.Errorf("%d of forged sources, want 200", got)
		}
		time.Sleep(time.Second)
		if got := count(l, 100000, func(i int) netip.Addr { return address(uint32(i) * 77) }); got != 100 {
			t.Errorf("%d of forged sources in a second, want 100", got)
		}
	})
}

func TestLimiterCountsAnIPv6NetworkAsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(Limits{SourceRate: 1, SourceBurst: 5, GlobalRate: 1000, GlobalBurst: 1000})
		got := count(l, 100, func(i int) netip.Addr {
			b := netip.MustParseAddr("2001:db8:1:2::").As16()
			b[15] = byte(i)
			return netip.AddrFrom16(b)
		})
		if got != 5 {
			t.Errorf("%d from one /64, want 5", got)
		}
		if got := count(l, 10, func(int) netip.Addr { return netip.MustParseAddr("::ffff:192.0.2.1") }); got != 5 || l.allow(netip.MustParseAddr("192.0.2.1"), false) {
			t.Error("an IPv4 address in IPv6 clothes is another source")
		}
	})
}

// The limiter's memory is what it is made with, whoever sends.
func TestLimiterMemory(t *testing.T) {
	if size := unsafe.Sizeof(limiter{}); size > 1<<20 {
		t.Errorf("%d bytes", size)
	}
	l := newLimiter(defaultLimits())
	i := uint32(0)
	if n := testing.AllocsPerRun(100000, func() {
		i += 2654435761
		l.allow(address(i), false)
	}); n != 0 {
		t.Errorf("%v allocations for a new source", n)
	}
	message := []byte("INVITE sip:a SIP/2.0\r\nVia: x\r\nFrom: a\r\nCall-ID: 1234@host\r\n\r\n")
	s := &Server{
		limits:  Limits{DialogRate: 1, DialogBurst: 1e6},
		callIDs: map[string]*knownCall{"1234@host": {dialogs: 1, addr: address(9), bucket: bucket{1e6, time.Now()}}},
	}
	if n := testing.AllocsPerRun(1000, func() {
		if !s.known(message, address(9)) || s.known(message, address(8)) {
			t.Error("not known, or known from elsewhere")
		}
	}); n != 0 {
		t.Errorf("%v allocations to know a dialog", n)
	}
}

func TestPeekCallID(t *testing.T) {
	for text, want := range map[string]string{
		"BYE sip:a SIP/2.0\r\nCall-ID: abc@x\r\n\r\n":              "abc@x",
		"BYE sip:a SIP/2.0\r\nVia: v\r\ni:abc\r\n\r\n":             "abc",
		"BYE sip:a SIP/2.0\nCALL-id \t:  abc  \n\n":                "abc",
		"BYE sip:a SIP/2.0\r\nIdentity: x\r\ncall-id: y\r\n\r\n":   "y",
		"BYE sip:a SIP/2.0\r\nVia: v\r\n\r\nCall-ID: in the body":  "",
		"BYE sip:a SIP/2.0\r\nX-Call-ID: abc\r\n\r\n":              "",
		"BYE sip:a SIP/2.0\r\nCall-ID: cut":                        "",
		"Call-ID: in the first line\r\nCall-ID: second\r\n\r\nxxx": "second",
		"": "",
	} {
		if got := string(peekCallID([]byte(text))); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
