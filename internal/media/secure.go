package media

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"confab/internal/rtp"
)

// secure is what a session has besides whose packets are protected (SRTP). Which
// sources are its far end's, ICE has found out: nothing is learnt from what comes. It
// is the loop's.
type secure struct {
	protector *rtp.Protector // nil until there are keys
	verifier  *rtp.Verifier
	sender    Sender           // by which the far end is reached; nil: by UDP
	sources   []netip.AddrPort // that its packets may come from
	expected  bool             // the loop reads its port in each slot, for a handshake is going on

	waiting int // packets in the inbox of the loop; under its lock
}

// Keys are those of both directions of a secure session.
type Keys struct{ Send, Receive rtp.Keys }

// errNotSecure is of a session that was opened without Secure.
var errNotSecure = errors.New("not a secure session")

// SetKeys lets a secure session speak and be heard: until then nothing is sent, and
// what comes is dropped. Later keys, of another handshake, take the place of the first.
func (s *Session) SetKeys(k Keys) error {
	if s.secure == nil {
		return errNotSecure
	}
	protector, err := rtp.NewProtector(k.Send)
	if err != nil {
		return err
	}
	verifier, err := rtp.NewVerifier(k.Receive)
	if err != nil {
		return err
	}
	if !s.loop.do(func() {
		s.secure.protector, s.secure.verifier = protector, verifier
		s.expect()
	}) {
		return ErrClosed
	}
	return nil
}

// SetPath says where the far end of a secure session is, as ICE has found out: its
// voice goes to the address to, and comes from there or from one of sources. What was
// said before holds no more. An address that another session has stays its own. It does not
// wait: it holds from the loop's next turn on.
func (s *Session) SetPath(to netip.AddrPort, sources ...netip.AddrPort) error {
	return s.setPath(nil, to, append([]netip.AddrPort{to}, sources...))
}

func (s *Session) setPath(by Sender, to netip.AddrPort, sources []netip.AddrPort) error {
	if s.secure == nil {
		return errNotSecure
	}
	all := make([]netip.AddrPort, 0, len(sources))
	for _, addr := range sources {
		if addr = reachable(addr); addr.IsValid() && !slices.Contains(all, addr) {
			all = append(all, addr)
		}
	}
	if !s.loop.mail.put(func() {
		if s.ended {
			return
		}
		s.port.forget(s)
		s.secure.sender, s.secure.sources, s.in.latch.source = by, all, reachable(to)
		s.port.index(s)
	}) {
		return ErrClosed
	}
	return nil
}

// Door returns the connection by which STUN and DTLS go in and out on the port of a
// secure session (RFC 7983). All secure sessions of a loop have the same; it is closed
// with the plane. One goroutine reads it.
func (s *Session) Door() net.PacketConn { return s.port.door }

// unkeyed reports whether s may not send yet.
func (s *Session) unkeyed() bool { return s.secure != nil && s.secure.protector == nil }

// protect returns the packet in data, an RTP packet of s, as it is sent; nil if it
// must not be.
func (s *Session) protect(data []byte) []byte {
	if s.secure == nil {
		return data
	}
	data, err := s.secure.protector.Protect(data)
	if err != nil {
		return nil
	}
	return data
}

// protectReport is protect for RTCP.
func (s *Session) protectReport(data []byte) []byte {
	if s.secure == nil {
		return data
	}
	data, err := s.secure.protector.ProtectReport(data)
	if err != nil {
		return nil
	}
	return data
}

// overhead is by how much the packets of s become longer.
func (s *Session) overhead() int {
	if s.secure == nil {
		return 0
	}
	return rtp.SecureSize
}

// expect lets the loop read the port of s in each slot as long as s has no turn of its
// own, or no keys: handshakes go to and fro several times, and should not wait for a tick.
func (s *Session) expect() {
	x := s.secure
	if x == nil {
		return
	}
	if wanted := !s.ended && (!s.started || x.protector == nil); wanted != x.expected {
		x.expected = wanted
		if wanted {
			s.loop.expected++
		} else {
			s.loop.expected--
		}
	}
}

// receiveSecure takes one datagram of voice that has come to a secure port, from a
// source of s.
func (l *loop) receiveSecure(p *Packet, s *Session) {
	if s == nil || s.ended || s.secure.verifier == nil {
		l.count.Dropped++
		return
	}
	l.current = s
	if isRTCP(p.Data) {
		data, err := s.secure.verifier.UnprotectReport(p.Data)
		if err != nil {
			l.count.Unverified++
		} else {
			s.in.report(s, data, l.arrival(p), l)
		}
		l.current = nil
		return
	}
	data, err := s.secure.verifier.Unprotect(p.Data)
	if err != nil {
		l.count.Unverified++
		l.current = nil
		return
	}
	r, err := rtp.Parse(data)
	if err != nil {
		l.count.Malformed++
	} else {
		s.in.receive(s, r, l.arrival(p), l)
	}
	l.current = nil
}

// placeSecure puts s on the secure port of a loop, which is opened for the first.
// All share it: addresses that are ICE's tell them apart.
func (p *Plane) placeSecure(s *Session) error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return ErrClosed
	}
	l := p.chooseLocked()
	t := l.securePort
	p.mu.Unlock()
	if t == nil {
		var err error
		if t, err = p.openSecurePort(l); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed: // meanwhile; the loop closes the port with the others
		return ErrClosed
	case l.securePort == nil:
		l.securePort = t
	case l.securePort != t: // two at a time have opened one
		spare := t
		l.mail.put(func() { l.dropPort(spare) })
		delete(p.taken, int(spare.addr.Port()))
		t = l.securePort
	}
	t.sessions++
	l.sessions++
	s.port, s.loop = t, l
	p.open[s] = struct{}{}
	l.mail.put(s.expect)
	return nil
}

// SecureHost is the address of this host that secure ports listen on; empty: all of them.
// So it is where the plane is bound to loopback (or to none): browsers do not gather
// loopback candidates, and would not reach it.
func (p *Plane) SecureHost() string {
	if bind := p.cfg.Bind; !bind.IsLoopback() && !bind.IsUnspecified() {
		return bind.String()
	}
	return "" // IPv6 too where there is any
}

// openSecurePort opens the secure port of l. Without the credentials of a session nothing
// that comes there is answered or heard.
func (p *Plane) openSecurePort(l *loop) (*port, error) {
	bind, host := p.cfg.Bind, p.SecureHost()
	return p.openFree(func(n int) (*port, error) {
		conn, err := p.cfg.ListenPacket("udp", net.JoinHostPort(host, strconv.Itoa(n)))
		if err != nil {
			return nil, err
		}
		if host == "" {
			bind = netip.IPv6Unspecified()
		}
		return p.addPort(l, netip.AddrPortFrom(bind, uint16(n)), conn, nil)
	})
}
