package media

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"slices"
	"time"
)

// port is one RTP port and the RTCP port above it, shared by many sessions of
// one loop. A packet finds its session by where it comes from.
type port struct {
	loop      *loop
	addr      netip.AddrPort // of RTP
	rtp, rtcp Socket         // rtcp is nil where it is secure
	door      *sideDoor
	secure    bool // all of its sessions are

	// Control's half, under Plane.mu.
	alone    bool // for one session only
	sessions int
	most     int                         // sessions that its receive buffer is large enough for
	claims   map[netip.AddrPort]*Session // far ends' addresses: named by SDP, or latched
	waiting  map[netip.Addr]*Session     // those that may learn their address here, by the host of their signalling

	// The loop's half.
	bySource   sources
	byReports  map[netip.AddrPort]*Session // where each one's RTCP comes from
	bySSRC     map[uint32]*Session         // of latched sources
	learners   map[netip.Addr]*Session     // who waits to learn an address of that host
	departed   [8]departed                 // sources of sessions that have closed, the last first
	solo       *Session                    // the only one, if it wants to be alone and has started
	out        []Packet                    // to be flushed
	outReports []Packet
}

// place finds a port for s, or opens one. A port is shared unless
//   - the session wants one alone (outbound legs, whose far end may be a fork);
//   - another session's far end has the same address, so that packets could
//     not be told apart;
//   - its receive buffer would not hold what all of them send while the loop is held up;
//   - another session there, whose signalling comes from the same host, is still
//     waiting to learn its address.
func (p *Plane) place(s *Session, c SessionConfig) error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return ErrClosed
	}
	l := p.chooseLocked()
	if !c.Alone {
		for _, port := range p.ports {
			if port.loop == l && port.sessions < port.most && port.waiting[s.in.latch.signal] == nil && (!c.Remote.IsValid() || port.claims[c.Remote] == nil) {
				port.takeLocked(s, c)
				p.mu.Unlock()
				return nil
			}
		}
	}
	p.mu.Unlock()

	port, err := p.openPort(l)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed { // meanwhile; the loop closes the port with the others
		return ErrClosed
	}
	port.alone = c.Alone
	if !c.Alone {
		p.ports = append(p.ports, port)
	}
	port.takeLocked(s, c)
	return nil
}

// chooseLocked returns the loop for the next session. Loops are filled one after
// another: which conference a caller will stand in is not known when the call
// comes, and those of one are cheapest together.
func (p *Plane) chooseLocked() *loop {
	least, now := p.loops[0], time.Since(p.epoch)
	for _, l := range p.loops {
		if l.sessions < p.cfg.SessionsPerLoop && l.load.ratio(now) < fullAt {
			return l
		}
		if l.sessions < least.sessions {
			least = l
		}
	}
	return least
}

func (t *port) takeLocked(s *Session, c SessionConfig) {
	t.sessions++
	t.loop.sessions++
	t.waiting[s.in.latch.signal] = s
	t.claimLocked(s, c.Remote, netip.AddrPort{})
	s.port, s.loop = t, t.loop
	s.plane.open[s] = struct{}{}
}

// release gives s's place back and closes a port that nobody uses any more, but
// for the first, which most sessions share. The loop has let go of s before.
func (p *Plane) release(s *Session) {
	p.mu.Lock()
	t := s.port
	t.sessions--
	t.loop.sessions--
	delete(p.open, s)
	t.unclaimLocked(s)
	t.settledLocked(s)
	unused := t.sessions == 0 && !t.secure && (t.alone || len(p.ports) > 0 && p.ports[0] != t)
	if unused && !t.alone {
		for i, other := range p.ports {
			if other == t {
				p.ports = slices.Delete(p.ports, i, i+1)
				break
			}
		}
	}
	p.mu.Unlock()
	if unused {
		t.loop.do(func() { t.loop.dropPort(t) })
		p.mu.Lock()
		delete(p.taken, int(t.addr.Port()))
		p.mu.Unlock()
	}
}

// reclaim notes in control's half of the port which address s's far end now
// names, or (held) that it names none. It returns false when s has been closed.
func (p *Plane) reclaim(s *Session, remote netip.AddrPort, held bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.closing {
		return false
	}
	if s.secure != nil {
		return true
	}
	if host := s.in.latch.signal; s.port.waiting[host] == nil {
		s.port.waiting[host] = s
	}
	if !held && remote != s.claimed[0] {
		s.port.claimLocked(s, remote, netip.AddrPort{})
	}
	return true
}

// settled notes that s has latched onto addr, or (invalid addr) waits no longer.
func (p *Plane) settled(s *Session, addr netip.AddrPort) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.secure != nil {
		return
	}
	s.port.settledLocked(s)
	if addr.IsValid() && !s.closing {
		s.port.claimLocked(s, s.claimed[0], addr)
	}
}

// settledLocked notes that s waits no longer.
func (t *port) settledLocked(s *Session) {
	if host := s.in.latch.signal; t.waiting[host] == s {
		delete(t.waiting, host)
	}
}

// claimLocked notes which addresses s hears from now on: the one named by SDP,
// and the latched one. One that another session has claimed stays its own.
func (t *port) claimLocked(s *Session, named, latched netip.AddrPort) {
	t.unclaimLocked(s)
	s.claimed = [...]netip.AddrPort{named, latched}
	for _, addr := range s.claimed {
		if addr.IsValid() && t.claims[addr] == nil {
			t.claims[addr] = s
		}
	}
}

