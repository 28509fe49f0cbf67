package rtp

import "time"

// Bounds of the jitter buffer.
const (
	MaxDelay   = 200 * time.Millisecond // the longest that a packet waits, and that a packet may last
	MaxPayload = blockSize * 8          // largest payload held, in bytes

	maxAhead  = 500 * time.Millisecond // a timestamp further ahead than this is a jump
	patience  = 100 * time.Millisecond // how long packets may be Late or Early before they are the new truth
	dropout   = 3000                   // RFC 3550 A.1, MAX_DROPOUT: a sequence number further ahead than this …
	misorder  = 100                    // … or further behind than MAX_MISORDER is a jump
	tight     = time.Millisecond / 2   // a least margin below this is soon none
	ample     = time.Millisecond       // what is left of it, beside twice the jitter, when the delay is lessened
	plenty    = 2 * FrameDuration      // what would be left beyond that is given back sooner
	settle    = 200 * time.Millisecond // between one lessening of the delay and the next
	unskipped = time.Second            // Spare for so long without a Skip, and the buffer skips by itself
)

// Pushed says what Jitter did with a packet.
type Pushed uint8

// What becomes of a packet.
const (
	Kept      Pushed = iota // it will be played
	Resynced                // kept, and the schedule starts anew with it: another SSRC, or a jump
	Duplicate               // seen before
	Late                    // its time to be played has passed
	Early                   // much too far ahead; if this goes on, the schedule starts anew
	Full                    // no room
	Refused                 // empty, larger than MaxPayload, or of no sensible duration
)

// JitterStats counts what became of packets and what the listener got.
type JitterStats struct {
	Kept, Duplicate, Late, Early, Full, Refused uint64 // packets, by what Push said (Resynced ones are Kept)

	Resyncs uint64
	Played  uint64 // packets handed out, skipped ones not among them
	Lost    uint64 // Pops answered by Lost
	Empty   uint64 // Pops answered by Empty
	Skipped uint64 // packets left out to lessen the delay

	Stretched, Shortened uint64 // frames by which the caller has changed the time scale (Shift)

	Depth  int           // packets held now
	Delay  time.Duration // how long the last packet played had waited
	Jitter time.Duration // interarrival jitter (RFC 3550 §6.4.1), as a time
}

// Jitter is a jitter buffer in time: it holds the packets of one stream, of
// any ptime, until the tick at which each is due, and hands them out in order,
// once each.
//
// The schedule is a cursor in RTP timestamps. Once started it advances by what
// Pop hands out, so by one frame per tick for a caller who pops only what each
// tick needs. A packet's margin is how long it had waited when it was played.
//
//   - It starts at the first tick after the first arrival plus twice the jitter.
//   - When nothing is there the listener hears concealment and the schedule
//     stands still: a packet that then comes late is played, and from there on
//     everything is later by what was concealed; one that never comes is passed
//     over, and nothing is later. A packet that comes too late for that makes
//     the schedule one frame later.
//   - When the least margin of the last five to ten seconds played exceeds a packet
//     (a frame, if that is longer), twice the jitter and 1 ms, or that of the last one and a half to
//     three seconds two frames more, one packet
//     may be left out: one that the caller finds quiet (Spare, Skip) or, failing that for a
//     second, the next. In a talker's pause the pause is shortened instead.
//   - A caller who can change the time scale of what it plays need not conceal or
//     leave out anything: it is told when the delay is about to become too short
//     (Tight) or is too long (Spare), makes a frame more or less of the next few
//     packets, and says so (Shift).
//
// For other callers a far end whose clock or phase drifts costs one concealed or one skipped
// frame per 20 ms of drift, and one whose packets come on the very tick costs
// one concealed frame, once. Payloads are held in 1 KiB for G.711, and where
// the network asks for it in up to 3.75 KiB (10 KiB of larger ones): Push allocates
// when more than ever before waits. The zero value needs Init.
type Jitter struct {
	// What each Push and each Pop ask for stands first and together.

	rate  int64 // Hz
	frame int64 // 20 ms in timestamp units
	unit  int64 // how long one is, ns; 0: no whole number

	// The stream as it arrives.
	ssrc     uint32
	sequence uint16        // highest
	synced   bool          // ssrc and sequence are known
	off      bool          // every packet has been Late or Early since offSince
	seen     uint64        // bit n: sequence − n has come
	prev     arrived       // the last packet that came, for the jitter
	jitter   time.Duration // RFC 3550 A.8

	// The schedule. Timestamps are extended to 64 bits around the cursor.
	running  bool
	any      bool // there is a packet played last since the schedule began …
	playedSN uint16
	lasted   uint16 // and how long it lasts
	grow     bool   // a packet came too late: be one frame later
	sparing  bool   // every packet has been Spare since spareSince
	played   int64  // … and its timestamp
	cursor   int64  // everything before it has been played or given up
	stall    int64  // concealed since the buffer ran out, at the cursor
	run      int64  // concealed or silent since the last packet was played
	lastPop  time.Duration
	margins  margins // of five to ten seconds
	lately   margins // of one and a half to three

	// Lessening the delay.
	lastSpare int64         // duration of the packet handed out as Spare; 0: none
	shifted   time.Duration // when the delay was last changed for what the margins said, or began

	kept, handed uint64        // JitterStats.Kept and Played
	delay        time.Duration // JitterStats.Delay
	held         slots

	// What is asked for now and then.

	stats      JitterStats // all but those
	jump       uint32      // the sequence number that would confirm a jump; above 65535: none
	floor      uint16      // packets before this one belong to the schedule before the present one …
	floored    bool        // … if there was one
	offSince   time.Duration
	spareSince time.Duration
}

