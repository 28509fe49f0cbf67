package media

import (
	"time"

	"confab/internal/rtp"
)

const (
	// drainPort and drainAll bound how many datagrams of a port, and of all of a
	// loop's, are read for each slot that has passed: many times what callers
	// send, so that a flood fills the kernel's buffer and does not hold up the tick.
	drainPort = 16 * ioBatch
	drainAll  = 64 * ioBatch
)

// drain reads what has come to every port in the last slots (passed) and hands
// it to its session. A port with one session is read when that session is due:
// many of them would cost a system call each, in every slot.
func (l *loop) drain(slot, passed int) {
	left := drainAll * passed
	for range l.ports {
		if left <= 0 {
			break // the next slot begins with the next port
		}
		l.drained = (l.drained + 1) % len(l.ports)
		if t := l.ports[l.drained]; t.solo == nil || t.solo.due == slot {
			left -= l.drainPort(t, drainPort*passed)
		}
	}
	l.drainInbox()
	// Reports are few: a port's are read once per tick.
	if l.reports++; l.reports >= slotsPerTick || l.now-l.count.reportsRead >= tickDuration {
		l.reports, l.count.reportsRead = 0, l.now
		for _, t := range l.ports {
			if t.rtcp == nil {
				continue
			}
			for i := range l.read(t.rtcp) {
				l.receiveGuarded(t, &l.in[i])
			}
		}
	}
}

// drainPort reads what has come to t, up to most datagrams or a few more, and
// returns how many it was.
func (l *loop) drainPort(t *port, most int) (total int) {
	for total < most {
		n := l.read(t.rtp)
		for i := range n {
			l.known[i] = t.bySource.get(l.in[i].Addr)
		}
		for l.taken = 0; l.taken < n; {
			l.receiveSome(t, n)
		}
		total += n
		if n < ioBatch {
			break
		}
	}
	return total
}

// read reads a batch of datagrams into l.in.
func (l *loop) read(s Socket) int {
	n, err := s.Read(l.in)
	if err != nil {
		l.count.ReceiveErrors++
		return 0
	}
	l.count.Received += uint64(n)
	return n
}

// receiveSome takes the datagrams from l.taken on, of n. A panic ends it behind the one
// that it came from.
func (l *loop) receiveSome(t *port, n int) {
	defer l.guard("packet")
	for l.taken < n {
		i := l.taken
		l.taken++
		l.fetchKnown(i, n)
		l.receive(t, &l.in[i], l.known[i])
	}
}

// receive takes one datagram that has come to an RTP port; known is who was put
// for its source.
func (l *loop) receive(t *port, p *Packet, known *Session) {
	switch {
	case len(p.Data) == 0:
		return
	case !isVoice(p.Data[0]):
		if !t.door.put(*p) {
			l.count.Dropped++
		}
		return
	case t.secure:
		l.receiveSecure(p, known)
		return
	case isRTCP(p.Data):
		l.receiveReport(t, p)
		return
	}
	r, err := rtp.Parse(p.Data)
	if err != nil {
		l.count.Malformed++
		return
	}
	s := t.session(known, p.Addr, r, l)
	if s == nil {
		l.count.Dropped++
		return
	}
	l.current = s
	s.in.receive(s, r, l.arrival(p), l)
	l.current = nil
}

// arrival tells when a packet reached the machine, by the kernel's stamp where
// there is one: a loop that drains late must not take it for jitter.
func (l *loop) arrival(p *Packet) time.Duration {
	if p.At == 0 {
		return l.now
	}
	waited := time.Duration(l.wall - p.At)
	return l.now - min(max(waited, 0), time.Second)
}

// receiveGuarded takes one datagram that has come to an RTCP port.
func (l *loop) receiveGuarded(t *port, p *Packet) {
	defer l.guard("report")
	l.receiveReport(t, p)
}

// receiveReport takes one RTCP packet. It never latches.
func (l *loop) receiveReport(t *port, p *Packet) {
	s := t.byReports[p.Addr]
	if s == nil {
		s = t.bySource.get(p.Addr) // rtcp-mux
	}
	if s == nil || len(p.Data) == 0 || !isVoice(p.Data[0]) {
		l.count.Dropped++
		return
	}
	l.current = s
	s.in.report(s, p.Data, l.arrival(p), l)
	l.current = nil
}
