package media

import (
	"time"

	"confab/internal/rtp"
)

// drain reads what has come to every port and hands it to its session. A port
// with one session is read when that session is due: many of them would cost
// a system call each, in every slot.
func (l *loop) drain(slot int) {
	for _, t := range l.ports {
		if t.solo != nil && t.solo.due != slot {
			continue
		}
		for {
			n, err := t.rtp.Read(l.in)
			if err != nil {
				l.count.ReceiveErrors++
				break
			}
			l.count.Received += uint64(n)
			for i := range l.in[:n] {
				l.receive(t, &l.in[i])
			}
			if n < ioBatch {
				break
			}
		}
	}
	// Reports are few: a port's are read once per tick.
	if l.reports++; l.reports >= slotsPerTick || l.now-l.count.reportsRead >= tickDuration {
		l.reports, l.count.reportsRead = 0, l.now
		for _, t := range l.ports {
			n, err := t.rtcp.Read(l.in)
			if err != nil {
				l.count.ReceiveErrors++
				continue
			}
			for i := range l.in[:n] {
				l.receiveGuarded(t, &l.in[i])
			}
		}
	}
}

// receive takes one datagram that has come to an RTP port.
func (l *loop) receive(t *port, p *Packet) {
	defer l.guard("packet")
	switch {
	case len(p.Data) == 0:
		return
	case !isVoice(p.Data[0]):
		if !t.door.put(*p) {
			l.count.Dropped++
		}
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
	s := t.session(p.Addr, r, l)
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
		s = t.bySource[p.Addr] // rtcp-mux
	}
	if s == nil || len(p.Data) == 0 || !isVoice(p.Data[0]) {
		l.count.Dropped++
		return
	}
	l.current = s
	s.in.report(s, p.Data, l.arrival(p), l)
	l.current = nil
}
