package media

import (
	"net/netip"
	"testing"

	"confab/internal/rtp"
)

// cable is a connection on which what is sent is counted, and goes to its other end.
type cable struct {
	sent int
	to   *Session
}

func (c *cable) Send(data []byte) bool {
	c.sent++
	return c.to == nil || c.to.Deliver(data)
}

// Packets in, and packets out, of sessions whose far ends have a connection.
func TestBeside_doesNotAllocate(t *testing.T) {
	p := bridgeByHand(t, 40, 40)
	p.secured(t)
	net := p.loop.ports[0].rtp.(*nowhere)
	far, protectors := net.far, net.protectors
	net.far = nil // nothing comes to the port
	c := new(cable)
	for _, m := range p.members {
		m.session.secure.sender = c
	}
	r := rtp.Packet{Payload: speech()}
	b := make([]byte, maxDatagram)
	turn := func() {
		before := c.sent
		r.Sequence++
		r.Timestamp += 160
		for i, m := range p.members {
			r.SSRC = uint32(i)
			data, err := protectors[i].Protect(b[:r.Put(b)])
			if err != nil || !m.session.Deliver(data) {
				t.Fatalf("a packet is not taken: %v", err)
			}
		}
		p.turnByHand()
		if sent := c.sent - before; sent != len(far) {
			t.Fatalf("%d packets sent to %d members in a tick", sent, len(far))
		}
	}
	for range 10 {
		turn()
	}
	received := p.loop.count.Received
	if n := testing.AllocsPerRun(200, turn); n != 0 {
		t.Errorf("a tick of 40 members allocates %v times", n)
	}
	if got := p.loop.count; got.Received-received < 200*40 || got.Unverified+got.Dropped+got.Malformed+got.SendErrors != 0 || net.sent != 0 {
		t.Errorf("%d sent by UDP, %+v", net.sent, got.LoopStats)
	}
	if heard := p.members[0].session.in.receiver.Stats().Received; heard < 200 {
		t.Errorf("%d packets heard", heard)
	}
}

// Who says more than a loop hears costs a bounded amount of memory, and takes no room from
// others.
func TestInbox_isBounded(t *testing.T) {
	p := bridgeByHand(t, 2, 2)
	p.secured(t)
	x, a, b := &p.loop.inbox, p.members[0].session, p.members[1].session
	data := make([]byte, maxDatagram)
	data[0] = 128
	taken := 0
	for range 10 * inboxEach {
		if a.Deliver(data) {
			taken++
		}
	}
	if taken != inboxEach || !b.Deliver(data) {
		t.Errorf("%d packets of one session are taken, want %d, and one of another", taken, inboxEach)
	}
	for s, n := range map[*Session]int{a: 0, b: inboxEach} { // more sessions than there are
		s.secure.waiting = n
	}
	for i := 0; x.put(a, data, 0); i++ {
		a.secure.waiting = 0
		if len(x.data) > inboxSize {
			t.Fatalf("%d bytes wait, want %d at the most", len(x.data), inboxSize)
		}
	}
	p.turnByHand()
	if !a.Deliver(data) || !b.Deliver(data) {
		t.Error("there is no room after a turn")
	}
	for what, data := range map[string][]byte{
		"nothing": nil, "STUN": {0, 1, 0, 0}, "DTLS": {22, 254, 253}, "more than a datagram": append(data, 0),
	} {
		if a.Deliver(data) {
			t.Errorf("%s is taken for voice", what)
		}
	}
}

// A far end that has a connection is not found by its address, which by UDP is somebody else's.
func TestSetConnection(t *testing.T) {
	plane, err := New(Config{Loops: 2, SessionsPerLoop: 1, PortLow: 21500, PortHigh: 21599})
	if err != nil {
		t.Fatal(err)
	}
	defer plane.Close()
	open := func() *Session {
		s, err := plane.Open(SessionConfig{Secure: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		return s
	}
	s := open()
	at := netip.MustParseAddrPort("192.0.2.7:4000")
	if err := s.SetConnection(new(cable), at); err != nil {
		t.Fatal(err)
	}
	if got := s.Stats().Remote; got != at {
		t.Errorf("the far end is at %v, want %v", got, at)
	}
	found := func() (known *Session) {
		s.loop.do(func() { known = s.port.bySource.get(at) })
		return known
	}
	if found() != nil {
		t.Error("what comes by UDP from the address of a connection is taken for its far end's")
	}
	if err := s.SetPath(at); err != nil {
		t.Fatal(err)
	}
	if found() != s {
		t.Error("after SetPath: not found by its address")
	}
	if err := s.SetConnection(new(cable), at); err != nil {
		t.Fatal(err)
	}
	if found() != nil {
		t.Error("after SetConnection: still found by its address")
	}
	s.Close()
	if err := s.SetConnection(new(cable), at); err != nil {
		t.Log("closed:", err)
	}
	plain, err := plane.Open(SessionConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if plain.SetConnection(new(cable), at) == nil || plain.Deliver([]byte{128, 0}) {
		t.Error("a session that is not secure takes a connection, or packets")
	}
}