func (t *port) unclaimLocked(s *Session) {
	for _, addr := range s.claimed {
		if t.claims[addr] == s {
			delete(t.claims, addr)
		}
	}
}

// openPort opens the next free pair of ports, on l.
func (p *Plane) openPort(l *loop) (*port, error) {
	return p.openFree(func(n int) (*port, error) {
		addr := netip.AddrPortFrom(p.cfg.Bind, uint16(n))
		voice, err := p.cfg.ListenPacket("udp", addr.String())
		if err != nil {
			return nil, err
		}
		reports, err := p.cfg.ListenPacket("udp", netip.AddrPortFrom(p.cfg.Bind, uint16(n+1)).String())
		if err != nil {
			_ = voice.Close()
			return nil, err
		}
		return p.addPort(l, addr, voice, reports)
	})
}

// openFree opens the first free number of the range that open can open.
func (p *Plane) openFree(open func(n int) (*port, error)) (*port, error) {
	var why error // the last that failed
	for range (p.cfg.PortHigh - p.cfg.PortLow + 1) / 2 {
		n, ok := p.reservePort()
		if !ok {
			break
		}
		t, err := open(n)
		switch {
		case err == nil || errors.Is(err, ErrClosed):
			return t, err
		default: // somebody else's, as a rule
			why = err
			p.unreservePort(n)
		}
	}
	if why != nil {
		return nil, fmt.Errorf("%w in %d-%d of %s: %w", ErrNoPort, p.cfg.PortLow, p.cfg.PortHigh, p.cfg.Bind, why)
	}
	return nil, fmt.Errorf("%w in %d-%d of %s", ErrNoPort, p.cfg.PortLow, p.cfg.PortHigh, p.cfg.Bind)
}

// addPort makes a port of two connections and hands it to l. A secure port has none
// for reports.
func (p *Plane) addPort(l *loop, addr netip.AddrPort, voice, reports net.PacketConn) (*port, error) {
	local := voice.LocalAddr()
	socket := newSocket(voice, l.scratch)
	t := &port{
		loop: l, addr: addr, door: newSideDoor(socket, local),
		rtp: socket, secure: reports == nil, most: roomFor(socket),
		waiting:   make(map[netip.Addr]*Session),
		claims:    make(map[netip.AddrPort]*Session),
		byReports: make(map[netip.AddrPort]*Session),
		bySSRC:    make(map[uint32]*Session),
		learners:  make(map[netip.Addr]*Session),
	}
	if reports != nil {
		t.rtcp = newSocket(reports, l.scratch)
	}
	p.warnOfBuffer(t.rtp)
	if !l.mail.put(func() { l.ports = append(l.ports, t) }) {
		t.close()
		return nil, ErrClosed
	}
	return t, nil
}

// A port's receive buffer holds for heldFor what its sessions send: a packet of G.711
// each 20 ms, which takes the kernel heldBytes.
const (
	heldFor   = 100 * time.Millisecond
	heldBytes = 832
)

// roomFor returns how many sessions a socket's receive buffer is large enough for.
func roomFor(s Socket) int {
	b, ok := s.(interface{ ReceiveBuffer() int })
	if !ok {
		return math.MaxInt
	}
	// What is granted is doubled by the kernel for its own book-keeping: socket(7).
	return max(1, 2*b.ReceiveBuffer()/(heldBytes*int(heldFor/tickDuration)))
}

// reservePort picks an even number that is not taken, going round the range so
// that a number rests for a while before it is used again.
func (p *Plane) reservePort() (int, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	low := (p.cfg.PortLow + 1) &^ 1
	for range (p.cfg.PortHigh-low)/2 + 1 {
		n := p.nextPort
		if p.nextPort += 2; p.nextPort+1 > p.cfg.PortHigh {
			p.nextPort = low
		}
		if n+1 <= p.cfg.PortHigh && !p.taken[n] {
			p.taken[n] = true
			return n, true
		}
	}
	return 0, false
}

func (p *Plane) unreservePort(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.taken, n)
}

// wantedBuffer is the least receive buffer, in bytes, that carries a thousand
// talkers over a tick of 20 ms.
const wantedBuffer = 4 << 20

func (p *Plane) warnOfBuffer(s Socket) {
	b, ok := s.(interface{ ReceiveBuffer() int })
	if !ok || b.ReceiveBuffer() >= wantedBuffer {
		return
	}
	p.mu.Lock()
	warned := p.warned
	p.warned = true
	p.mu.Unlock()
	if !warned {
		p.cfg.Log.Warn("the kernel grants a small receive buffer; packets may be lost with many callers",
			"bytes", b.ReceiveBuffer(), "do", "sysctl -w net.core.rmem_max=8388608")
	}
}

// dropPort closes a port, on its loop.
func (l *loop) dropPort(t *port) {
	for i, other := range l.ports {
		if other == t {
			l.ports = slices.Delete(l.ports, i, i+1)
			break
		}
	}
	l.count.Overflows += t.overflows()
	t.close()
}

func (t *port) overflows() uint64 {
	if t.rtcp == nil {
		return t.rtp.Overflows()
	}
	return t.rtp.Overflows() + t.rtcp.Overflows()
}

func (t *port) close() {
	_ = t.door.Close()
	_ = t.rtp.Close()
	if t.rtcp != nil {
		_ = t.rtcp.Close()
	}
}
