package media

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"confab/internal/codec"
	"confab/internal/rtp"
)

// broken panics when it is used.
type broken struct{ codec.Codec }

func (broken) Samples([]byte) int                   { panic("of the test") }
func (broken) Level([]byte) (int, bool)             { panic("of the test") }
func (broken) Encode([]byte, []int16) int           { panic("of the test") }
func (broken) CopyFrom(codec.Encoder)               {}
func quietly(p *part)                               { p.loop.plane.cfg.Log = slog.New(slog.NewTextHandler(io.Discard, nil)) }
func (n *nowhere) sentIn(turn func()) (packets int) { n.sent = 0; turn(); return n.sent }

// A panic over one session's packet, voice or report ends that session, is
// counted, and the others go on.
func TestGuard_endsOneSessionOfABridge(t *testing.T) {
	p := bridgeByHand(t, 5, 5)
	quietly(p)
	l, net := p.loop, p.loop.ports[0].rtp.(*nowhere)
	for range 3 {
		p.turnByHand()
	}
	bad, good := p.members[2].session, p.members[0].session
	for name, harm := range map[string]func(){
		"while hearing": func() { bad.in.codec = broken{codec.PCMU} },
		"while saying":  func() { bad.in.codec, bad.out.coder.encoder = codec.PCMU, broken{} },
	} {
		t.Run(name, func(t *testing.T) {
			bad = p.members[2].session
			members, panics := len(p.members), l.count.Panics
			harm()
			p.turnByHand()
			if l.count.Panics != panics+1 || bad.member != nil || !bad.ended || len(p.members) != members-1 {
				t.Fatalf("panics %d, want %d; member %v, ended %v, members %d", l.count.Panics, panics+1, bad.member, bad.ended, len(p.members))
			}
			if got := lost(l); len(got) != 1 || got[0] != bad {
				t.Errorf("%d sessions were told that they are lost, want the one", len(got))
			}
			for range 3 {
				if n := net.sentIn(p.turnByHand); n != members-1 {
					t.Errorf("%d packets sent to the other %d", n, members-1)
				}
			}
			if l.count.Panics != panics+1 {
				t.Errorf("it goes on: %d panics", l.count.Panics)
			}
			if good.member == nil {
				t.Error("another one was ended with it")
			}
		})
	}
}

// A turn that was broken off leaves nothing that is heard in the next.
func TestGuard_theNextTurnIsWhole(t *testing.T) {
	p := bridgeByHand(t, 4, 4)
	quietly(p)
	for range 3 {
		p.turnByHand()
	}
	p.members[3].session.out.coder.encoder = broken{} // all have put their voices by then
	p.turnByHand()
	if len(p.members) != 3 {
		t.Fatalf("%d members are left", len(p.members))
	}
	p.layers[0].mix.Sum()
	if n, _ := p.members[0].strip.Mix(make([]int16, 160)); n[0] != 0 || n[100] != 0 {
		t.Errorf("half a turn is left: %v", n[:4])
	}
}

// What cannot be laid to one session ends the bridge, and not the loop.
func TestGuard_endsABridgeThatCannotMix(t *testing.T) {
	p := bridgeByHand(t, 4, 4)
	quietly(p)
	p.layers[0].plays = append(p.layers[0].plays, &played{}) // without a player
	p.turnByHand()
	p.turnByHand()
	if p.loop.count.Panics != 1 || len(p.members) != 0 {
		t.Errorf("%d panics, %d members; want 1 and 0", p.loop.count.Panics, len(p.members))
	}
	if got := lost(p.loop); len(got) != 4 {
		t.Errorf("%d sessions were told that they are lost, want 4", len(got))
	}
}

// lost takes all notes and returns who is lost by them.
func lost(l *loop) (sessions []*Session) {
	for {
		n, ok := l.notes.take()
		if !ok {
			return sessions
		}
		if n.kind == noteLost {
			sessions = append(sessions, n.session)
		}
	}
}

func TestGuard_endsOneSessionThatStandsAlone(t *testing.T) {
	p := bridgeByHand(t, 3, 3)
	quietly(p)
	l := p.loop
	var alone []*Session
	for len(p.members) > 0 {
		s := p.members[0].session
		p.remove(p.members[0])
		alone = append(alone, s)
		l.slots[p.slot].sessions = append(l.slots[p.slot].sessions, s) // all in one slot
		s.standsIn = &l.slots[p.slot]
		l.members++
	}
	alone[0].in.codec = broken{codec.PCMU}
	alone[0].in.size = 160
	alone[0].taps = []*Tap{{ring: newRing(1000), more: make(chan struct{}, 1)}}
	for range 5 {
		p.turnByHand()
	}
	if l.count.Panics != 1 || !alone[0].ended || alone[0].standsIn != nil {
		t.Errorf("%d panics, ended %v; want 1 and true", l.count.Panics, alone[0].ended)
	}
	for i, s := range alone[1:] {
		if s.out.packets != 5 {
			t.Errorf("other session %d has sent %d packets of 5", i, s.out.packets)
		}
	}
	alone[1].taps = nil
}

// What has come with the packet over which a session is given up is nobody's.
func TestGuard_endsASessionInTheMiddleOfABatch(t *testing.T) {
	p := bridgeByHand(t, 2, 2)
	quietly(p)
	l, bad, good := p.loop, p.members[0].session, p.members[1].session
	bad.in.codec = broken{codec.PCMU}
	port := bad.port
	for i, s := range []*Session{bad, bad, good, bad} {
		r := rtp.Packet{Sequence: uint16(i), Timestamp: uint32(160 * i), SSRC: s.in.ssrc, Payload: speech()}
		r.PayloadType = s.in.payloadType
		l.in[i].Data, l.in[i].Addr = make([]byte, maxDatagram), s.in.latch.sdp
		l.in[i].Data = l.in[i].Data[:r.Put(l.in[i].Data)]
		s.in.latch.source = s.in.latch.sdp
		l.known[i] = s
	}
	before := good.in.receiver.Stats().Received
	for l.taken = 0; l.taken < 4; {
		l.receiveSome(port, 4)
	}
	if l.count.Panics != 1 || !bad.ended || l.count.Dropped != 2 {
		t.Errorf("%d panics, ended %v, %d packets dropped; want 1, true and 2", l.count.Panics, bad.ended, l.count.Dropped)
	}
	if n := good.in.receiver.Stats().Received - before; n != 1 {
		t.Errorf("%d packets of the other taken, want 1", n)
	}
}

func TestGuard_isAroundReports(t *testing.T) {
	p := &Plane{cfg: Config{Log: slog.New(slog.NewTextHandler(io.Discard, nil))}.withDefaults(), epoch: time.Now()}
	l := newLoop(p, 0)
	for range 3 {
		l.receiveGuarded(nil, &Packet{})
	}
	if l.count.Panics != 3 {
		t.Errorf("%d panics, want 3", l.count.Panics)
	}
}

// What has to be told is told when there is room again.
func TestTellLost_waitsForRoom(t *testing.T) {
	p := bridgeByHand(t, 1, 1)
	l, s := p.loop, p.members[0].session
	for l.notes.put(note{kind: noteDigit, session: s}) {
	}
	l.giveUp(s)
	l.tellLost()
	if len(l.untold) != 1 {
		t.Fatal("it is not remembered who is lost")
	}
	lost(l) // makes room
	l.tellLost()
	if got := lost(l); len(got) != 1 || got[0] != s {
		t.Errorf("%d sessions were told that they are lost, want the one", len(got))
	}
}