type arrived struct {
	at        time.Duration
	timestamp int64
	ok        bool
}

// Init makes j ready for a stream of clockRate Hz of which 20 ms usually are
// frameBytes of payload: empty, and all counts zero. It must be called before
// anything else, and allocates.
func (j *Jitter) Init(clockRate, frameBytes int) {
	*j = Jitter{rate: int64(clockRate), frame: int64(clockRate) / 50, held: slots{store: j.held.store}}
	if whole := int64(time.Second) / j.rate; whole*j.rate == int64(time.Second) {
		j.unit = whole
	}
	j.held.make(frameBytes)
}

// Reset forgets what is held and the schedule, so that the next packet starts
// anew: call it when packets have not been popped for a while. Counts stay.
func (j *Jitter) Reset() {
	j.synced = false
	j.restart()
}

// Stats returns the counts, and the delay as it is now.
func (j *Jitter) Stats() JitterStats {
	s := j.stats
	s.Kept, s.Played, s.Delay = j.kept, j.handed, j.delay
	s.Depth, s.Jitter = j.held.n, j.jitter
	return s
}

// Next returns the payload of the packet that follows directly what the last Pop
// answered, if it has come: a codec may know from it what was lost before it. It is
// good until the next Pop.
func (j *Jitter) Next() []byte {
	if j.held.n == 0 || j.held.q[0].timestamp != j.cursor+j.stall {
		return nil
	}
	return j.held.head()
}

// Head returns the payload that is played next, if all goes well, and Room where that of
// the next packet comes to lie; nil if there is none. They are there to be fetched from
// memory ahead of their time.
func (j *Jitter) Head() []byte {
	if j.held.n == 0 {
		return nil
	}
	return j.held.head()
}

// Room: see Head.
func (j *Jitter) Room() []byte { return j.held.room() }

// Push takes packet p, which came at arrival and lasts duration in units of
// the RTP clock (for G.711 the number of payload bytes). The payload is
// copied. Packets of other streams than the voice (telephone-events, comfort
// noise) must not be pushed.
func (j *Jitter) Push(arrival time.Duration, p Packet, duration uint32) Pushed {
	v := j.push(arrival, p, int64(duration))
	switch v {
	case Kept:
		j.kept++
	case Resynced:
		j.kept++
		j.stats.Resyncs++
	case Duplicate:
		j.stats.Duplicate++
	case Late:
		j.stats.Late++
	case Early:
		j.stats.Early++
	case Full:
		j.stats.Full++
	case Refused:
		j.stats.Refused++
	}
	return v
}

func (j *Jitter) push(arrival time.Duration, p Packet, duration int64) Pushed {
	if len(p.Payload) == 0 || len(p.Payload) > MaxPayload || duration <= 0 || duration > j.units(MaxDelay) {
		return Refused
	}
	verdict := Kept
	switch {
	case !j.synced:
		j.sync(p)
	case p.SSRC != j.ssrc:
		j.sync(p)
		verdict = Resynced
	}
	first, newer := j.number(p.Sequence)
	if !first {
		return Duplicate
	}
	t := j.extend(p.Timestamp)
	j.measure(arrival, t)

	if off, far := j.misplaced(p.Sequence, t, duration); off != Kept {
		switch {
		case off == Early && j.off && j.held.n == 0, // not alone, and nothing would be cut short
			off == Late && far && newer && p.Marker,          // a talkspurt whose timestamps stood still in the pause before it
			j.off && newer && arrival-j.offSince >= patience: // it is the schedule that is wrong
			j.restart()
			j.floor, j.floored = p.Sequence, true
			t, verdict = j.extend(p.Timestamp), Resynced
		default:
			if !j.off {
				j.off, j.offSince = true, arrival
			}
			if off == Late && !far {
				j.lament(arrival, t)
			}
			return off
		}
	}
	j.off = false
	kept := j.held.insert(slot{timestamp: t, arrival: arrival, duration: uint16(duration),
		sequence: p.Sequence, kind: kindOf(p)}, p.Payload)
	if kept != Kept {
		return kept
	}
	return verdict
}

