package media

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/codec"
	"confab/internal/rtp"
)

// farEnds is a network of far ends of one loop, each of which says something of
// its own in each tick, and keeps what it hears.
type farEnds struct {
	of    *tree
	first int // member
	n     int
	next  int // whose packet is read next
}

// tree is one conference over several loops that are turned by hand.
type tree struct {
	plane   *Plane
	parts   []*part // the root first
	crowds  []*farEnds
	talks   func(member int) bool
	ticks   int
	said    [][]byte // this tick, by member
	heard   [][]byte
	members int
	sent    int
}

func (c *farEnds) Read(packets []Packet) (n int, err error) {
	for n < len(packets) && c.next < c.first+c.n {
		i := c.next
		c.next++
		data := packets[n].Data[:cap(packets[n].Data)]
		r := rtp.Packet{SSRC: uint32(i + 1), Sequence: uint16(c.of.ticks), Timestamp: uint32(160 * c.of.ticks), Payload: c.of.said[i]}
		packets[n].Addr, packets[n].Data = farEnd(i), data[:r.Put(data)]
		n++
	}
	return n, nil
}

func (c *farEnds) Write(packets []Packet) (int, error) {
	for i := range packets {
		ip := packets[i].Addr.Addr().As4()
		member := int(ip[1]-1)<<16 | int(ip[2])<<8 | int(ip[3])
		copy(c.of.heard[member], packets[i].Data[rtp.HeaderSize:])
		c.of.sent++
	}
	return len(packets), nil
}

func (c *farEnds) Overflows() uint64 { return 0 }
func (c *farEnds) Close() error      { return nil }

func farEnd(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, byte(1 + i>>16), byte(i >> 8), byte(i)}), 4000)
}

// newTree puts members into one conference, as many on each loop.
func newTree(tb testing.TB, members, loops int, talks func(int) bool) *tree {
	r := &tree{plane: &Plane{cfg: Config{}.withDefaults(), epoch: time.Now()}, talks: talks, members: members}
	bridge := r.plane.NewBridge()
	for n := range loops {
		l := newLoop(r.plane, n)
		r.plane.loops = append(r.plane.loops, l)
		c := &farEnds{of: r, first: n * members / loops}
		c.n, c.next = (n+1)*members/loops-c.first, c.first
		c.next = c.first + c.n
		t := &port{loop: l, rtp: c, rtcp: &nowhere{}, door: newSideDoor(nil, nil), byReports: make(map[netip.AddrPort]*Session),
			bySSRC: make(map[uint32]*Session), learners: make(map[netip.Addr]*Session)}
		l.ports = []*port{t}
		p := bridge.partOn(l, 8000)
		l.mail.run()
		for i := c.first; i < c.first+c.n; i++ {
			s := &Session{plane: r.plane, loop: l, port: t, out: newOutlet(), lost: make(chan struct{})}
			s.pace.begin()
			s.set(Params{Codec: codec.PCMU, DTMF: 101, Remote: farEnd(i), Send: true, Receive: true}, false)
			s.started, s.in.confirmed = true, true
			s.nextCheck, s.nextSR = time.Hour, time.Hour
			if err := p.add(s, false); err != nil {
				tb.Fatal(err)
			}
		}
		r.parts, r.crowds = append(r.parts, p), append(r.crowds, c)
	}
	r.parts[0].loop.mail.run() // trunks of those that came later
	for range members {
		r.said, r.heard = append(r.said, silence()), append(r.heard, make([]byte, 160))
	}
	return r
}

// turn lets a tick pass: the root has its slot, and half a tick later the others.
func (r *tree) turn() {
	r.ticks++
	for i := range r.said {
		if r.talks(i) {
			speak(r.said[i], i, r.ticks)
		}
	}
	for i, p := range r.parts {
		n := int64(r.ticks*slotsPerTick + p.slot)
		if i < 2 { // the others are due with the second
			time.Sleep(time.Until(r.plane.epoch.Add(time.Duration(n) * slotDuration)))
		}
		r.crowds[i].next = r.crowds[i].first
		p.loop.turn(n)
		p.sayAllByHand()
	}
}

