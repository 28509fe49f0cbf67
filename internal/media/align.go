package media

import "time"

// When a bridge is due is free to choose, and a packet waits for that: between nothing and a
// tick, by when its far end sends. In a large bridge that is the same whatever the slot. In a small
// one it is not: of four that happen to send in the five milliseconds before its slot each waits two or
// three, and of four that send in those behind it seventeen. So a small bridge, all of it on one loop, looks from time to time
// whether another slot would be better.
//
// It only ever becomes later, by less than a tick: then no packet is missing, and who has thereby one too many
// leaves it out (rtp.Jitter.Later). It does so while nobody is heard, for the far ends see it as jitter, and
// some of them as a frame that is left out (pace).
const (
	mostAligned = 64 // members: of more, the slots differ by next to nothing
	// alignWorth is by how much the packets of a bridge must wait less in another slot, at the mean.
	alignWorth = time.Millisecond

	alignJoined = int64(12 * time.Second / slotDuration) // after somebody has come or gone, until enough has been heard of them
	alignMoved  = int64(30 * time.Second / slotDuration) // after a move, until it has had its effect
	alignAgain  = int64(time.Minute / slotDuration)      // for clocks drift
	alignBusy   = int64(5 * slotsPerTick)                // while somebody is heard
)

// align is when a part looks for a better slot, and when it is due again after a move.
type align struct {
	next int64 // slot of the loop
	from int64 // it has no turn before that slot
}

// rests reports whether p, which has moved, has a tick yet to wait.
func (p *part) rests(l *loop) bool { return l.slot < p.align.from }

// lookAnew lets p look for a better slot a while after somebody has come or gone.
func (p *part) lookAnew() {
	p.align.next = int64(p.loop.clock().Sub(p.loop.plane.epoch)/slotDuration) + alignJoined
}

// alignOne lets one of the parts in s look for a better slot, the next one in each tick. It is called
// when what is due has been said.
func (l *loop) alignOne(s *slot) {
	if len(s.parts) == 0 {
		return
	}
	s.aligned++
	p := s.parts[s.aligned%len(s.parts)]
	if n := len(p.members); l.slot < p.align.next || p.rests(l) || n < 2 || n > mostAligned {
		return
	}
	defer l.guard("bridge")
	l.part = p
	p.align.next = l.slot + p.look()
	l.part = nil
}

// look lets p move to a better slot, if there is one, and returns after how many slots it is to look again.
func (p *part) look() int64 {
	if p.isHeard() {
		return alignBusy
	}
	later := p.bestSlot()
	if later == 0 {
		return alignAgain
	}
	if !p.bridge.mu.TryLock() {
		return alignBusy // control is at it
	}
	defer p.bridge.mu.Unlock()
	if len(p.bridge.parts) != 1 || p.bridge.closed {
		return alignAgain // what is on several loops, or has been, keeps the slots that it has
	}
	p.moveLater(later)
	return alignMoved
}

// isHeard reports whether anything is heard at p but the noise of lines.
func (p *part) isHeard() bool {
	for _, m := range p.members {
		if !m.muted && m.session.in.loud > 0 {
			return true
		}
	}
	for _, y := range p.layers {
		if len(y.plays) > 0 {
			return true
		}
	}
	return false
}

// bestSlot returns by how many slots p should be later; 0: it is best where it is.
func (p *part) bestSlot() (best int) {
	var spares [slotsPerTick]int // members who have a packet too many, if it is so much later
	heard := 0
	for _, m := range p.members {
		in := &m.session.in
		if m.muted || in.codec == nil || in.held || !in.speaks {
			continue
		}
		excess, ok := in.jitter.Excess()
		if !ok {
			continue // nothing comes, or not for long
		}
		heard++
		for k := range spares {
			if excess+time.Duration(k)*slotDuration > 0 {
				spares[k]++
			}
		}
	}
	if heard == 0 {
		return 0
	}
	due := p.loop.due()
	gained := time.Duration(heard)*alignWorth - 1 // of all together
	for k := 1; k < slotsPerTick; k++ {
		gain := time.Duration(spares[k]-spares[0])*tickDuration - time.Duration(heard*k)*slotDuration
		if gain > gained && hasRoom(due, (p.slot+k)%slotsPerTick, len(p.members)) {
			best, gained = k, gain
		}
	}
	return best
}

// due returns how many sessions are due in each slot.
func (l *loop) due() (n [slotsPerTick]int) {
	for i := range l.slots {
		n[i] = len(l.slots[i].sessions)
		for _, p := range l.slots[i].parts {
			n[i] += len(p.members)
		}
	}
	return n
}

// hasRoom reports whether so many members more may be due in a slot, where so many are in each: its
// turn is not to become much longer than the others.
func hasRoom(due [slotsPerTick]int, slot, members int) bool {
	all := 0
	for _, n := range due {
		all += n
	}
	there := due[slot] + members
	return there <= mostAligned || there <= 3*all/(2*slotsPerTick)
}

// moveLater lets p be due so many slots later, from the next tick on; under bridge.mu.
func (p *part) moveLater(slots int) {
	p.loop.removePart(p)
	p.slot = (p.slot + slots) % slotsPerTick
	p.bridge.slot = p.slot
	p.loop.addPart(p)
	p.align.from = p.loop.slot + slotsPerTick
	for _, m := range p.members {
		m.session.due = p.slot
	}
}