// sync begins a stream.
func (j *Jitter) sync(p Packet) {
	j.restart()
	if p.SSRC != j.ssrc {
		j.jitter = 0
	}
	j.synced, j.ssrc, j.sequence, j.seen = true, p.SSRC, p.Sequence, 0
	j.jump, j.floored, j.prev.ok = noJump, false, false
}

// restart forgets the schedule and what it was for.
func (j *Jitter) restart() {
	j.held.init()
	j.running, j.any, j.off, j.grow, j.sparing = false, false, false, false, false
	j.stall, j.run, j.lastSpare = 0, 0, 0
	j.margins, j.lately = newMargins(), newMargins()
}

const noJump = 1 << 16

// number keeps account of sequence numbers. first is false for one seen
// before, newer is true for the highest so far.
//
// RFC 3550 A.1: a number that is far off counts as a jump when the next one
// follows it, and until then as a stray.
func (j *Jitter) number(sequence uint16) (first, newer bool) {
	ahead := int16(sequence - j.sequence)
	switch {
	case ahead > 0 && ahead <= dropout:
		j.seen = j.seen<<min(uint(ahead), 64) | 1
		j.sequence = sequence
		return true, true
	case ahead <= 0 && ahead > -64:
		bit := uint64(1) << uint(-ahead)
		first = j.seen&bit == 0
		j.seen |= bit
		return first, false
	case ahead < 0 && ahead > -misorder:
		return true, false // too old to know: its timestamp decides
	case uint32(sequence) == j.jump:
		j.sequence, j.seen, j.jump = sequence, 1, noJump
		return true, true
	}
	j.jump = uint32(sequence + 1)
	return true, false
}

// measure keeps the interarrival jitter.
//
// RFC 3550 A.8: J += (|D| − J) / 16, over packets in the order they came.
func (j *Jitter) measure(arrival time.Duration, t int64) {
	if j.prev.ok {
		d := (arrival - j.prev.at - j.duration(t-j.prev.timestamp)).Abs()
		if d < maxAhead { // beyond, it is a jump and not jitter
			j.jitter += (d - j.jitter) / 16
		}
	}
	j.prev = arrived{arrival, t, true}
}

// misplaced says whether a packet cannot be played by the present schedule:
// Late or Early, or Kept when it can. far is true of a late one that no delay
// within bounds could have saved.
func (j *Jitter) misplaced(sequence uint16, t, duration int64) (v Pushed, far bool) {
	if !j.running {
		behind := int16(j.floor - sequence)
		switch {
		case j.floored && behind > 0 && behind < misorder:
			return Late, true
		case j.held.n == 0:
			return Kept, false
		case t-j.held.q[0].timestamp > j.units(maxAhead):
			return Early, false
		case j.held.q[0].timestamp-t > j.units(MaxDelay):
			return Late, true
		}
		return Kept, false
	}
	position := j.cursor + j.stall
	switch {
	case t-position > j.units(maxAhead):
		return Early, false
	case position-t > j.units(MaxDelay):
		return Late, true
	case j.past(t, duration):
		return Late, false
	}
	return Kept, false
}

// past reports whether the schedule has gone by most of a packet, or has
// played a later one. A packet of which most is still to come is played whole.
func (j *Jitter) past(t, duration int64) bool {
	return j.any && t <= j.played || t+duration/2 < j.cursor
}

// lament takes note of a packet that came too late.
func (j *Jitter) lament(arrival time.Duration, t int64) {
	due := j.lastPop + j.duration(j.frame-(j.cursor+j.stall-t))
	j.note(due-arrival, 0)
	j.grow = j.grow || j.delay+FrameDuration <= MaxDelay
}

// extend returns the 64-bit timestamp nearest to the schedule.
func (j *Jitter) extend(timestamp uint32) int64 {
	near := j.cursor
	if !j.running && j.held.n > 0 {
		near = j.held.q[0].timestamp
	}
	return near + int64(int32(timestamp-uint32(near)))
}

func (j *Jitter) units(d time.Duration) int64 { return int64(d) * j.rate / int64(time.Second) }

func (j *Jitter) duration(units int64) time.Duration {
	if j.unit != 0 { // a division costs as much as all else here
		return time.Duration(units * j.unit)
	}
	return time.Duration(units * int64(time.Second) / j.rate)
}
