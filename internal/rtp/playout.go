package rtp

import "time"

// FrameDuration is the tick of those who pop a Jitter.
const FrameDuration = 20 * time.Millisecond

// Verdict says what to play now.
type Verdict uint8

// The verdicts of Pop.
const (
	Play  Verdict = iota // play Payload
	Lost                 // a packet is missing and later ones are here: conceal
	Empty                // nothing has come, or the schedule is made later: conceal
	Wait                 // nothing is missing, or it has been missing for long: silence
)

// Popped is what to play next: the payload of a packet, or concealment or
// silence. Duration says for how long, whatever the verdict.
type Popped struct {
	Verdict     Verdict
	Duration    uint32 // units of the RTP clock; of a payload all of it, else at most what was needed
	Payload     []byte // Play only; aliases the buffer until the next Push, Reset or Init
	PayloadType uint8
	Marker      bool
	Sequence    uint16
	Timestamp   uint32

	// Spare is true when the delay is longer than it need be by this packet. A
	// caller who finds the payload quiet does not play it but calls Skip and
	// pops again; any other caller plays it.
	Spare bool

	// Tight is true when the delay is so short that the packets to come may be
	// too late: a caller who can make what it plays last a frame longer does so
	// and calls Shift, so that nothing need be concealed.
	Tight bool

	// Skipped is true when a packet before this one was left out to lessen the
	// delay, so that a careful decoder can smooth the seam.
	Skipped bool
}

// Pop answers what to play at tick now (the same epoch as Push's arrival) to a
// caller whose own store of decoded samples is short by need units of the RTP
// clock. A packet may last longer, or less: keep what is left for the next
// tick, or pop again.
//
//	for fifo.Len() < frame {
//		out := jitter.Pop(now, frame-fifo.Len())
//		if out.Spare && quiet(out.Payload) {
//			jitter.Skip()
//			continue
//		}
//		fifo.add(out) // decoded, concealed or silent: out.Duration of it
//	}
func (j *Jitter) Pop(now time.Duration, need uint32) Popped {
	wanted := int64(need)
	if wanted <= 0 || wanted > j.frame {
		wanted = j.frame
	}
	j.lastPop, j.lastSpare = now, 0
	if !j.running && !j.start(now) {
		return Popped{Verdict: Wait, Duration: uint32(wanted)}
	}
	skipped := j.trim(now)
	for j.held.n > 0 {
		head := &j.held.q[0]
		hole := head.timestamp - (j.cursor + j.stall)
		if hole > 0 && j.paused(head) {
			hole = j.shorten(now, head, hole)
		}
		switch {
		case hole > 0 && j.paused(head):
			return j.pass(Wait, min(hole, wanted))
		case hole > 0:
			return j.pass(Lost, min(hole, wanted))
		case j.run > j.units(MaxDelay) && now < head.arrival+2*j.jitter && !j.suffices(): // a talkspurt begins: it gets its delay
			j.stall += wanted
			return j.conceal(Wait, wanted)
		case j.grow:
			j.grow = false
			j.shift(wanted)
			return j.conceal(Empty, wanted)
		case !j.overdue(now):
			return j.play(now, skipped)
		}
		j.skipHead(now)
		skipped = true
	}
	j.stall += wanted
	return j.conceal(Empty, wanted)
}

// Skip tells that the payload of the last Pop, which was Spare, is not going
// to be played; the schedule is earlier by it. It does nothing after any other
// Pop.
func (j *Jitter) Skip() {
	if j.lastSpare == 0 {
		return
	}
	j.handed--
	j.skipped(j.lastPop, j.lastSpare)
	j.lastSpare = 0
}

// Shift tells that the caller has made what it played so many frames longer, or
// (negative) shorter, by changing its time scale, little by little: longer, at
// the tick at which it has a frame left and pops nothing; shorter, when it begins
// to and before it pops again. From here on everything is later, or earlier, by
// it. now is the tick.
func (j *Jitter) Shift(now time.Duration, frames int) {
	j.lastPop, j.lastSpare = now, 0
	j.shift(int64(frames) * j.frame)
	if frames > 0 {
		j.stats.Stretched += uint64(frames)
	} else {
		j.stats.Shortened += uint64(-frames)
	}
	j.shifted, j.sparing = now, false
}

// Later tells that from the next Pop on the caller has its ticks so much later (earlier, if
// negative) than until now, which is as if all packets came earlier.
func (j *Jitter) Later(by time.Duration) {
	j.margins.shift(by)
	j.lately.shift(by)
}

// Excess returns how much longer than enough the delay has been for long, were there a packet less:
// if it is negative, the caller must have its ticks so much later before one is spare. ok is false while too little has
// been played to tell.
func (j *Jitter) Excess() (d time.Duration, ok bool) {
	least, ok := j.margins.least()
	return j.left(j.lasted, least) - tight, ok
}

// suffices reports whether the margins of a long time say that the delay does as it is.
func (j *Jitter) suffices() bool {
	least, ok := j.margins.least()
	return ok && least > tight
}

// start begins the schedule if the time has come: twice the jitter after the
// first packet's arrival, and as much later as a ptime that is no multiple of
// the tick makes its packets be wanted early. Packets that have waited much
// longer than that, for a caller who did not pop, are left out.
func (j *Jitter) start(now time.Duration) bool {
	if j.held.n == 0 {
		return false
	}
	head := &j.held.q[0] // stays the first one when others are popped
	target := 2*j.jitter + j.duration(j.frame-gcd(int64(head.duration), j.frame))
	if now < head.arrival+target {
		return false
	}
	for j.held.n > 1 && now-head.arrival > target+2*FrameDuration {
		j.held.pop()
		j.stats.Skipped++
	}
	j.running, j.cursor, j.stall, j.run = true, head.timestamp, 0, 0
	j.shifted = now
	return true
}

