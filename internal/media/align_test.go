package media_test

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/codec"
	"confab/internal/media"
	"confab/internal/memnet"
	"confab/internal/rtp"
)

// enough is what a packet must have come early for it to be relied upon.
const enough = 2 * time.Millisecond

// participant is a phone that sends at its own moment of each tick, and keeps when it was sent what.
type participant struct {
	*phone
	session  *media.Session
	stats    media.Stats // of it, a second before the end
	phase    time.Duration
	restless bool // it never pauses
	at       []time.Time
	stamps   []uint32
	silent   []bool
}

// meet lets phones that send at those moments meet at a bridge, for so long. Each is
// prepared when it has joined.
func meet(t *testing.T, network *memnet.Net, p *media.Plane, bridge *media.Bridge, phases []time.Duration, d time.Duration,
	prepare ...func(*media.Bridge, *participant)) []*participant {
	t.Helper()
	all := meetAt(t, network, p, bridge, 0, phases)
	for _, x := range all {
		for _, f := range prepare {
			f(bridge, x)
		}
	}
	play(all, d)
	return all
}

// meetAt lets them join, each at an address of its own.
func meetAt(t *testing.T, network *memnet.Net, p *media.Plane, bridge *media.Bridge, house byte, phases []time.Duration) (all []*participant) {
	t.Helper()
	for i, phase := range phases {
		host := netip.AddrFrom4([4]byte{192, 0, 10 + house, byte(100 + i)})
		far := newPhone(t, network, host, netip.AddrPortFrom(switchAddr, 1))
		far.r.SSRC = uint32(i + 1)
		s := open(t, p, media.SessionConfig{Remote: far.addr(), Signal: host})
		far.to = net.UDPAddrFromAddrPort(s.Local())
		start(t, s, far.addr())
		if err := bridge.Join(s, false); err != nil {
			t.Fatal(err)
		}
		all = append(all, &participant{phone: far, session: s, phase: phase})
	}
	return all
}

// play lets them all send and listen for so long.
func play(all []*participant, d time.Duration) {
	var senders, readers sync.WaitGroup
	for _, x := range all {
		readers.Go(x.read)
		senders.Go(func() {
			time.Sleep(x.phase)
			x.talk(int(d / audio.FrameDuration))
		})
	}
	time.Sleep(d - time.Second)
	for _, x := range all {
		x.stats = x.session.Stats()
	}
	senders.Wait()
	for _, x := range all {
		x.conn.SetReadDeadline(time.Now())
	}
	readers.Wait()
}

// talk sends so many packets, one a tick: of two seconds in three of loud noise, and in the third of silence.
func (x *participant) talk(n int) {
	noise, silence := x.r.Payload, slices.Repeat([]byte{0xff}, 160)
	for i := range n {
		if x.r.Payload = noise; i/50%3 == 2 && !x.restless {
			x.r.Payload = silence
		}
		x.send()
		time.Sleep(audio.FrameDuration)
	}
}

func (x *participant) read() {
	b := make([]byte, 1500)
	for {
		n, _, err := x.conn.ReadFrom(b)
		if err != nil {
			return
		}
		if r, err := rtp.Parse(b[:n]); err == nil && r.PayloadType == 0 {
			x.at, x.stamps, x.silent = append(x.at, time.Now()), append(x.stamps, r.Timestamp), append(x.silent, isSilence(r.Payload))
		}
	}
}

// waits returns how long packets sent at those moments wait at the mean, if the slot they wait for
// is that long after the first moment of the tick.
func waits(phases []time.Duration, slot time.Duration) (mean time.Duration) {
	for _, p := range phases {
		wait := ((slot-p)%audio.FrameDuration + audio.FrameDuration) % audio.FrameDuration
		if wait < enough {
			wait += audio.FrameDuration
		}
		mean += wait / time.Duration(len(phases))
	}
	return mean
}

// A small bridge is due when the packets of those who stand there have waited the least, and on the way
// there nobody misses anything, in either direction.
func TestAlign_aSmallBridgeIsDueWhenItsPacketsHaveCome(t *testing.T) {
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 1))
		phases := make([]time.Duration, 2+random.IntN(6))
		for i := range phases {
			phases[i] = time.Duration(random.IntN(int(audio.FrameDuration)))
		}
		if seed == 0 { // all but at once
			phases = []time.Duration{4 * time.Millisecond, 5 * time.Millisecond, 6 * time.Millisecond}
		}
		bubble(t, media.Config{MediaTimeout: -1}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
			bridge := p.NewBridge()
			defer bridge.Close()
			all := meet(t, network, p, bridge, phases, 40*time.Second)
			best := time.Hour
			for k := range 8 {
				best = min(best, waits(phases, time.Duration(k)*media.SlotDuration))
			}
			var mean time.Duration
			for _, x := range all {
				b := x.stats.Buffer
				mean += b.Delay / time.Duration(len(all))
				if b.Empty+b.Lost+b.Late > 0 { // what is over is left out of silence, or of speech little by little
					t.Errorf("%v: who sends at %v: %+v", phases, x.phase, b)
				}
				x.check(t)
			}
			if mean > best+time.Millisecond {
				t.Errorf("%v: packets wait %v at the mean, and would %v in the best slot", phases, mean, best)
			}
			t.Logf("%d members: packets wait %v at the mean, in the best slot %v", len(phases), mean, best)
		})
	}
}

