package sip

import (
	"sync/atomic"
	"time"
)

// Stats is a snapshot of what a Server holds and has counted.
type Stats struct {
	Dialogs     int // live
	Lingering   int // ended, absorbing retransmissions
	Connections int // TCP

	Overload float64 // part of the new calls that is refused now, 0 to 1

	Received  uint64 // messages read, before the limiter
	Sent      uint64 // messages written
	Limited   uint64 // dropped by the limiter
	Malformed uint64 // could not be read as SIP
	Refused   uint64 // calls refused at a bound, by overload, or while draining
	Overrun   uint64 // messages dropped because a dialog's queue was full
	Stray     uint64 // responses and ACKs that belong to nothing
	SlowPeers uint64 // TCP connections closed because they did not read
	Panics    uint64 // recovered; each ended its dialog
}

// counters are the counted half of Stats.
type counters struct {
	received, sent, limited, malformed, refused, overrun, stray, slowPeers, panics atomic.Uint64
}

// Stats returns what the server holds now and has counted since New.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	held := Stats{Dialogs: s.live, Lingering: s.lingering.Len(), Connections: len(s.conns)}
	s.mu.Unlock()
	held.Overload = s.overload.part(time.Now())
	c := &s.count
	held.Received = c.received.Load()
	held.Sent = c.sent.Load()
	held.Limited = c.limited.Load()
	held.Malformed = c.malformed.Load()
	held.Refused = c.refused.Load()
	held.Overrun = c.overrun.Load()
	held.Stray = c.stray.Load()
	held.SlowPeers = c.slowPeers.Load()
	held.Panics = c.panics.Load()
	return held
}
