package rtp_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"confab/internal/rtp"
)

// Over any network: nothing is played that was not sent, nothing twice or out
// of order, nothing waits longer than the bound, everything that could be
// played is accounted for, and a good time brings the delay down.
func TestJitter_anyNetwork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newTalker(time.Duration(rapid.IntRange(0, 19_999).Draw(t, "phase")) * time.Microsecond)
		s.ts = rapid.Uint32().Draw(t, "ts")
		s.seq = rapid.Uint16().Draw(t, "seq")
		s.clock = 1 + float64(rapid.IntRange(-200, 200).Draw(t, "ppm"))/1e6
		random := lcg(rapid.Uint64().Draw(t, "seed"))
		for range rapid.IntRange(1, 8).Draw(t, "parts") {
			ptime := time.Duration(rapid.SampledFrom([]int{10, 20, 30, 40, 60}).Draw(t, "ptime")) * time.Millisecond
			spread := uint64(rapid.SampledFrom([]int{1, 1000, 20_000, 80_000, 300_000}).Draw(t, "spread"))
			loss := uint64(rapid.SampledFrom([]int{0, 0, 2, 30}).Draw(t, "loss"))
			twice := uint64(rapid.SampledFrom([]int{0, 5, 50}).Draw(t, "twice"))
			ordered := rapid.Bool().Draw(t, "ordered")
			from := len(s.out)
			s.speak(time.Duration(rapid.IntRange(20, 4000).Draw(t, "speak"))*time.Millisecond, ptime,
				func() time.Duration { return time.Duration(random()%spread) * time.Microsecond })
			part := s.out[from:]
			if ordered {
				for i := 1; i < len(part); i++ {
					part[i].arrival = max(part[i].arrival, part[i-1].arrival)
				}
			}
			kept := append([]sent(nil), s.out[:from]...)
			for _, p := range part {
				if random()%100 >= loss {
					kept = append(kept, p)
					if random()%100 < twice {
						p.arrival += time.Duration(random()%uint64(100*time.Millisecond)) * 1
						kept = append(kept, p)
					}
				}
			}
			s.out = kept
			if rapid.Bool().Draw(t, "pauses") {
				s.pause(time.Duration(rapid.IntRange(1, 2000).Draw(t, "pause")) * time.Millisecond)
			}
		}
		bad := s.at
		s.speak(25*time.Second, tick, none)

		l := &listener{quiet: rapid.Bool().Draw(t, "quiet"), tie: rapid.Bool().Draw(t, "tie")}
		tb := quietTB{t: t}
		listen(tb, s.out, l)
		l.inOrder(t)
		for _, h := range l.got {
			if h.Verdict != rtp.Play {
				continue
			}
			if h.delay > 300*time.Millisecond+rtp.MaxDelay+tick { // the network's and ours
				t.Fatalf("packet %d took %v", h.number, h.delay)
			}
			if h.at > bad+24*time.Second && h.delay > 70*time.Millisecond {
				t.Fatalf("delay %v at the end", h.delay)
			}
		}
		st := l.j.Stats()
		if pushed := st.Kept + st.Duplicate + st.Late + st.Early + st.Full + st.Refused; int(pushed) < len(s.out) {
			t.Fatalf("%d pushed, accounted for: %+v", len(s.out), st)
		}
		last := l.after(bad + 20*time.Second)
		if n := count(last, rtp.Empty) + count(last, rtp.Lost); n > 2 {
			t.Fatalf("%d concealed in the good time: %+v", n, st)
		}
	})
}

// quietTB lets the harness run under rapid.
type quietTB struct {
	testing.TB
	t *rapid.T
}

func (q quietTB) Helper()                      {}
func (q quietTB) Fatal(args ...any)            { q.t.Fatal(args...) }
func (q quietTB) Fatalf(f string, args ...any) { q.t.Fatalf(f, args...) }

// FuzzJitter drives a Jitter with packets and ticks as the bytes say and checks
// what holds for any input at all.
func FuzzJitter(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19})
	f.Add([]byte("a longer input that pushes and pops a good number of packets, some of which jump"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var j rtp.Jitter
		j.Init(rate, 160)
		var now time.Duration
		var seq uint16
		var ts, ssrc uint32
		pushed := map[string]bool{}
		for n := 0; len(in) >= 5; n, in = n+1, in[5:] {
			now += time.Duration(in[4]) * 500 * time.Microsecond
			switch in[0] % 8 {
			case 0:
				seq += uint16(in[1])<<8 | uint16(in[2])
			case 1:
				ts += uint32(in[1])<<24 | uint32(in[2])<<12
			case 2:
				ssrc = uint32(in[1] % 3)
			case 3, 4, 5:
				p := j.Pop(now, uint32(in[1])<<8|uint32(in[2]))
				if p.Duration == 0 || p.Duration > rate/5 {
					t.Fatalf("%+v", p)
				}
				if p.Verdict == rtp.Play {
					id := string(p.Payload)
					if !pushed[id] {
						t.Fatalf("played %x twice, or never pushed", id)
					}
					delete(pushed, id)
				}
				if p.Spare && in[3]%2 == 0 {
					j.Skip()
				}
			default:
				seq += uint16(int8(in[1]) / 16)
				samples := uint32(in[2])%400 + 1
				ts += samples
				data := append([]byte(fmt.Sprintf("%08d", n)), make([]byte, int(in[3])*6)...)
				v := j.Push(now, rtp.Packet{Sequence: seq, Timestamp: ts, SSRC: ssrc, Marker: in[4]%2 == 0, Payload: data}, samples)
				if v == rtp.Kept || v == rtp.Resynced {
					pushed[string(data)] = true
				}
			}
			st := j.Stats()
			if st.Depth > 32 || uint64(st.Depth)+st.Played > st.Kept || st.Jitter < 0 {
				t.Fatalf("%+v", st)
			}
		}
	})
}
