package rtp_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"confab/internal/rtp"
)

const (
	rate  = 8000
	tick  = 20 * time.Millisecond
	frame = 160 // samples in a tick
)

// sent is a packet on its way: what it is and when it arrives.
type sent struct {
	rtp.Packet
	number   int           // in the order of sending
	at       time.Duration // sent
	arrival  time.Duration
	duration uint32
}

// talker makes the packets of one stream.
type talker struct {
	ssrc   uint32
	seq    uint16
	ts     uint32
	at     time.Duration
	clock  float64 // its seconds per second
	number int
	marker bool
	out    []sent
}

func newTalker(phase time.Duration) *talker {
	return &talker{ssrc: 0xc0ffee, seq: 65530, ts: 0xffffff00, at: phase, clock: 1, marker: true}
}

// speak sends packets of ptime for so long, each delayed as delay says.
func (s *talker) speak(d, ptime time.Duration, delay func() time.Duration) {
	for end := s.at + d; s.at < end; {
		s.at += time.Duration(float64(ptime) / s.clock) // a packet leaves when it is full
		samples := uint32(ptime * rate / time.Second)
		p := rtp.Packet{Marker: s.marker, Sequence: s.seq, Timestamp: s.ts, SSRC: s.ssrc, Payload: payload(s.number, int(samples))}
		s.out = append(s.out, sent{p, s.number, s.at, s.at + delay(), samples})
		s.seq++
		s.ts += samples
		s.number++
		s.marker = false
	}
}

// pause is silent for so long, as with silence suppression.
func (s *talker) pause(d time.Duration) {
	s.at += d
	s.ts += uint32(d * rate / time.Second)
	s.marker = true
}

func payload(number, size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(number*7 + i*13)
	}
	binary.BigEndian.PutUint32(b, uint32(number))
	return b
}

func none() time.Duration { return 0 }

// heard is one answer of Pop.
type heard struct {
	rtp.Popped
	number int // Play only
	at     time.Duration
	delay  time.Duration // from arrival to playing
}

// listener pops once per tick what it is short of.
type listener struct {
	j     rtp.Jitter
	fifo  int
	now   time.Duration
	quiet bool // finds every payload quiet
	tie   bool // a packet that arrives on the tick comes just too late for it
	got   []heard
	byNum map[int]sent
}

// listen runs a Jitter over what arrives, until it is over.
func listen(t testing.TB, packets []sent, l *listener) *listener {
	t.Helper()
	l.j.Init(rate)
	l.byNum = map[int]sent{}
	arriving := slices.Clone(packets)
	slices.SortStableFunc(arriving, func(a, b sent) int { return int(a.arrival - b.arrival) })
	for _, p := range packets {
		if _, ok := l.byNum[p.number]; !ok { // the first of two copies
			l.byNum[p.number] = p
		}
	}
	for l.now = 0; len(arriving) > 0 || l.j.Stats().Depth > 0; l.now += tick {
		for len(arriving) > 0 && (arriving[0].arrival < l.now || arriving[0].arrival == l.now && !l.tie) {
			l.j.Push(arriving[0].arrival, arriving[0].Packet, arriving[0].duration)
			arriving = arriving[1:]
		}
		l.tick(t)
	}
	return l
}

func (l *listener) tick(t testing.TB) {
	t.Helper()
	for tries := 0; l.fifo < frame; tries++ {
		if tries > 64 {
			t.Fatal("Pop gives nothing and takes no time")
		}
		p := l.j.Pop(l.now, uint32(frame-l.fifo))
		if p.Duration == 0 || p.Verdict != rtp.Play && (p.Payload != nil || p.Duration > uint32(frame-l.fifo)) {
			t.Fatalf("answered %+v to a need of %d", p, frame-l.fifo)
		}
		h := heard{Popped: p, at: l.now}
		if p.Verdict == rtp.Play {
			h.number = int(binary.BigEndian.Uint32(p.Payload))
			want, ok := l.byNum[h.number]
			if !ok || string(p.Payload) != string(want.Payload) || p.Timestamp != want.Timestamp || p.Sequence != want.Sequence || p.Duration != want.duration {
				t.Fatalf("played %+v, which nobody sent", p)
			}
			h.delay = l.now - want.at
			h.Payload = nil
		}
		if p.Spare && l.quiet {
			l.j.Skip()
			continue
		}
		l.got = append(l.got, h)
		l.fifo += int(p.Duration)
	}
	l.fifo -= frame
}

