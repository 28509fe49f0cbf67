package media_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"confab/internal/codec"
	"confab/internal/media"
	"confab/internal/memnet"
)

// set adopts a new SDP of the far end.
func set(t *testing.T, s *media.Session, p media.Params) {
	t.Helper()
	p.Codec, p.DTMF = codec.PCMU, 101
	if err := s.Set(p); err != nil {
		t.Fatal(err)
	}
}

func both(remote netip.AddrPort) media.Params {
	return media.Params{Remote: remote, Send: true, Receive: true}
}

// Holding and resuming is no reason to learn an address, so others may still
// come to the port.
func TestSet_holdAndResumeLeaveThePortShared(t *testing.T) {
	holds := map[string]media.Params{
		"by direction":                {Remote: netip.AddrPortFrom(phoneAddr, 4000), Receive: true},
		"by 0.0.0.0, RFC 3264 §8.4":   {Remote: netip.MustParseAddrPort("0.0.0.0:4000"), RTCP: netip.MustParseAddrPort("0.0.0.0:4001"), Send: true, Receive: true},
		"by direction and by address": {Remote: netip.MustParseAddrPort("0.0.0.0:4000")},
	}
	for name, hold := range holds {
		t.Run(name, func(t *testing.T) {
			bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
				named := netip.AddrPortFrom(phoneAddr, 4000)
				s := open(t, p, media.SessionConfig{Remote: named, Signal: phoneAddr})
				start(t, s, named)
				far := newPhone(t, network, phoneAddr, s.Local()) // behind a NAT: not from where it says
				far.speak(5)
				for range 3 {
					set(t, s, hold)
					far.received()
					far.speak(5)
					if n := far.received(); n != 0 {
						t.Errorf("%d packets were sent while held", n)
					}
					set(t, s, both(named))
					time.Sleep(100 * time.Millisecond)
					if n := far.received(); n < 4 {
						t.Errorf("%d packets in 100 ms after resuming: nothing is sent to where the far end was heard", n)
					}
				}
				next := open(t, p, media.SessionConfig{Remote: netip.AddrPortFrom(otherAddr, 4000), Signal: otherAddr})
				if next.Local() != s.Local() {
					t.Errorf("after hold and resume the port is not shared: %v and %v", s.Local(), next.Local())
				}
				far.speak(5)
				if got := s.Stats(); got.Received != 25 {
					t.Errorf("heard %d packets of 25", got.Received)
				}
			})
		})
	}
}

// A far end behind a NAT moves to another address while somebody else at the
// port has not been heard yet.
func TestSet_movesWhileAnotherWaits(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		private := netip.MustParseAddrPort("10.0.0.5:4000")
		s := open(t, p, media.SessionConfig{Remote: private, Signal: phoneAddr})
		start(t, s, private)
		newPhone(t, network, phoneAddr, s.Local()).speak(5)

		silent := netip.MustParseAddrPort("10.0.0.6:4000")
		waiting := open(t, p, media.SessionConfig{Remote: silent, Signal: otherAddr})
		start(t, waiting, silent)
		if waiting.Local() != s.Local() {
			t.Fatal("the port is not shared")
		}
		set(t, s, both(netip.MustParseAddrPort("10.0.0.7:4000")))
		moved := newPhone(t, network, phoneAddr, s.Local())
		moved.speak(5)
		if got := s.Stats(); got.Received != 10 || got.Remote != moved.addr() {
			t.Errorf("heard %d packets of 10, listens to %v, want %v", got.Received, got.Remote, moved.addr())
		}
		if got := waiting.Stats(); got.Received != 0 {
			t.Errorf("the other heard %d packets of a stranger", got.Received)
		}
		late := newPhone(t, network, otherAddr, s.Local())
		late.r.SSRC = 78
		late.speak(5)
		if got := waiting.Stats(); got.Received != 5 {
			t.Errorf("the one who waited hears %d packets of 5", got.Received)
		}
	})
}