// trim drops what can no longer be played in order, and what has waited longer
// than the bound while others wait behind it.
func (j *Jitter) trim(now time.Duration) (skipped bool) {
	for j.held.n > 0 {
		head := &j.held.q[0]
		end := head.timestamp + int64(head.duration)
		switch {
		case j.past(head.timestamp, int64(head.duration)): // it overlaps what was played
			j.held.pop()
			j.stats.Late++
		case now-head.arrival <= MaxDelay:
			return skipped
		case head.timestamp > j.cursor+j.stall: // what it waits for is a hole: waited enough
			j.shift(j.cursor + j.stall - head.timestamp)
			j.cursor, j.stall = head.timestamp, 0
			return skipped
		case j.held.n > 1:
			j.shift(j.cursor + j.stall - end)
			j.cursor, j.stall = end, 0
			j.held.pop()
			j.stats.Skipped++
			skipped = true
		default:
			return skipped
		}
	}
	return skipped
}

// paused reports whether the hole before head is the talker's pause and not a
// loss: the sequence numbers say that nothing is missing.
func (j *Jitter) paused(head *slot) bool { return j.any && head.sequence == j.playedSN+1 }

// shorten returns what is left of the pause before head after as much of it as
// the margins show to be spare: in a pause that harms nobody.
func (j *Jitter) shorten(now time.Duration, head *slot, hole int64) int64 {
	least, ok := j.margins.least()
	if !ok {
		return hole
	}
	least = min(least, now+j.duration(hole)-head.arrival) - ample - 2*j.jitter
	cut := min(j.units(least), hole) / j.frame * j.frame
	if cut <= 0 {
		return hole
	}
	j.shift(-cut)
	j.cursor, j.stall = j.cursor+j.stall+cut, 0
	return hole - cut
}

// pass moves the schedule on through a hole.
func (j *Jitter) pass(v Verdict, units int64) Popped {
	j.cursor, j.stall = j.cursor+j.stall+units, 0
	return j.conceal(v, units)
}

// conceal answers that there is nothing to play. What lasts longer than the
// longest delay is a pause and no longer concealed.
func (j *Jitter) conceal(v Verdict, units int64) Popped {
	j.run += units
	if j.run > j.units(MaxDelay) {
		v = Wait
	}
	if v == Wait {
		j.sparing = false // whoever speaks next is heard from the first word on
	}
	switch v {
	case Lost:
		j.stats.Lost++
	case Empty:
		j.stats.Empty++
	}
	return Popped{Verdict: v, Duration: uint32(units)}
}

// overdue reports whether the delay has been too long for so long that the
// head must be left out though it may not be quiet.
func (j *Jitter) overdue(now time.Duration) bool {
	return j.held.n > 1 && j.sparing && now-j.spareSince >= unskipped && j.spare(now, &j.held.q[0])
}

// spare reports whether the delay would still do without head.
func (j *Jitter) spare(now time.Duration, head *slot) bool {
	if now-j.shifted < settle {
		return false
	}
	least, ok := j.margins.least()
	if ok && j.left(head.duration, least) > 0 {
		return true
	}
	least, ok = j.lately.least()
	return ok && j.left(head.duration, least) > plenty
}

// left returns what would be left of that least margin, beyond what must be left, without a packet that lasts so long.
func (j *Jitter) left(duration uint16, least time.Duration) time.Duration {
	return least - j.duration(max(int64(duration), j.frame)) - ample - 2*j.jitter
}

// note takes the margin of a packet that lasted so long.
func (j *Jitter) note(margin, lasted time.Duration) {
	j.margins.note(margin, lasted, lasting)
	j.lately.note(margin, lasted, latest)
}

// skipHead leaves the head out.
func (j *Jitter) skipHead(now time.Duration) {
	head := &j.held.q[0]
	j.cursor, j.stall = max(j.cursor, head.timestamp+int64(head.duration)), 0
	j.skipped(now, int64(head.duration))
	j.played, j.playedSN, j.any = head.timestamp, head.sequence, true
	j.held.pop()
}

func (j *Jitter) skipped(now time.Duration, units int64) {
	j.shift(-units)
	j.shifted, j.sparing = now, false
	j.stats.Skipped++
}

// shift tells the margins that everything is later by so much (earlier, if negative).
func (j *Jitter) shift(units int64) { j.Later(j.duration(units)) }

// play hands out the head.
func (j *Jitter) play(now time.Duration, skipped bool) Popped {
	head := j.held.q[0]
	// What was concealed while this packet was late, and what it overlaps of
	// the packet before it, make everything later from here on.
	if later := j.cursor + j.stall - head.timestamp; later > 0 {
		j.shift(later)
		j.grow = false
	}
	j.cursor, j.stall, j.run = max(j.cursor, head.timestamp+int64(head.duration)), 0, 0
	j.played, j.playedSN, j.lasted, j.any = head.timestamp, head.sequence, head.duration, true
	j.handed++
	j.delay = now - head.arrival
	j.note(j.delay, j.duration(int64(head.duration)))

	out := Popped{Verdict: Play, Duration: uint32(head.duration), Payload: j.held.pop(), PayloadType: head.payloadType(),
		Marker: head.marker(), Sequence: head.sequence, Timestamp: uint32(head.timestamp), Skipped: skipped}
	least, _ := j.lately.least()
	out.Tight = least < tight && now-j.shifted >= settle && j.delay+FrameDuration <= MaxDelay
	if out.Spare = j.spare(now, &head); out.Spare {
		j.lastSpare = int64(head.duration)
		if !j.sparing {
			j.sparing, j.spareSince = true, now
		}
	} else if now-j.shifted >= settle {
		j.sparing = false
	}
	return out
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
