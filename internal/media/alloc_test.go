package media

import (
	"fmt"
	"math"
	"net/netip"
	"testing"
	"time"

	"confab/internal/codec"
	"confab/internal/rtp"
)

// nowhere is a network on which every far end sends one packet of speech per
// tick, and what is sent to them is counted.
type nowhere struct {
	far  []netip.AddrPort
	next int
	r    rtp.Packet
	sent int

	protectors []*rtp.Protector // of each far end; none: nothing is protected
}

func (n *nowhere) Read(packets []Packet) (int, error) {
	for i := range packets {
		if n.next == len(n.far) {
			return i, nil
		}
		data := packets[i].Data[:cap(packets[i].Data)]
		n.r.SSRC = uint32(n.next)
		packets[i].Addr, packets[i].Data = n.far[n.next], data[:n.r.Put(data)]
		if n.protectors != nil {
			packets[i].Data, _ = n.protectors[n.next].Protect(packets[i].Data)
		}
		n.next++
	}
	return len(packets), nil
}

func (n *nowhere) tick() {
	n.next = 0
	n.r.Sequence++
	n.r.Timestamp += 160
}

func (n *nowhere) Write(packets []Packet) (int, error) {
	n.sent += len(packets)
	return len(packets), nil
}
func (n *nowhere) Overflows() uint64 { return 0 }
func (n *nowhere) Close() error      { return nil }

// room makes a loop that is turned by hand, with a bridge of members on it, of
// whom the first talkers speak and the others send silence.
func room(tb testing.TB, members, talkers int) (turn func()) {
	p := bridgeByHand(tb, members, talkers)
	net, quiet := p.loop.ports[0].rtp.(*nowhere), p.loop.ports[1].rtp.(*nowhere)
	return func() {
		before := net.sent + quiet.sent
		p.turnByHand()
		if sent := net.sent + quiet.sent - before; sent != members {
			tb.Fatalf("%d packets sent to %d members in a tick", sent, members)
		}
	}
}

// turnByHand lets a tick pass and p have its turn.
func (p *part) turnByHand() {
	for _, t := range p.loop.ports {
		t.rtp.(*nowhere).tick()
	}
	p.align.next = math.MaxInt64 // its packets come when it is due, whatever the slot
	p.loop.plane.epoch = p.loop.plane.epoch.Add(-tickDuration)
	p.loop.turn(p.loop.slot/slotsPerTick*slotsPerTick + slotsPerTick + int64(p.slot))
}

// bridgeByHand makes what room turns.
func bridgeByHand(tb testing.TB, members, talkers int) *part {
	p := &Plane{cfg: Config{}.withDefaults(), epoch: time.Now()}
	l := newLoop(p, 0)
	p.loops = []*loop{l}
	net, quiet := &nowhere{}, &nowhere{}
	net.r.Payload, quiet.r.Payload = speech(), silence()
	for _, n := range []*nowhere{net, quiet} {
		t := &port{loop: l, rtp: n, rtcp: &nowhere{}, door: newSideDoor(nil, nil),
			byReports: make(map[netip.AddrPort]*Session), bySSRC: make(map[uint32]*Session),
			learners: make(map[netip.Addr]*Session)}
		l.ports = append(l.ports, t)
	}
	bridge := p.NewBridge()
	part := bridge.partOn(l, 8000)
	l.mail.run()
	for i := range members {
		s := &Session{plane: p, loop: l, port: l.ports[0], out: newOutlet(), lost: make(chan struct{})}
		s.pace.begin()
		n := net
		if i >= talkers {
			s.port, n = l.ports[1], quiet
		}
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 1, byte(i >> 8), byte(i)}), 4000)
		n.far = append(n.far, addr)
		s.set(Params{Codec: codec.PCMU, DTMF: 101, Remote: addr, Send: true, Receive: true}, false)
		s.started, s.in.confirmed = true, true
		s.nextCheck, s.nextSR = time.Hour, time.Hour
		if err := part.add(s, false); err != nil {
			tb.Fatal(err)
		}
	}
	return part
}

func speech() []byte {
	b := make([]byte, 160)
	for i := range b {
		b[i] = byte(0x20 + i%16 | i<<7)
	}
	return b
}

func silence() []byte {
	b := make([]byte, 160)
	for i := range b {
		b[i] = 0xff
	}
	return b
}

func TestTick_doesNotAllocate(t *testing.T) {
	for _, talkers := range []int{0, 3, 40} {
		t.Run(fmt.Sprint(talkers, " of 40 talk"), func(t *testing.T) {
			turn := room(t, 40, talkers)
			for range 10 {
				turn() // buffers grow to their size
			}
			if n := testing.AllocsPerRun(200, turn); n != 0 {
				t.Errorf("a tick of 40 members allocates %v times", n)
			}
		})
	}
}

func BenchmarkTick(b *testing.B) {
	for _, c := range []struct{ members, talkers int }{{4, 4}, {1000, 3}, {1000, 1000}, {1000, 0}} {
		b.Run(fmt.Sprintf("%d members, %d talk", c.members, c.talkers), func(b *testing.B) {
			turn := room(b, c.members, c.talkers)
			for b.Loop() {
				turn()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*c.members), "ns/member")
		})
	}
}

// Between two ticks the kernel, and whatever else the machine does, has the
// caches: what a tick fetches from memory is most of what it costs.
func BenchmarkTick_coldCaches(b *testing.B) {
	others := make([]int64, 64<<20/8)
	for _, c := range []struct{ members, talkers int }{{1000, 3}, {1000, 1000}} {
		b.Run(fmt.Sprintf("%d members, %d talk", c.members, c.talkers), func(b *testing.B) {
			turn := room(b, c.members, c.talkers)
			for b.Loop() {
				b.StopTimer()
				for i := range others {
					others[i]++
				}
				b.StartTimer()
				turn()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*c.members), "ns/member")
		})
	}
}
