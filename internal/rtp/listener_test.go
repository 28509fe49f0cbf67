package rtp_test

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

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
	holds bool // can play a frame of silence when the delay is Tight
	held  bool // and does so next
	skips int  // of quiet ones
	tie   bool // a packet that arrives on the tick comes just too late for it
	got   []heard
	byNum map[int]sent
}

// listen runs a Jitter over what arrives, until it is over.
func listen(t testing.TB, packets []sent, l *listener) *listener {
	t.Helper()
	l.j.Init(rate, 160)
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
	if l.held && l.fifo == 0 {
		l.held = false
		l.j.Shift(l.now, 1)
		return
	}
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
			l.skips++
			continue
		}
		l.held = l.held || p.Tight && l.holds
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

// lcg is a small random generator, so that a test is the same every time.
func lcg(seed uint64) func() uint64 {
	return func() uint64 {
		seed = seed*6364136223846793005 + 1442695040888963407
		return seed >> 33
	}
}