// check fails if x was not sent a packet a tick, but for one move, or if what it was sent does not go with
// the clock, or if there was no silence before what is missing in it.
func (x *participant) check(t *testing.T) {
	t.Helper()
	moved := time.Duration(0)
	for i := 1; i < len(x.at); i++ {
		said := time.Duration(x.stamps[i]-x.stamps[i-1]) * time.Second / 8000
		if by := x.at[i].Sub(x.at[i-1]) - audio.FrameDuration; by != 0 && i > 1 { // the first packet is of before the bridge
			moved += by
			if by < 0 || by >= audio.FrameDuration || x.at[i].Sub(x.at[0]) < 12*time.Second {
				t.Errorf("packet %d came %v later than was due", i, by)
			}
			if !x.silent[i-1] {
				t.Errorf("packet %d came %v later than was due, and the one before was none of silence", i, by)
			}
		} else if said != audio.FrameDuration && i > 1 {
			t.Errorf("packet %d came in time, and is of %v after the one before", i, said)
		}
		said = time.Duration(x.stamps[i]-x.stamps[0]) * time.Second / 8000
		if ahead := said - x.at[i].Sub(x.at[0]); ahead > audio.FrameDuration/2 || ahead <= -audio.FrameDuration {
			t.Fatalf("packet %d: the timestamp is %v ahead of the clock", i, ahead)
		}
	}
	if len(x.at) < 1900 || moved >= audio.FrameDuration {
		t.Errorf("%d packets, moved by %v in all", len(x.at), moved)
	}
}

func isSilence(payload []byte) bool {
	level, _ := codec.PCMU.Level(payload)
	return level < 20
}

// Where nobody is heard, or nobody ever stops, the slot stays what it was.
func TestAlign_nobodyMovesForNothing(t *testing.T) {
	for name, prepare := range map[string]func(b *media.Bridge, x *participant){
		"all are muted":  func(b *media.Bridge, x *participant) { b.SetMuted(x.session, true) },
		"nobody is idle": func(_ *media.Bridge, x *participant) { x.restless = true },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, media.Config{MediaTimeout: -1}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
				bridge := p.NewBridge()
				defer bridge.Close()
				phases := []time.Duration{time.Millisecond, 2 * time.Millisecond, 3 * time.Millisecond, 4 * time.Millisecond}
				all := meet(t, network, p, bridge, phases, 3*time.Minute, prepare)
				for _, x := range all {
					for i := 2; i < len(x.at); i++ {
						if by := x.at[i].Sub(x.at[i-1]); by != audio.FrameDuration {
							t.Fatalf("packet %d came %v after the one before", i, by)
						}
					}
				}
			})
		})
	}
}

// Each of many small bridges finds its slot, however they share the slots that there are.
func TestAlign_allOfMany(t *testing.T) {
	bubble(t, media.Config{MediaTimeout: -1}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		var wg sync.WaitGroup
		bad := make([]time.Duration, 32)
		for i := range bad {
			bridge := p.NewBridge()
			t.Cleanup(bridge.Close)
			near := time.Duration(i*7%20) * time.Millisecond
			far := meetAt(t, network, p, bridge, byte(i), []time.Duration{near, near + time.Millisecond})
			wg.Go(func() {
				play(far, 40*time.Second)
				for _, x := range far {
					bad[i] = max(bad[i], x.stats.Buffer.Delay)
				}
			})
		}
		wg.Wait()
		for i, longest := range bad {
			if longest > 6*time.Millisecond {
				t.Errorf("bridge %d: a packet waits %v", i, longest)
			}
		}
	})
}

// Who stands on two loops is not moved: the parts have their turns half a tick apart.
func TestAlign_partsOfTwoLoopsStayApart(t *testing.T) {
	bubble(t, media.Config{MediaTimeout: -1, Loops: 2, SessionsPerLoop: 2}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		bridge := p.NewBridge()
		defer bridge.Close()
		phases := []time.Duration{time.Millisecond, 2 * time.Millisecond, 3 * time.Millisecond, 4 * time.Millisecond}
		all := meet(t, network, p, bridge, phases, 40*time.Second)
		for _, x := range all {
			for i := 2; i < len(x.at); i++ {
				if by := x.at[i].Sub(x.at[i-1]); by != audio.FrameDuration {
					t.Fatalf("packet %d came %v after the one before", i, by)
				}
			}
		}
		apart := all[0].at[100].Sub(all[3].at[100]) % audio.FrameDuration
		if apart != audio.FrameDuration/2 && apart != -audio.FrameDuration/2 {
			t.Errorf("the parts are due %v apart, want half a tick", apart)
		}
	})
}