// Two callers from one host share a port one after the other; the one who has
// hung up talks on for a moment.
func TestLatch_notOntoACallThatHasEnded(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		first := open(t, p, media.SessionConfig{Signal: phoneAddr})
		start(t, first, netip.MustParseAddrPort("10.0.0.5:4000"))
		gone := newPhone(t, network, phoneAddr, first.Local())
		gone.speak(5)
		first.Close()
		next := open(t, p, media.SessionConfig{Signal: phoneAddr})
		start(t, next, netip.MustParseAddrPort("10.0.0.6:4000"))
		if next.Local() != first.Local() {
			t.Fatal("the port is not shared")
		}
		gone.received()
		gone.speak(5)
		if got := next.Stats(); got.Received != 0 || got.Remote.IsValid() {
			t.Errorf("%d packets of the call before are heard, listens to %v", got.Received, got.Remote)
		}
		if n := gone.received(); n != 0 {
			t.Errorf("%d packets were sent to the caller before", n)
		}
		// The same phone calls again, with another stream from the same address.
		gone.r.SSRC = 79
		gone.speak(5)
		if got := next.Stats(); got.Received != 5 {
			t.Errorf("heard %d packets of 5", got.Received)
		}
	})
}

// While an address is learnt, a stream that another caller goes on with from a
// new port of the same host stays that caller's.
func TestLatch_aMovedStreamIsNotLearnt(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		s := open(t, p, media.SessionConfig{Signal: phoneAddr})
		start(t, s, netip.MustParseAddrPort("10.0.0.5:4000"))
		far := newPhone(t, network, phoneAddr, s.Local())
		far.speak(5)
		time.Sleep(3 * time.Second) // silent; its NAT forgets it
		waiting := open(t, p, media.SessionConfig{Signal: phoneAddr})
		start(t, waiting, netip.MustParseAddrPort("10.0.0.6:4000"))
		if waiting.Local() != s.Local() {
			t.Fatal("the port is not shared")
		}
		moved := newPhone(t, network, phoneAddr, s.Local())
		moved.r = far.r
		moved.speak(5)
		if a, b := s.Stats().Received, waiting.Stats().Received; a != 10 || b != 0 {
			t.Errorf("the caller who moved is heard with %d packets of 10, by the other with %d", a, b)
		}
	})
}

// Each new SDP may name another address; the port must not remember them all.
func TestSet_givesUpTheAddressBefore(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(phoneAddr, port) }
		s := open(t, p, media.SessionConfig{Remote: at(4000), Signal: phoneAddr})
		start(t, s, at(4000))
		for port := uint16(4002); port < 5000; port += 2 {
			set(t, s, both(at(port)))
		}
		time.Sleep(11 * time.Second)
		next := open(t, p, media.SessionConfig{Remote: at(4000), Signal: phoneAddr})
		if next.Local() != s.Local() {
			t.Error("an address that was named once is kept from others")
		}
		if clash := open(t, p, media.SessionConfig{Remote: at(4998)}); clash.Local() == s.Local() {
			t.Error("two far ends have the same address at one port")
		}
	})
}

// After a long hold the far end has as long as ever to be heard again.
func TestLost_countsFromTheEndOfAHold(t *testing.T) {
	bubble(t, media.Config{MediaTimeout: 30 * time.Second}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		far := newPhone(t, network, phoneAddr, netip.AddrPortFrom(switchAddr, 1))
		s := open(t, p, media.SessionConfig{Remote: far.addr(), Signal: phoneAddr})
		start(t, s, far.addr())
		set(t, s, media.Params{Remote: far.addr()})
		time.Sleep(5 * time.Minute)
		set(t, s, both(far.addr()))
		began := time.Now()
		<-s.Lost()
		if took := time.Since(began); took < 30*time.Second || took > 31*time.Second {
			t.Errorf("lost %v after the end of a hold, want 30s", took)
		}
	})
}

// rtcp is an RTCP packet that says nothing (RFC 3550 §6.1: RR and CNAME).
var rtcp = []byte{0x80, 201, 0, 1, 0, 0, 0, 77, 0x81, 202, 0, 3, 0, 0, 0, 77, 1, 4, 't', 'e', 's', 't', 0, 0}

