package bench

import (
	"time"

	"confab/internal/rtp"
)

// stream is what comes back to one caller, counted as a listener would miss it.
//
// Loss is what the sequence numbers leave out. A gap is a time without a packet
// that no jitter buffer covers. How late a packet is, is told by its timestamp:
// against the earliest of the stream, by the kernel's stamp, so that neither the
// rate of the clock nor how late we read comes into it.
type stream struct {
	clock    int // of its timestamps, Hz
	started  bool
	ssrc     uint32
	last     int64  // highest sequence number, extended (RFC 3550 A.1)
	seen     uint64 // of the 64 up to last, bit 0 is last
	stamp    int64  // timestamp of the last, extended
	low      uint32 // its lower half, as it came
	earliest int64  // least of arrival less timestamp, ns
	arrival  int64  // of the last packet, ns

	count streamCount
	from  int64 // last when counting began
}

// streamCount is what a stream counts.
type streamCount struct {
	received   int64 // packets, each once
	lost       int64
	duplicates int64
	foreign    int64 // packets that are no RTP, or of a second source
	gaps       int64
	latest     time.Duration // greatest lateness
}

// add counts what other has counted as well.
func (c *streamCount) add(other streamCount) {
	c.received += other.received
	c.lost += other.lost
	c.duplicates += other.duplicates
	c.foreign += other.foreign
	c.gaps += other.gaps
	c.latest = max(c.latest, other.latest)
}

// gapTime is how long nothing comes before it is a gap: three packets' time,
// which is what a jitter buffer of a phone may cover.
const gapTime = 60 * time.Millisecond

// take counts a packet that came at that time (ns) and returns how late it was.
// The second result is false when it does not count as one.
func (s *stream) take(p rtp.Packet, at int64) (late time.Duration, ok bool) {
	switch {
	case !s.started:
		*s = stream{clock: s.clock, started: true, ssrc: p.SSRC, last: int64(p.Sequence), low: p.Timestamp, earliest: at, arrival: at, seen: 1, from: int64(p.Sequence) - 1}
		s.count.received = 1
		return 0, true
	case p.SSRC != s.ssrc:
		s.count.foreign++
		return 0, false
	}
	ahead := int64(int16(p.Sequence - uint16(s.last)))
	switch {
	case ahead > 0:
		s.last += ahead
		s.seen = s.seen<<uint(ahead) | 1 // a shift by 64 or more leaves nothing
	case ahead > -64:
		bit := uint64(1) << uint(-ahead)
		if s.seen&bit != 0 {
			s.count.duplicates++
			return 0, false
		}
		s.seen |= bit
	default:
		s.count.duplicates++ // so old that nobody knows
		return 0, false
	}
	if s.last+min(ahead, 0) <= s.from {
		return 0, false // of before the counting began
	}
	s.count.received++
	if at-s.arrival > int64(gapTime) {
		s.count.gaps++
	}
	s.arrival = max(s.arrival, at)
	stamp := s.stamp + int64(int32(p.Timestamp-s.low))
	if ahead > 0 {
		s.stamp, s.low = stamp, p.Timestamp
	}
	transit := at - stamp*int64(time.Second)/int64(s.clock)
	s.earliest = min(s.earliest, transit)
	late = time.Duration(transit - s.earliest)
	s.count.latest = max(s.count.latest, late)
	return late, true
}

// settle forgets which packet was the earliest: the switch may have moved the
// stream to another time of the tick.
func (s *stream) settle() {
	if s.started {
		s.earliest = s.arrival + int64(time.Hour)
	}
}

// mark begins the counting.
func (s *stream) mark() {
	s.count, s.from = streamCount{}, s.last
}

// counted returns what has been counted since mark. What is on its way behind
// the last packet is not missed.
func (s *stream) counted() streamCount {
	c := s.count
	if s.started {
		c.lost = max(0, s.last-s.from-c.received)
	}
	return c
}

// silentFor returns how long nothing has come, now being the time in ns.
func (s *stream) silentFor(now int64) time.Duration { return time.Duration(now - s.arrival) }