// after returns what was heard from at on.
func (l *listener) after(at time.Duration) []heard {
	i := slices.IndexFunc(l.got, func(h heard) bool { return h.at >= at })
	if i < 0 {
		return nil
	}
	return l.got[i:]
}

func count(got []heard, v rtp.Verdict) (n int) {
	for _, h := range got {
		if h.Verdict == v {
			n++
		}
	}
	return n
}

// inOrder fails if anything was played twice or out of order.
func (l *listener) inOrder(t interface{ Fatalf(string, ...any) }) {
	last := -1
	for _, h := range l.got {
		if h.Verdict == rtp.Play {
			if h.number <= last {
				t.Fatalf("at %v packet %d was played after packet %d", h.at, h.number, last)
			}
			last = h.number
		}
	}
}

func TestJitter_steadyArrivalsAtAnyPhaseAreNeverConcealed(t *testing.T) {
	for _, ptime := range []time.Duration{10, 20, 30, 40, 60} {
		ptime *= time.Millisecond
		bound := tick
		if ptime%tick != 0 {
			bound += 10 * time.Millisecond // its packets are wanted up to half a tick early
		}
		for phase := time.Duration(0); phase < tick; phase += 250 * time.Microsecond {
			for _, tie := range []bool{false, true} {
				if tie && ptime%tick != 0 {
					continue // its second packet misses the tick by nothing
				}
				s := newTalker(phase)
				s.speak(10*time.Second, ptime, none)
				l := listen(t, s.out, &listener{tie: tie})
				played := 0
				for _, h := range l.got {
					if h.Verdict == rtp.Play {
						played++
					}
					if played > 0 && played < len(s.out) && h.Verdict != rtp.Play {
						t.Fatalf("ptime %v phase %v: verdict %d at %v", ptime, phase, h.Verdict, h.at)
					}
					if h.Verdict == rtp.Play && h.delay > bound {
						t.Fatalf("ptime %v phase %v: delay %v", ptime, phase, h.delay)
					}
				}
				if played != len(s.out) {
					t.Fatalf("ptime %v phase %v: %d of %d played", ptime, phase, played, len(s.out))
				}
			}
		}
	}
}

// A sender whose packets come on the very tick, now just before and now just
// after it, costs one concealed frame and then none.
func TestJitter_arrivalsOnTheTickDoNotFlip(t *testing.T) {
	s := newTalker(0)
	early := false
	s.speak(time.Minute, tick, func() time.Duration {
		early = !early
		if early {
			return -2 * time.Millisecond
		}
		return 2 * time.Millisecond
	})
	l := listen(t, s.out, &listener{})
	if n := count(l.got, rtp.Empty) + count(l.got, rtp.Lost); n != 1 {
		t.Errorf("concealed %d frames, want 1", n)
	}
	if st := l.j.Stats(); st.Skipped != 0 || st.Late != 0 || st.Delay > 25*time.Millisecond {
		t.Errorf("%+v", st)
	}
}

func TestJitter_followsADriftingClock(t *testing.T) {
	for _, ppm := range []float64{-200, 200} {
		s := newTalker(7 * time.Millisecond)
		s.clock = 1 + ppm/1e6
		s.speak(20*time.Minute, tick, none)
		l := listen(t, s.out, &listener{quiet: true})
		st := l.j.Stats()
		// 20 min · 200 ppm = 240 ms = 12 frames.
		concealed := count(l.after(time.Second), rtp.Empty) + count(l.after(time.Second), rtp.Lost) - 1 // the end
		if concealed+int(st.Skipped) > 13 || concealed+int(st.Skipped) < 11 {
			t.Errorf("%v ppm: %d concealed, %d skipped", ppm, concealed, st.Skipped)
		}
		for _, h := range l.got {
			if h.Verdict == rtp.Play && h.at-l.byNum[h.number].arrival > 30*time.Millisecond {
				t.Fatalf("%v ppm: delay %v at %v", ppm, h.at-l.byNum[h.number].arrival, h.at)
			}
		}
	}
}

func TestJitter_aLatePacketIsPlayedAndTheDelayGrowsOnce(t *testing.T) {
	s := newTalker(5 * time.Millisecond)
	n := 0
	s.speak(2*time.Second, tick, func() time.Duration {
		if n++; n == 50 {
			return 19 * time.Millisecond // its tick is 15 ms after it was sent
		}
		return 0
	})
	l := listen(t, s.out, &listener{})
	if played, empty := count(l.got, rtp.Play), count(l.got[:n], rtp.Empty); played != n || empty != 1 {
		t.Errorf("%d of %d played, %d concealed", played, n, empty)
	}
	if last := l.got[len(l.got)-1]; last.delay != 35*time.Millisecond {
		t.Errorf("delay %v at the end, want 35ms", last.delay)
	}
}

