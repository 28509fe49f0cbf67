package media

import (
	"testing"

	"confab/internal/rtp"
)

// all takes the notes that wait.
func (n *notes) all() (list []note) {
	for {
		v, ok := n.take()
		if !ok {
			return list
		}
		list = append(list, v)
	}
}

// Whoever sends a flood of digits does not drown what is told of others.
func TestNotes_aFloodOfDigitsLeavesRoomForOthers(t *testing.T) {
	p := bridgeByHand(t, 2, 2)
	l, t0 := p.loop, p.loop.ports[0]
	p.turnByHand()
	l.notes.all()
	flooder, other := p.members[0].session, p.members[1].session
	timestamp := uint32(0)
	press := func(s *Session, n int) {
		b := make([]byte, 100)
		r := rtp.Packet{SSRC: s.in.ssrc, Sequence: s.in.sequence, PayloadType: 101, Payload: []byte{5, 0x0a, 0, 160}}
		for range n {
			r.Sequence++
			timestamp += 1000
			r.Timestamp = timestamp
			l.receive(t0, &Packet{Addr: s.in.latch.source, Data: b[:r.Put(b)]}, s)
		}
	}
	press(flooder, 5000)
	press(other, 3)
	count := map[*Session]int{}
	for _, n := range l.notes.all() {
		if n.kind == noteDigit {
			count[n.session]++
		}
	}
	if count[other] != 3 || count[flooder] != maxPresses {
		t.Errorf("%d digits of 3, and %d of the flood, were told", count[other], count[flooder])
	}
	if lost := l.notes.lost.Load(); lost != 5000-maxPresses {
		t.Errorf("%d digits are counted as lost", lost)
	}
	other.nextCheck, flooder.nextCheck = 0, 0
	p.turnByHand()
	l.notes.all()
	press(flooder, 1)
	if got := l.notes.all(); len(got) != 1 {
		t.Errorf("%d digits told after the flood, want 1", len(got))
	}
}

// Where a session has latched is told once there is room for it: until then
// nobody else may wait at its port.
func TestSettle_isToldWhenThereIsRoom(t *testing.T) {
	p := bridgeByHand(t, 1, 1)
	l, s := p.loop, p.members[0].session
	for l.notes.put(note{kind: noteDigit, session: s}) {
	}
	p.turnByHand() // its first packet
	if !s.in.latch.source.IsValid() || !s.unsettled {
		t.Fatal("it has not latched, or told")
	}
	l.notes.all()
	s.nextCheck = 0
	p.turnByHand()
	got := l.notes.all()
	if len(got) != 1 || got[0].kind != noteLatched || got[0].addr != s.in.latch.source {
		t.Errorf("told %+v, want where it has latched", got)
	}
	s.nextCheck = 0
	p.turnByHand()
	if got := l.notes.all(); len(got) != 0 {
		t.Errorf("told again: %+v", got)
	}
}
