package media

import (
	"bytes"
	"testing"

	"confab/internal/rtp"
)

// secured lets what comes from nowhere be protected, and what is sent there.
func (p *part) secured(tb testing.TB) {
	keys := rtp.Keys{Profile: rtp.AES128GCM, Key: bytes.Repeat([]byte{1}, 16), Salt: bytes.Repeat([]byte{2}, 12)}
	for _, t := range p.loop.ports {
		t.secure = true
		n := t.rtp.(*nowhere)
		for range n.far {
			protector, err := rtp.NewProtector(keys)
			if err != nil {
				tb.Fatal(err)
			}
			n.protectors = append(n.protectors, protector)
		}
	}
	for _, m := range p.members {
		s := m.session
		s.secure = &secure{}
		var err error
		if s.secure.protector, err = rtp.NewProtector(keys); err != nil {
			tb.Fatal(err)
		}
		if s.secure.verifier, err = rtp.NewVerifier(keys); err != nil {
			tb.Fatal(err)
		}
		s.in.latch.source = s.in.latch.sdp
	}
}

// Packets in, and packets out, of secure sessions.
func TestSecure_doesNotAllocate(t *testing.T) {
	p := bridgeByHand(t, 40, 3)
	p.secured(t)
	turn := func() {
		net, quiet := p.loop.ports[0].rtp.(*nowhere), p.loop.ports[1].rtp.(*nowhere)
		before := net.sent + quiet.sent
		p.turnByHand()
		if sent := net.sent + quiet.sent - before; sent != 40 {
			t.Fatalf("%d packets sent to 40 members in a tick", sent)
		}
	}
	for range 10 {
		turn()
	}
	received := p.loop.count.Received
	if n := testing.AllocsPerRun(200, turn); n != 0 {
		t.Errorf("a tick of 40 members allocates %v times", n)
	}
	if c := p.loop.count; c.Received-received < 200*40 || c.Unverified+c.Dropped+c.Malformed != 0 {
		t.Errorf("%+v", c.LoopStats)
	}
	if heard := p.members[0].session.in.receiver.Stats().Received; heard < 200 {
		t.Errorf("%d packets heard", heard)
	}
}