// Packets that others overtake by more than there is time for are lost at
// first; then the schedule makes room for them.
func TestJitter_makesRoomForOvertakenPackets(t *testing.T) {
	s := newTalker(5 * time.Millisecond)
	n := 0
	s.speak(20*time.Second, tick, func() time.Duration {
		if n++; n%10 == 0 {
			return 50 * time.Millisecond
		}
		return 0
	})
	l := listen(t, s.out, &listener{})
	l.inOrder(t)
	if st := l.j.Stats(); st.Late > 3 || st.Delay > 80*time.Millisecond {
		t.Errorf("%+v", st)
	}
	if n := count(l.after(2*time.Second), rtp.Lost) + count(l.after(2*time.Second), rtp.Empty); n > 1 {
		t.Errorf("%d concealed", n)
	}
}

func TestJitter_aLostPacketCostsNoDelay(t *testing.T) {
	s := newTalker(5 * time.Millisecond)
	s.speak(2*time.Second, tick, none)
	n := len(s.out)
	s.out = slices.DeleteFunc(s.out, func(p sent) bool { return p.number%10 == 5 })
	l := listen(t, s.out, &listener{})
	if played := count(l.got, rtp.Play); played != n*9/10 {
		t.Errorf("%d of %d played", played, n*9/10)
	}
	if concealed := count(l.got[:len(l.got)-1], rtp.Empty) + count(l.got, rtp.Lost); concealed != n/10 {
		t.Errorf("%d concealed, want %d", concealed, n/10)
	}
	for _, h := range l.got {
		if h.Verdict == rtp.Play && h.delay != 15*time.Millisecond {
			t.Fatalf("delay %v at %v", h.delay, h.at)
		}
	}
}

// After a bad time the delay comes down again: soon if there are quiet packets
// to leave out, and in the end if there are none.
func TestJitter_delayShrinksAfterABurst(t *testing.T) {
	for _, quiet := range []bool{true, false} {
		s := newTalker(3 * time.Millisecond)
		random := lcg(1)
		s.speak(5*time.Second, tick, none)
		s.speak(3*time.Second, tick, func() time.Duration { return time.Duration(random()%150) * time.Millisecond })
		s.speak(40*time.Second, tick, none)
		l := listen(t, s.out, &listener{quiet: quiet})
		l.inOrder(t)
		worst := time.Duration(0)
		for _, h := range l.got {
			if h.Verdict == rtp.Play && h.at < 8*time.Second {
				worst = max(worst, h.at-l.byNum[h.number].arrival)
			}
		}
		if worst < 100*time.Millisecond {
			t.Errorf("quiet %v: worst delay %v: the burst was none", quiet, worst)
		}
		within := 8*time.Second + 20*time.Second
		if quiet {
			within = 8*time.Second + 8*time.Second
		}
		for _, h := range l.after(within) {
			if h.Verdict == rtp.Play && h.delay > 30*time.Millisecond {
				t.Fatalf("quiet %v: delay %v at %v", quiet, h.delay, h.at)
			}
		}
		if n := count(l.after(9*time.Second), rtp.Empty) + count(l.after(9*time.Second), rtp.Lost); n > 2 { // and the end
			t.Errorf("quiet %v: %d concealed after the burst", quiet, n)
		}
	}
}

func TestJitter_aStallIsCutToTheBound(t *testing.T) {
	s := newTalker(3 * time.Millisecond)
	s.speak(5*time.Second, tick, none)
	stalled := s.at + time.Second
	s.speak(time.Second, tick, func() time.Duration { return stalled - s.at })
	s.speak(5*time.Second, tick, none)
	l := listen(t, s.out, &listener{quiet: true})
	l.inOrder(t)
	for _, h := range l.got {
		if h.Verdict == rtp.Play && h.at-l.byNum[h.number].arrival > rtp.MaxDelay {
			t.Fatalf("waited %v at %v", h.at-l.byNum[h.number].arrival, h.at)
		}
	}
	if st := l.j.Stats(); st.Kept < 500+10-1 || st.Skipped > 12 || st.Resyncs != 0 {
		t.Errorf("%+v", st)
	}
}

