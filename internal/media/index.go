package media

import (
	"net/netip"
	"time"

	"confab/internal/rtp"
)

// What follows is the loop's half of a port: how a packet finds its session.

// session returns whose voice a packet from source is, or nil. known is what
// bySource has said, so that many packets' sessions can be fetched at a time.
func (t *port) session(known *Session, source netip.AddrPort, r rtp.Packet, l *loop) *Session {
	if known != nil && known.in.latch.source == source { // the usual packet
		return known
	}
	if s := t.bySource.get(source); s != nil {
		if s.in.latch.accepts(source, l.now) {
			if s.in.latch.source != source {
				t.latch(s, source, l)
			}
			return s
		}
		return nil
	}
	// A stream that somebody has been heard with is not a new one's.
	if s := t.bySSRC[r.SSRC]; s != nil && s.in.moved(source, r, l.now) {
		t.latch(s, source, l)
		return s
	}
	if s := t.learners[source.Addr()]; s != nil && s.in.latch.learns(source, l.now) && !t.isLeftover(source, r, l.now) {
		t.latch(s, source, l)
		return s
	}
	return nil
}

// latch lets s listen to source and to nothing else.
func (t *port) latch(s *Session, source netip.AddrPort, l *loop) {
	if old := s.in.latch.source; old.IsValid() && old != s.in.latch.sdp && t.bySource.get(old) == s {
		t.bySource.remove(old)
	}
	s.in.latch.source = source
	t.bySource.put(source, s)
	t.indexReports(s)
	s.unsettled = true
	s.settle(l)
}

// index lets packets find s after a new SDP. An address or stream that another
// session listens to stays its own.
func (t *port) index(s *Session) {
	for _, addr := range [...]netip.AddrPort{s.in.latch.sdp, s.in.latch.source} {
		if s.secure != nil && s.secure.sender != nil {
			break // the address of a connection: what comes from it by UDP is somebody else's
		}
		if addr.IsValid() && t.bySource.get(addr) == nil {
			t.bySource.put(addr, s)
		}
	}
	if s.secure != nil {
		for _, addr := range s.secure.sources {
			if t.bySource.get(addr) == nil {
				t.bySource.put(addr, s)
			}
		}
	}
	t.indexSSRC(s)
	t.indexReports(s)
}

func (t *port) indexSSRC(s *Session) {
	if s.in.ssrc != 0 && t.bySSRC[s.in.ssrc] == nil {
		t.bySSRC[s.in.ssrc] = s
	}
}

// indexReports lets RTCP find s, by where its own reports go.
func (t *port) indexReports(s *Session) {
	if t.byReports[s.in.reportsFrom] == s {
		delete(t.byReports, s.in.reportsFrom)
	}
	s.in.reportsFrom = s.reportsTo()
	if addr := s.in.reportsFrom; addr.IsValid() && !s.params.RTCPMux && t.byReports[addr] == nil {
		t.byReports[addr] = s
	}
}

// forget removes s from the loop's half.
func (t *port) forget(s *Session) {
	for _, addr := range [...]netip.AddrPort{s.in.latch.sdp, s.in.latch.source} {
		if t.bySource.get(addr) == s {
			t.bySource.remove(addr)
		}
	}
	if s.secure != nil {
		for _, addr := range s.secure.sources {
			if t.bySource.get(addr) == s {
				t.bySource.remove(addr)
			}
		}
	}
	if t.byReports[s.in.reportsFrom] == s {
		delete(t.byReports, s.in.reportsFrom)
	}
	if t.bySSRC[s.in.ssrc] == s {
		delete(t.bySSRC, s.in.ssrc)
	}
	t.learnt(s)
	if t.solo == s {
		t.solo = nil
	}
}

// settle lets s wait to learn its address while it may, and tells control when
// it waits no longer. It is called again until control could be told.
func (s *Session) settle(l *loop) {
	a, t := &s.in.latch, s.port
	if !a.source.IsValid() && l.now < a.until {
		other := t.learners[a.signal]
		if a.signal.IsValid() && (other == nil || l.now >= other.in.latch.until) {
			t.learners[a.signal] = s
		}
		return
	}
	t.learnt(s)
	if s.unsettled && l.notes.put(note{kind: noteLatched, session: s, addr: a.source}) {
		s.unsettled = false
	}
}

// learnt lets s wait no longer.
func (t *port) learnt(s *Session) {
	if t.learners[s.in.latch.signal] == s {
		delete(t.learners, s.in.latch.signal)
	}
}

// departed is the source of a session that has closed. Its far end goes on for
// a moment, and must not be taken for another who is waited for.
type departed struct {
	addr netip.AddrPort
	ssrc uint32
	at   time.Duration
}

// departedFor is for how long the packets of a closed session are known.
const departedFor = 5 * time.Second

// depart remembers what s, which is closing, has listened to.
func (t *port) depart(s *Session, now time.Duration) {
	if s.in.latch.source.IsValid() {
		copy(t.departed[1:], t.departed[:])
		t.departed[0] = departed{s.in.latch.source, s.in.ssrc, now}
	}
}

func (t *port) isLeftover(source netip.AddrPort, r rtp.Packet, now time.Duration) bool {
	for i := range t.departed {
		if d := &t.departed[i]; d.ssrc == r.SSRC && d.addr == source && now-d.at < departedFor {
			return true
		}
	}
	return false
}
