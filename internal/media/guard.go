package media

import "runtime/debug"

// panicsLogged is how many panics of a loop are logged; more are only counted,
// for whoever found out how to cause one may do so with each packet.
const panicsLogged = 100

// guard is deferred around work on a packet, a session or a bridge: a panic there
// ends the session that was worked on, or all of a bridge, and is counted; the
// others do not notice.
func (l *loop) guard(doing string) {
	v := recover()
	if v == nil {
		return
	}
	s, p := l.current, l.part
	l.current, l.part = nil, nil
	if l.count.Panics++; l.count.Panics <= panicsLogged {
		l.plane.cfg.Log.Error("panic in a media loop", "doing", doing, "panic", v, "stack", string(debug.Stack()))
	}
	if p != nil {
		p.turn.under = false
		for _, y := range p.layers {
			y.mix.Clear() // half a turn must not be heard in the next
		}
		p.crowd.speakers = p.crowd.speakers[:0]
	}
	switch {
	case s != nil:
		l.giveUp(s)
	case p != nil: // nobody's in particular: the mixing itself
		for len(p.members) > 0 {
			l.giveUp(p.members[0].session)
		}
		p.asides = nil
		for _, y := range p.layers {
			y.plays, y.trunks = nil, nil
		}
	}
}

// giveUp lets s be lost at once.
func (l *loop) giveUp(s *Session) {
	s.pace.takes = false // what it would have said in this turn is left out
	l.detach(s)
	s.port.forget(s)
	for i, known := range l.known { // what else of its has come with that packet is nobody's
		if known == s {
			l.known[i] = nil
		}
	}
	s.ended = true
	s.expect()
	l.untold = append(l.untold, s)
}

// tellLost tells control of those given up, as soon as there is room for it.
func (l *loop) tellLost() {
	for len(l.untold) > 0 && l.notes.put(note{kind: noteLost, session: l.untold[0]}) {
		l.untold = l.untold[1:]
	}
}