// RTCP comes from the port above where the voice was learnt, and keeps a far end
// from being lost that says nothing. It is sent to where the SDP asks for it.
func TestRTCP(t *testing.T) {
	for name, c := range map[string]struct {
		nat    bool // the far end's address is not the one it names
		params media.Params
		port   uint16 // of the far end, where RTCP comes from and goes to
	}{
		"port above":           {port: 5005},
		"named, RFC 3605":      {params: media.Params{RTCP: netip.AddrPortFrom(phoneAddr, 6001)}, port: 6001},
		"NAT":                  {nat: true, port: 5005},
		"one port, RFC 5761":   {params: media.Params{RTCPMux: true}, port: 5004},
		"one port, behind NAT": {nat: true, params: media.Params{RTCPMux: true}, port: 5004},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, media.Config{MediaTimeout: 30 * time.Second}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
				host := network.Host(phoneAddr)
				voice := &phone{t: t}
				var err error
				if voice.conn, err = host.ListenPacket("udp", netip.AddrPortFrom(phoneAddr, 5004).String()); err != nil {
					t.Fatal(err)
				}
				defer voice.conn.Close()
				reports := voice.conn
				if c.port != 5004 {
					if reports, err = host.ListenPacket("udp", netip.AddrPortFrom(phoneAddr, c.port).String()); err != nil {
						t.Fatal(err)
					}
					defer reports.Close()
				}
				named := voice.addr()
				if c.nat {
					named = netip.MustParseAddrPort("10.0.0.5:4000")
				}
				s := open(t, p, media.SessionConfig{Remote: named, Signal: phoneAddr})
				params := both(named)
				params.RTCP, params.RTCPMux = c.params.RTCP, c.params.RTCPMux
				set(t, s, params)
				s.Start()
				voice.to = net.UDPAddrFromAddrPort(s.Local())
				voice.r.Payload = make([]byte, 160)
				voice.speak(5)
				to := net.UDPAddrFromAddrPort(s.Local())
				if !params.RTCPMux {
					to.Port++
				}
				got := 0
				for range 12 {
					time.Sleep(10 * time.Second)
					if _, err := reports.WriteTo(rtcp, to); err != nil {
						t.Fatal(err)
					}
					got += senderReports(reports)
				}
				select {
				case <-s.Lost():
					t.Error("lost while RTCP arrives")
				default:
				}
				if got < 20 {
					t.Errorf("%d reports came to port %d in 2 minutes", got, c.port)
				}
				<-s.Lost()
			})
		})
	}
}

// senderReports empties what has come and returns how many SRs were in it.
func senderReports(conn net.PacketConn) int { return reportsOfType(conn, 200) }

// reportsOfType empties what has come and returns how many compound RTCP packets
// begin with that type (RFC 3550 §12.1).
func reportsOfType(conn net.PacketConn, kind byte) (n int) {
	b := make([]byte, 1500)
	for {
		conn.SetReadDeadline(time.Now().Add(time.Millisecond))
		size, _, err := conn.ReadFrom(b)
		if err != nil {
			return n
		}
		if size > 1 && b[1] == kind {
			n++
		}
	}
}

func TestRTCP_whoSendsNothingReportsReception_RFC3550_6_4(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		far := newPhone(t, network, phoneAddr, netip.AddrPortFrom(switchAddr, 1))
		s := open(t, p, media.SessionConfig{Remote: far.addr(), Signal: phoneAddr})
		params := media.Params{Remote: far.addr(), RTCP: far.addr(), Receive: true}
		set(t, s, params) // held from the first
		s.Start()
		time.Sleep(20 * time.Second)
		if n := reportsOfType(far.conn, 201); n < 3 {
			t.Errorf("%d RRs in 20 s on hold", n)
		}
		params.Send = true
		set(t, s, params)
		time.Sleep(20 * time.Second)
		if n := senderReports(far.conn); n < 3 {
			t.Errorf("%d SRs in the 20 s after it", n)
		}
	})
}