// sayAllByHand lets the slots pass in which a large part says.
func (p *part) sayAllByHand() {
	for len(p.loop.saying) > 0 {
		p.loop.turn(p.loop.slot + 1)
	}
}

// speak makes what a member says in a tick: nobody else's, and not so loud that
// a thousand at a time would have to be limited.
func speak(b []byte, member, tick int) {
	x := uint32(member)*2654435761 + uint32(tick)*40503 + 1
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x>>24)&0x8f | 0x70
	}
}

// However many loops a conference is spread over, it is one: in every tick each
// of thousands hears the exact sum of all others and not itself, those of its own
// loop at once, what came from the root at the same tick, and what came by way of
// the root a tick later.
func TestTree_everybodyHearsTheExactSumOfAllOthers(t *testing.T) {
	for _, c := range []struct {
		members, loops int
		every          int // so manieth talks
	}{{10_000, 10, 97}, {2_100, 2, 31}, {1_000, 7, 1}, {50, 2, 3}, {64, 1, 2}} {
		if testing.Short() && c.members > 1000 {
			continue
		}
		t.Run(fmt.Sprintf("%d on %d loops", c.members, c.loops), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newTree(t, c.members, c.loops, func(i int) bool { return i%c.every == 0 })
				decoder, encoder := codec.PCMU.NewDecoder(), codec.PCMU.NewEncoder()
				var now, before [][160]int32 // sums of the parts
				own, mixed, want := make([]int16, 160), make([]int16, 160), make([]byte, 160)
				for range 8 {
					r.turn()
					before, now = now, make([][160]int32, c.loops)
					for n, part := range r.crowds {
						for i := part.first; i < part.first+part.n; i++ {
							decoder.Decode(own, r.said[i])
							for k, v := range own {
								now[n][k] += int32(v)
							}
						}
					}
					if r.ticks < 3 {
						continue
					}
					for n, part := range r.crowds {
						var sum [160]int32
						for m := range now {
							from := before
							if m == n || m == 0 { // its own, and the root's, which has had its turn
								from = now
							}
							for k := range sum {
								sum[k] += from[m][k]
							}
						}
						for i := part.first; i < part.first+part.n; i++ {
							decoder.Decode(own, r.said[i])
							for k := range sum {
								mixed[k] = int16(min(max(sum[k]-int32(own[k]), -32768), 32767))
							}
							encoder.Encode(want, mixed)
							if !bytes.Equal(r.heard[i], want) {
								t.Fatalf("tick %d: member %d, on loop %d, does not hear the sum of the others:\n%x\nwant\n%x", r.ticks, i, n, r.heard[i], want)
							}
						}
					}
				}
				if r.sent != 8*c.members {
					t.Errorf("%d packets sent in 8 ticks to %d", r.sent, c.members)
				}
			})
		})
	}
}

func TestTree_doesNotAllocate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newTree(t, 60, 3, func(i int) bool { return i%10 == 0 })
		for range 10 {
			r.turn()
		}
		if n := testing.AllocsPerRun(50, r.turn); n != 0 {
			t.Errorf("a tick of a tree of three mixers allocates %v times", n)
		}
	})
}

// The whole of a tick of ten thousand, and of each loop of the tree.
func BenchmarkTree(b *testing.B) {
	for _, loops := range []int{1, 2, 10} {
		b.Run(fmt.Sprintf("10000 on %d loops", loops), func(b *testing.B) {
			r := newTree(b, 10_000, loops, func(i int) bool { return i < 3 })
			turn := func() {
				r.ticks++
				r.plane.epoch = time.Now().Add(-time.Duration(r.ticks) * tickDuration)
				for i, p := range r.parts {
					r.crowds[i].next = r.crowds[i].first
					p.loop.turn(int64(r.ticks*slotsPerTick + p.slot))
					p.sayAllByHand()
				}
			}
			for b.Loop() {
				turn()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*r.members), "ns/member")
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*loops), "ms/loop-tick")
		})
	}
}
