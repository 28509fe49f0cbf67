package media

import "slices"

// A turn of a part: it hears all who stand there, adds what they said, and gives each
// the sum less their own. All who add nothing hear the same, so it is coded once
// for them.
//
// A small part does it all in one slot. In a large one that would be a burst of
// packets longer than a slot: how late the last of them leaves would depend on all that goes
// on before, and whatever else the loop has to do would wait. So it hears in one
// slot, and says in those behind it, a share of the members in each.

const (
	// mostAtOnce is how many members say in the slot in which they are heard.
	mostAtOnce = 1024
	// sayShare is how many of more than that say in a slot, if the tick has slots enough.
	sayShare = 512
)

// turn is how far a part has come in its turn.
type turn struct {
	under bool    // it has heard, and not all have said
	slot  int64   // in which it has heard
	said  int     // members before it have said
	heard []int16 // memory for the frames that are heard, while the part is too large to say at once; else nil
}

// tick begins p's turn, and ends it if the part is small.
func (p *part) tick(l *loop) {
	if p.rests(l) {
		return
	}
	p.finish(l) // of a loop that was held up
	p.hear(l)
	p.sum()
	p.turn.under, p.turn.slot, p.turn.said = true, l.slot, 0
	if p.turn.heard == nil {
		p.finish(l)
		return
	}
	l.saying = append(l.saying, p)
}

// hear takes what the members, the other parts and those on other loops say.
func (p *part) hear(l *loop) {
	for _, y := range p.layers {
		y.hearTrunks()
	}
	p.hearAsides()
	for i, m := range p.members {
		p.fetch(i)
		l.current = m.session
		m.session.check(l)
		if !m.session.takesTurn(l) {
			continue
		}
		frame := m.session.hear(l, !m.muted)
		if frame != nil {
			p.put(m, frame)
		}
		m.calms(frame != nil)
	}
	l.current = nil
}

// sum adds it, and tells the other parts and those on other loops.
func (p *part) sum() {
	p.crowd.put()
	for _, y := range p.layers {
		y.sum()
	}
	if len(p.layers) > 1 {
		for _, y := range p.layers {
			y.convert()
		}
		for _, y := range p.layers {
			y.importAll()
		}
	}
	p.sayAsides()
	p.calm.tick(p.bridge.background())
}

// say lets the members up to one say what they hear.
func (p *part) say(l *loop, upTo int) {
	for p.turn.said < upTo {
		i := p.turn.said
		p.turn.said++ // whatever comes of it
		p.fetchToSay(i)
		if m := p.members[i]; m.session.pace.takes {
			l.current = m.session
			m.say(l)
		}
	}
	l.current = nil
}

// finish ends p's turn, if it is under way: who has not yet said does so now.
func (p *part) finish(l *loop) {
	if !p.turn.under {
		return
	}
	p.turn.under = false
	p.say(l, len(p.members))
	for _, y := range p.layers {
		y.mix.Clear()
	}
}

// sayOn lets the large parts whose turns are under way say what is due in this slot.
func (l *loop) sayOn() {
	for i := 0; i < len(l.saying); {
		if p := l.saying[i]; p.turn.under {
			l.sayShare(p)
		}
		if l.saying[i].turn.under {
			i++
			continue
		}
		l.saying = slices.Delete(l.saying, i, i+1)
	}
}

func (l *loop) sayShare(p *part) {
	defer l.guard("bridge")
	l.part = p
	shares := min(slotsPerTick-1, (len(p.members)+sayShare-1)/sayShare)
	if due := int(l.slot - p.turn.slot); due < shares {
		p.say(l, max(p.turn.said, len(p.members)*due/shares))
	} else {
		p.finish(l)
	}
	l.part = nil
}

// widen makes room for what the members say until all have heard it, outside of the tick.
func (p *part) widen() {
	held := &p.loop.voices
	if len(p.members) > mostAtOnce || p.turn.heard != nil {
		held = &p.turn.heard
	}
	makeVoices(held, p.samples())
}

// join puts m behind the others: it has its first turn in the next tick.
func (p *part) join(m *member) {
	m.session.pace.takes = false
	p.members = append(p.members, m)
	p.lookAnew()
}

// leave takes m out, so that those who have said stay in front of those who have not. It
// returns false if m is not there (any more).
func (p *part) leave(m *member) bool {
	if i := slices.Index(p.members, m); p.turn.under && i >= p.turn.said && m.session.pace.takes {
		p.loop.sayLast(m)
	}
	i, last := slices.Index(p.members, m), len(p.members)-1
	switch t := &p.turn; {
	case i < 0:
		return false
	case t.under && i < t.said:
		t.said--
		p.members[i] = p.members[t.said]
		i = t.said
	case !t.under && last <= mostAtOnce/2:
		t.heard = nil
	}
	p.members[i], p.members[last] = p.members[last], nil
	p.members = p.members[:last]
	p.lookAnew()
	return true
}

// sayLast lets m, which leaves in the middle of a turn, say what it would have said. If that
// panics, m is given up, and has left.
func (l *loop) sayLast(m *member) {
	s := m.session
	s.pace.takes = false
	if s.out.rate() != m.layer.rate { // it leaves because its codec has changed
		s.out.pass(1)
		return
	}
	defer l.guard("session")
	l.current = s
	m.say(l)
	l.current = nil
}

// put says what m was heard to say.
func (p *part) put(m *member, frame []int16) {
	if m.session.out.costly {
		p.crowd.add(m, frame)
		return
	}
	m.strip.Put(frame)
}

// say gives m what it hears.
func (m *member) say(l *loop) {
	s := m.session
	if len(s.out.players) > 0 && s.in.confirmed {
		m.sayPlays(l)
		return
	}
	if m.strip.HearsNothing() {
		what, v, frame := m.part.calm.voice(l, s.out.codec)
		s.sayShared(l, what, v, frame)
		return
	}
	frame, shared := m.strip.Mix(l.frame)
	if !shared {
		s.sayOwn(l, frame)
		return
	}
	s.sayShared(l, saysMix, m.layer.voice(s.out.codec), frame)
}

// sayPlays is say for somebody who hears prompts of their own over the others.
func (m *member) sayPlays(l *loop) {
	frame := l.zero(m.session.out.rate())
	m.session.out.play(frame)
	m.strip.MixOnto(frame)
	m.session.sayOwn(l, frame)
}
