package rtp

import "time"

// Receiver keeps the statistics of one stream as received (RFC 3550 A.1, A.3,
// A.8), without probation: a stream is taken for valid from its first packet,
// because a session hears only the source that it has latched.
type Receiver struct {
	rate     int64
	started  bool
	timed    bool // transit is known
	ssrc     uint32
	highest  uint32 // extended sequence number: cycles in the upper half
	received uint32 // since base
	transit  int64
	jitter   int64 // scaled by 16

	base          uint32 // extended sequence number of the first packet
	jump          uint32 // the sequence number that would confirm a jump
	expectedPrior uint32 // at the last Report
	receivedPrior uint32

	srNTP     uint32 // middle 32 bits; 0: none
	srArrival time.Duration

	receivedBefore uint64 // of streams before this one
	lostBefore     int64
}

// ReceiverStats is what a Receiver has counted, over all streams since Init.
type ReceiverStats struct {
	SSRC     uint32 // the present stream's
	Received uint64 // packets
	Lost     int64  // packets (RFC 3550 A.3); negative when more were repeated than lost
	Jitter   time.Duration
}

// Init makes r ready for a stream of clockRate Hz, all counts zero.
func (r *Receiver) Init(clockRate int) { *r = Receiver{rate: int64(clockRate), jump: noJump} }

// Push counts p, a packet of voice that came at arrival. Another SSRC is
// another stream, whose sequence and loss start anew.
func (r *Receiver) Push(arrival time.Duration, p Packet) {
	if !r.Count(p) {
		return
	}
	// RFC 3550 A.8, in timestamp units modulo 2³², as the timestamps are.
	transit := int64(uint32(units(arrival, r.rate)) - p.Timestamp)
	if r.timed {
		d := int64(int32(uint32(transit) - uint32(r.transit)))
		r.jitter += max(d, -d) - (r.jitter+8)>>4
	}
	r.transit, r.timed = transit, true
}

// Count counts a packet whose timestamp does not tell when it was sent, as a
// telephone-event's does not: for the sequence, not for the jitter. It returns
// false for a stray of another sequence.
func (r *Receiver) Count(p Packet) bool {
	if !r.started || p.SSRC != r.ssrc {
		r.begin(p)
		return true
	}
	delta := p.Sequence - uint16(r.highest)
	switch {
	case delta < dropout: // in order, with a permissible gap
		r.highest += uint32(delta)
	case delta <= 1<<16-misorder: // RFC 3550 A.1: a jump or a stray
		if uint32(p.Sequence) == r.jump {
			r.begin(p)
			return true
		}
		r.jump = uint32(p.Sequence + 1)
		return false
	}
	// What remains is late or repeated.
	r.received++
	return true
}

func (r *Receiver) begin(p Packet) {
	if r.started {
		r.receivedBefore += uint64(r.received)
		r.lostBefore += r.lost()
	}
	if p.SSRC != r.ssrc {
		r.jitter, r.srNTP = 0, 0
	}
	r.started, r.ssrc, r.jump, r.timed = true, p.SSRC, noJump, false
	// One cycle up, so that a packet from before the first cannot go below zero.
	r.base = 1<<16 | uint32(p.Sequence)
	r.highest, r.received, r.expectedPrior, r.receivedPrior = r.base, 1, 0, 0
}

// SenderReport remembers a report of the stream's sender, which came at
// arrival, to be answered by the next Report.
func (r *Receiver) SenderReport(arrival time.Duration, sr SenderReport) {
	r.srNTP, r.srArrival = uint32(sr.NTP>>16), arrival
}

// Report makes the report block for the stream as of now; the fraction lost is
// since the last Report. ok is false when nothing has been received yet.
func (r *Receiver) Report(now time.Duration) (block ReceptionReport, ok bool) {
	if !r.started {
		return ReceptionReport{}, false
	}
	expected := r.highest - r.base + 1
	block = ReceptionReport{
		SSRC:    r.ssrc,
		Lost:    int32(min(max(r.lost(), -1<<23), 1<<23-1)), // RFC 3550 §6.4.1: clamped to 24 bits
		Highest: r.highest - 1<<16,
		Jitter:  uint32(r.jitter >> 4),
	}
	// RFC 3550 A.3: what was lost of what was expected since the last time.
	due := int64(expected - r.expectedPrior)
	missing := due - int64(r.received-r.receivedPrior)
	if due > 0 && missing > 0 {
		block.FractionLost = uint8(min(missing<<8/due, 255))
	}
	r.expectedPrior, r.receivedPrior = expected, r.received
	if r.srNTP != 0 {
		block.LSR = r.srNTP
		block.DLSR = uint32(units(now-r.srArrival, 1<<16))
	}
	return block, true
}

// Stats returns the counts.
func (r *Receiver) Stats() ReceiverStats {
	s := ReceiverStats{SSRC: r.ssrc, Received: r.receivedBefore, Lost: r.lostBefore}
	if r.started {
		s.Received += uint64(r.received)
		s.Lost += r.lost()
		s.Jitter = time.Duration((r.jitter >> 4) * int64(time.Second) / r.rate)
	}
	return s
}

// lost is what was expected less what came.
func (r *Receiver) lost() int64 { return int64(r.highest-r.base+1) - int64(r.received) }

// units converts d to units of rate Hz; it does not overflow in a lifetime.
func units(d time.Duration, rate int64) int64 {
	return int64(d/time.Second)*rate + int64(d%time.Second)*rate/int64(time.Second)
}