// Silence suppression: what is not sent is not lost, and pauses are where the
// delay is mended.
func TestJitter_pausesAreNotConcealed(t *testing.T) {
	s := newTalker(3 * time.Millisecond)
	random := lcg(3)
	for range 30 {
		s.speak(2*time.Second, tick, func() time.Duration { return time.Duration(random()%15) * time.Millisecond })
		s.pause(time.Duration(1+random()%3000) * time.Millisecond)
	}
	l := listen(t, s.out, &listener{})
	if st := l.j.Stats(); st.Played < uint64(len(s.out))-15 || st.Lost > 15 || st.Resyncs != 0 || st.Late > 15 {
		t.Errorf("%d sent: %+v", len(s.out), st)
	}
	if waits := count(l.got, rtp.Wait); waits < 1000 {
		t.Errorf("%d ticks of silence", waits)
	}
	for _, h := range l.got {
		if h.Verdict == rtp.Play && h.delay > 60*time.Millisecond {
			t.Fatalf("delay %v at %v", h.delay, h.at)
		}
	}
}

func TestJitter_resyncs(t *testing.T) {
	for name, change := range map[string]func(*talker){
		"another SSRC":                 func(s *talker) { s.ssrc, s.seq, s.ts = 1, 999, 12345 },
		"another SSRC, same numbers":   func(s *talker) { s.ssrc = 1 },
		"timestamps jump ahead":        func(s *talker) { s.ts += 1 << 30 },
		"timestamps jump back":         func(s *talker) { s.ts -= 1 << 30 },
		"timestamps jump back a bit":   func(s *talker) { s.ts -= rate },
		"sequence and timestamps jump": func(s *talker) { s.ts -= 1 << 29; s.seq += 20000 },
		"sequence jumps alone":         func(s *talker) { s.seq -= 15000 },
		"timestamps stood still":       func(s *talker) { s.at += 3 * time.Second; s.marker = true },
	} {
		t.Run(name, func(t *testing.T) {
			s := newTalker(3 * time.Millisecond)
			s.speak(2*time.Second, tick, none)
			before := s.number
			change(s)
			s.speak(2*time.Second, tick, none)
			l := listen(t, s.out, &listener{})
			l.inOrder(t)
			var old, fresh int
			for _, h := range l.got {
				if h.Verdict == rtp.Play && h.number < before {
					old++
				} else if h.Verdict == rtp.Play {
					fresh++
				}
			}
			if old < before-1 || fresh < 100-7 {
				t.Errorf("played %d of %d and %d of 100: %+v", old, before, fresh, l.j.Stats())
			}
			if last := l.got[len(l.got)-1]; last.delay > 20*time.Millisecond {
				t.Errorf("delay %v at the end", last.delay)
			}
		})
	}
}

// A single stray packet moves nothing.
func TestJitter_aStrayChangesNothing(t *testing.T) {
	for name, stray := range map[string]func(p *sent){
		"timestamp ahead": func(p *sent) { p.Timestamp += 1 << 20 },
		"timestamp back":  func(p *sent) { p.Timestamp -= 1 << 20 },
		"all":             func(p *sent) { p.Timestamp -= 1 << 30; p.Sequence += 30000 },
		"sequence":        func(p *sent) { p.Sequence -= 9000; p.Timestamp -= 1 << 30 },
	} {
		t.Run(name, func(t *testing.T) {
			s := newTalker(3 * time.Millisecond)
			s.speak(2*time.Second, tick, none)
			p := s.out[50]
			p.number, p.Marker = 5000, true
			p.Payload = payload(5000, 160)
			p.arrival -= time.Millisecond // while the one before waits to be played
			p.Sequence += 1000
			stray(&p)
			l := listen(t, append(s.out, p), &listener{})
			if played, concealed := count(l.got, rtp.Play), count(l.got, rtp.Empty); played != len(s.out) || concealed > 1 {
				t.Errorf("%d of %d played, %d concealed: %+v", played, len(s.out), concealed, l.j.Stats())
			}
		})
	}
}

func TestJitter_resetStartsAnew(t *testing.T) {
	var j rtp.Jitter
	j.Init(rate)
	push := func(i int, at time.Duration) rtp.Pushed {
		return j.Push(at, rtp.Packet{Sequence: uint16(i), Timestamp: uint32(i * frame), Payload: payload(i, frame)}, frame)
	}
	for i := range 10 {
		push(i, time.Duration(i)*tick)
	}
	j.Reset()
	if p := j.Pop(10*tick, frame); p.Verdict != rtp.Wait || j.Stats().Depth != 0 {
		t.Errorf("after Reset: %+v", p)
	}
	push(5000, 20*tick+1)
	if p := j.Pop(21*tick, frame); p.Verdict != rtp.Play || p.Sequence != 5000 {
		t.Errorf("got %+v", p)
	}
	if st := j.Stats(); st.Kept != 11 || st.Resyncs != 0 {
		t.Errorf("%+v", st)
	}
}

