package media

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// ledger is a network on which every far end sends silence, that keeps in which slot each
// was sent something, and with which RTP timestamp.
type ledger struct {
	nowhere
	loop  *loop
	slots map[netip.AddrPort][]int64
	at    map[netip.AddrPort][]uint32
}

func (n *ledger) Write(packets []Packet) (int, error) {
	for _, p := range packets {
		n.slots[p.Addr] = append(n.slots[p.Addr], n.loop.slot)
		n.at[p.Addr] = append(n.at[p.Addr], binary.BigEndian.Uint32(p.Data[4:]))
	}
	return len(packets), nil
}

// hall is a part of so many whose loop is turned slot by slot.
func hall(t *testing.T, members int) (*part, *ledger) {
	p := bridgeByHand(t, members, 0)
	port := p.loop.ports[1]
	book := &ledger{nowhere: *port.rtp.(*nowhere), loop: p.loop, slots: map[netip.AddrPort][]int64{}, at: map[netip.AddrPort][]uint32{}}
	port.rtp = book
	return p, book
}

// pass lets so many slots pass.
func (n *ledger) pass(slots int) {
	for range slots {
		next := n.loop.slot + 1
		if next%slotsPerTick == 0 {
			n.tick()
		}
		time.Sleep(time.Until(n.loop.plane.epoch.Add(time.Duration(next) * slotDuration)))
		n.loop.turn(next)
	}
}

// A large part's packets leave in the slots of the whole tick, each member's in the same one
// in every tick.
func TestTurn_aLargePartSaysOverTheTick(t *testing.T) { synctest.Test(t, aLargePartSaysOverTheTick) }

func aLargePartSaysOverTheTick(t *testing.T) {
	const members, ticks = 3000, 5
	p, book := hall(t, members)
	book.pass(ticks*slotsPerTick + int(p.slot) + slotsPerTick)
	perSlot := make(map[int64]int)
	for addr, slots := range book.slots {
		if len(slots) < ticks {
			t.Fatalf("%v was sent %d packets in %d ticks", addr, len(slots), ticks)
		}
		for i, s := range slots {
			perSlot[s]++
			if i > 0 && s-slots[i-1] != slotsPerTick {
				t.Fatalf("%v was sent packets in the slots %v", addr, slots)
			}
		}
	}
	if len(book.slots) != members {
		t.Errorf("%d of %d heard something", len(book.slots), members)
	}
	for s, n := range perSlot {
		if n > members/6+1 {
			t.Errorf("slot %d: %d packets, more than a sixth of all", s, n)
		}
	}
}

// Whoever comes or goes while a turn is under way: nobody else misses a packet or is sent
// two, and who goes is sent what they would have been.
func TestTurn_membersComeAndGoInTheMiddle(t *testing.T) {
	synctest.Test(t, membersComeAndGoInTheMiddle)
}

func membersComeAndGoInTheMiddle(t *testing.T) {
	const members = 2500
	p, book := hall(t, members)
	book.pass(4 * slotsPerTick)
	// Turns that have begun: the first slot that passes is the one behind 0.
	begun := func() int { return int((p.loop.slot - int64(p.slot) + slotsPerTick) / slotsPerTick) }
	due := make(map[netip.AddrPort]int) // packets, of who went
	for step := range 60 {
		book.pass(1)
		m := p.members[(step*977)%len(p.members)]
		addr := m.session.in.latch.sdp
		p.loop.detach(m.session)
		if due[addr] = begun(); step%3 == 0 { // and comes back
			delete(due, addr)
			if err := p.add(m.session, false); err != nil {
				t.Fatal(err)
			}
		}
	}
	for book.pass(2 * slotsPerTick); len(p.loop.saying) > 0; {
		book.pass(1)
	}
	if len(book.at) != members {
		t.Fatalf("%d of %d heard something", len(book.at), members)
	}
	for addr, at := range book.at {
		want, went := due[addr]
		if !went {
			want = begun()
		}
		if len(at) != want {
			t.Fatalf("%v was sent %d packets in %d turns, in the slots %v", addr, len(at), want, book.slots[addr])
		}
		for i := 1; i < len(at); i++ {
			if at[i]-at[i-1] != 160 {
				t.Fatalf("%v: timestamps %v", addr, at)
			}
		}
	}
}

// A panic in a share ends the session that it came of; the next turn is whole.
func TestTurn_aPanicInAShareEndsOneSession(t *testing.T) {
	synctest.Test(t, aPanicInAShareEndsOneSession)
}

func aPanicInAShareEndsOneSession(t *testing.T) {
	const members = mostAtOnce + 500
	p := bridgeByHand(t, members, members)
	quietly(p)
	net := p.loop.ports[0].rtp.(*nowhere)
	turn := func() { p.turnByHand(); p.sayAllByHand() }
	for range 3 {
		turn()
	}
	bad := p.members[members/2].session
	bad.out.coder.encoder = broken{}
	turn()
	if p.loop.count.Panics != 1 || !bad.ended || len(p.members) != members-1 {
		t.Fatalf("%d panics, ended %v, %d members", p.loop.count.Panics, bad.ended, len(p.members))
	}
	for range 3 {
		if n := net.sentIn(turn); n != members-1 {
			t.Errorf("%d packets sent to the other %d", n, members-1)
		}
	}
	if len(p.loop.saying) != 0 || p.turn.under {
		t.Errorf("%d parts say on, under way %v", len(p.loop.saying), p.turn.under)
	}
}

// Who leaves in the middle of a turn is said to, by whatever hand takes them out. A panic there
// ends that session, once, and nothing else.
func TestTurn_aPanicOnLeavingEndsOneSession(t *testing.T) {
	synctest.Test(t, aPanicOnLeavingEndsOneSession)
}

func aPanicOnLeavingEndsOneSession(t *testing.T) {
	const members = mostAtOnce + 500
	p := bridgeByHand(t, members, members)
	quietly(p)
	l := p.loop
	for range 3 {
		p.turnByHand()
		p.sayAllByHand()
	}
	bad := p.members[members-1].session
	bad.out.coder.encoder = broken{}
	p.turnByHand() // it has heard, and nobody has said
	l.detach(bad)
	if l.count.Panics != 1 || !bad.ended || bad.member != nil || len(p.members) != members-1 || p.layers[0].members != members-1 {
		t.Fatalf("%d panics, ended %v, %d members, %d of the layer", l.count.Panics, bad.ended, len(p.members), p.layers[0].members)
	}
	worse := p.members[members-2].session
	worse.out.coder.encoder = broken{}
	l.giveUp(worse) // as for a panic over its packet: it is said to no more
	if got := lost(l); l.count.Panics != 1 || len(p.members) != members-2 || len(l.untold)+len(got) != 2 {
		t.Errorf("%d panics, %d members, %d told", l.count.Panics, len(p.members), len(l.untold)+len(got))
	}
	p.sayAllByHand()
	net := l.ports[0].rtp.(*nowhere)
	if n := net.sentIn(func() { p.turnByHand(); p.sayAllByHand() }); n != members-2 {
		t.Errorf("%d packets sent to the other %d", n, members-2)
	}
}

// What a large part holds on to while its turn is under way is its own memory, which is there
// before the tick.
func TestTurn_ofALargePartDoesNotAllocate(t *testing.T) {
	p := bridgeByHand(t, mostAtOnce+1, 40)
	turn := func() { p.turnByHand(); p.sayAllByHand() }
	for range 10 {
		turn()
	}
	if n := testing.AllocsPerRun(20, turn); n != 0 {
		t.Errorf("a tick of %d members allocates %v times", mostAtOnce+1, n)
	}
}
