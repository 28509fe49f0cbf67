package rtp

import "time"

// MaxDelay is the longest that Jitter lets a packet wait.
const MaxDelay = 200 * time.Millisecond

// MaxPayload is the largest payload that Jitter holds, in bytes.
const MaxPayload = 1280

// Pushed says what Jitter did with a packet.
type Pushed uint8

// What becomes of a packet.
const (
	Kept      Pushed = iota // it will be played
	Resynced                // kept, and the schedule starts anew with it: another SSRC, or a jump
	Duplicate               // seen before
	Late                    // its time to be played has passed
	Early                   // much too far ahead; if this goes on, the next resyncs
	Full                    // no room
	Refused                 // empty, too large, or of no sensible duration
)

// Verdict says what to play now.
type Verdict uint8

// The verdicts of Pop.
const (
	Play  Verdict = iota // Payload
	Lost                 // a packet is missing and later ones are here: conceal Duration
	Empty                // nothing has come: conceal Duration, fading to silence if it goes on
	Wait                 // waiting on purpose (at the start, in a pause of the talker, to grow): play Duration of silence or concealment
)

// Popped is the answer of Pop. For every verdict the caller owes its listener
// Duration of sound.
type Popped struct {
	Verdict     Verdict
	Duration    uint32 // in units of the RTP clock: of Payload, or at most what was needed
	Payload     []byte // Play only; aliases the buffer's memory until the next Push, Reset or Init
	PayloadType uint8
	Marker      bool
	Sequence    uint16
	Timestamp   uint32

	// Spare is true when the delay could be less by this packet: a caller who
	// finds the payload quiet should not play it, call Skip, and Pop again.
	Spare bool

	// Skipped is true when the buffer left something out just before this
	// payload because the delay had been too long for too long.
	Skipped bool
}

// JitterStats counts what became of the packets and what the listener got.
type JitterStats struct {
	Kept, Duplicate, Late, Early, Full, Refused uint64 // packets, by what Push said
	Resyncs                                     uint64
	Lost                                        uint64 // packets that never came in time, by sequence number
	Concealed                                   uint64 // Pops answered by Lost or Empty
	Skipped                                     uint64 // packets left out to lessen the delay
	Depth                                       int    // packets held now
	Delay                                       time.Duration // how long the last packet played had waited
	Jitter                                      time.Duration // RFC 3550 §6.4.1 interarrival jitter, as a time
}

// Jitter is a jitter buffer.
type Jitter struct{}

// Init makes j ready for a stream of clockRate Hz and empties it.
func (j *Jitter) Init(clockRate int) {}

// Reset forgets what is held and the schedule; the next packet starts anew. Counts stay.
func (j *Jitter) Reset() {}

// Push copies packet p, which came at arrival and lasts duration (units of the
// RTP clock: codec's samples for G.711), into the buffer.
func (j *Jitter) Push(arrival time.Duration, p Packet, duration uint32) Pushed { return Refused }

// Pop answers what to play at tick now, to a caller who is short of need units
// of the RTP clock (at most 20 ms).
func (j *Jitter) Pop(now time.Duration, need uint32) Popped { return Popped{} }

// Skip tells that the payload of the last Pop, which was Spare, is not played.
func (j *Jitter) Skip() {}

// Stats returns the counts.
func (j *Jitter) Stats() JitterStats { return JitterStats{} }