func TestJitter_refusesWhatItCannotHold(t *testing.T) {
	var unready rtp.Jitter
	if v := unready.Push(0, rtp.Packet{Payload: make([]byte, 160)}, 160); v != rtp.Refused {
		t.Errorf("before Init: %v", v)
	}
	if p := unready.Pop(0, 160); p.Verdict != rtp.Wait {
		t.Errorf("before Init: %+v", p)
	}
	for _, c := range []struct {
		size     int
		duration uint32
		want     rtp.Pushed
	}{
		{0, 160, rtp.Refused},
		{160, 0, rtp.Refused},
		{rtp.MaxPayload + 1, 160, rtp.Refused},
		{160, rate/5 + 1, rtp.Refused},
		{rtp.MaxPayload, rate / 5, rtp.Kept},
		{1, 1, rtp.Kept},
	} {
		var j rtp.Jitter
		j.Init(rate)
		if v := j.Push(0, rtp.Packet{Payload: make([]byte, c.size)}, c.duration); v != c.want {
			t.Errorf("%d bytes of %d: %v, want %v", c.size, c.duration, v, c.want)
		}
	}
}

func TestJitter_aFullBufferKeepsWhatItHas(t *testing.T) {
	var j rtp.Jitter
	j.Init(rate)
	full := 0
	for i := range 100 { // 5 ms each, so that time does not bound them
		p := rtp.Packet{Sequence: uint16(i), Timestamp: uint32(i * 40), Payload: payload(i, 40)}
		if j.Push(0, p, 40) == rtp.Full {
			full++
		}
	}
	if st := j.Stats(); st.Depth != 32 || full != 68 || st.Full != 68 {
		t.Errorf("%d full, %+v", full, st)
	}
	for i := range 32 {
		if p := j.Pop(30*time.Millisecond, 40); p.Verdict != rtp.Play || string(p.Payload) != string(payload(i, 40)) {
			t.Fatalf("packet %d: %+v", i, p)
		}
	}
	// Large payloads take neighbouring blocks, and give them back.
	for round := range 20 {
		j.Reset()
		at := time.Duration(round) * time.Second
		for i := range 4 {
			p := rtp.Packet{Sequence: uint16(i), Timestamp: uint32(i * 800), Payload: payload(i, rtp.MaxPayload)}
			if v := j.Push(at, p, 800); v != rtp.Kept {
				t.Fatalf("round %d packet %d: %v", round, i, v)
			}
		}
		if v := j.Push(at, rtp.Packet{Sequence: 4, Timestamp: 3200, Payload: []byte{1}}, 800); v != rtp.Full {
			t.Fatalf("round %d: %v, want full", round, v)
		}
	}
}

func TestJitter_size(t *testing.T) {
	if size := unsafe.Sizeof(rtp.Jitter{}); size > 6900 {
		t.Errorf("a Jitter takes %d bytes", size)
	}
}

func TestJitter_doesNotAllocate(t *testing.T) {
	var j rtp.Jitter
	j.Init(rate)
	b := make([]byte, 172)
	i := 0
	if n := testing.AllocsPerRun(2000, func() {
		at := time.Duration(i) * tick
		rtp.Packet{Sequence: uint16(i), Timestamp: uint32(i * frame), Payload: payloadOf[:]}.Put(b)
		p, err := rtp.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		if i%10 != 3 { // some are lost
			j.Push(at, p, frame)
		}
		if p := j.Pop(at+5*time.Millisecond, frame); p.Spare {
			j.Skip()
		}
		i++
	}); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
	if st := j.Stats(); st.Played < 1500 {
		t.Errorf("%+v", st)
	}
}

var payloadOf [160]byte

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

// lcg is a small random generator, so that a test is the same every time.
func lcg(seed uint64) func() uint64 {
	return func() uint64 {
		seed = seed*6364136223846793005 + 1442695040888963407
		return seed >> 33
	}
}

// FuzzJitter drives a Jitter with packets and ticks as the bytes say and checks
// what holds for any input at all.
func FuzzJitter(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19})
	f.Add([]byte("a longer input that pushes and pops a good number of packets, some of which jump"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var j rtp.Jitter
		j.Init(rate)
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
