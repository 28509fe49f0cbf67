package media

import (
	"net/netip"
	"time"

	"confab/internal/rtp"
)

// Stats is what a session has counted.
type Stats struct {
	Codec     string
	Sent      uint64 // packets
	Received  uint64 // packets of the latched source
	Lost      int64  // packets that never came (RFC 3550 A.3)
	Jitter    time.Duration
	Buffer    rtp.JitterStats // of the jitter buffer
	Unknown   uint64          // packets of a payload type that was not agreed
	RoundTrip time.Duration   // by RTCP; 0 if not known
	// RemoteLost and RemoteFraction are what the far end says of our stream (RFC 3550 §6.4.1).
	RemoteLost     int32
	RemoteFraction uint8          // 256ths, since its last report
	Remote         netip.AddrPort // the source listened to; invalid while unlatched

	Delay, MaxDelay time.Duration // that packets waited in the jitter buffer: the mean, and the longest
	// Speech and Noise are the levels (dBov) of what was loud enough to be mixed
	// and of the rest; 0: nothing was listened to. Clipped is the part of the
	// speech at full scale.
	Speech, Noise, Clipped float64
	Unheard                bool // the far end was to speak, and nothing has ever come
	Deaf                   bool // the far end reports, and has not received a packet of ours
}

// Stats returns the session's counts. They are zero once the plane has closed.
func (s *Session) Stats() Stats {
	var v Stats
	s.loop.do(func() { v = s.stats() })
	return v
}

// stats returns the counts, on the loop.
func (s *Session) stats() Stats {
	in := &s.in
	r := in.receiver.Stats()
	v := Stats{
		Sent: uint64(s.out.packets), Received: r.Received, Lost: r.Lost, Jitter: r.Jitter, Buffer: in.jitter.Stats(),
		Unknown: in.dropped, RoundTrip: in.roundTrip, RemoteLost: in.remoteLost, RemoteFraction: in.remoteFraction,
		Remote: in.latch.source,
		Delay:  mean(in.sound.delay, in.sound.delays), MaxDelay: in.sound.maxDelay,
		Speech: levelOf(in.sound.speech, in.sound.speechFrames), Noise: levelOf(in.sound.quiet, in.sound.quietFrames),
		Clipped: share(in.sound.clipped, in.sound.samples),
		Unheard: s.started && in.speaks && !in.held && r.Received == 0 && in.sound.delays >= unheardLooks,
		Deaf:    in.sound.deaf && s.out.packets > 0,
	}
	if in.codec != nil {
		v.Codec = in.codec.Name()
	}
	return v
}

// counters are a loop's own.
type counters struct {
	LoopStats
	reportsRead time.Duration
}

// LateBuckets are the upper bounds of LoopStats.Late; its last element counts
// what was later still.
var LateBuckets = [...]time.Duration{
	250 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 1500 * time.Microsecond,
	2 * time.Millisecond, 3 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 100 * time.Millisecond,
}

// LoopStats is what a loop has counted. Packets are RTP and RTCP.
type LoopStats struct {
	Sent, SendErrors        uint64
	Received, ReceiveErrors uint64
	Malformed               uint64                       // packets that were no RTP or RTCP
	Dropped                 uint64                       // packets of sources that nobody listens to
	Unverified              uint64                       // packets of secure sessions that were not what the far end sent, or came again
	Overflows               uint64                       // packets lost to a full receive buffer
	NotesLost               uint64                       // digits and the like lost to a full ring
	Panics                  uint64                       // each ended one session
	SkippedSlots            uint64                       // left out by a loop that was held up
	Encoded, Decoded        uint64                       // frames that encoders made, and packets that decoders were given
	Busy                    float64                      // part of the last second that the loop was at work, 0 to 1
	Late                    [len(LateBuckets) + 1]uint64 // slots by how late they were
	LateSum                 time.Duration
	Ports, Sessions         int // now; Sessions counts those that stand at no bridge, and bridges
}

func (c *counters) late(by time.Duration) {
	c.LateSum += max(by, 0)
	for i, bound := range LateBuckets {
		if by <= bound {
			c.Late[i]++
			return
		}
	}
	c.Late[len(LateBuckets)]++
}

// Loops returns the counts of each loop.
func (p *Plane) Loops() []LoopStats {
	all := make([]LoopStats, len(p.loops))
	for i, l := range p.loops {
		l.do(func() {
			all[i] = l.count.LoopStats // Overflows: of the ports that have been closed
			for _, t := range l.ports {
				all[i].Overflows += t.overflows()
			}
			all[i].Busy = l.load.ratio(time.Since(p.epoch))
			all[i].NotesLost = l.notes.lost.Load()
			all[i].Ports, all[i].Sessions = len(l.ports), l.members
		})
	}
	return all
}

// Sessions returns how many sessions are open.
func (p *Plane) Sessions() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.open)
}
