package bench

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"confab/internal/audio"
	"confab/internal/rtp"
)

// A mark is three packets of a loud tone in a room that is silent otherwise. One
// is made every marksEvery, by another caller each time, since how long a packet
// waits depends on when in the tick it comes.
const (
	markPackets = 3
	marksEvery  = 100 * time.Millisecond
	markLevel   = 2000 // of a sample that is loud

	samplePeriod = int64(time.Second) / 8000 // of PCMU, which is what is spoken here
	mostEars     = 32                        // of a room

	// stoodTime is for how long a room stands before its delay is measured: by then jitter buffers
	// have given back what they held while everybody came.
	stoodTime = 30 * time.Second
)

// marks measures how long the switch keeps what is said: from when the packet
// leaves its caller, to when the packet that carries the same sample reaches
// another. Both are of this machine's clock, the second by the kernel's stamp.
type marks struct {
	tone    []byte // of one packet
	callers []*caller
	speaker int
	left    int   // packets of the mark that are still to be said
	said    int64 // when its first packet was, ns; 0: not yet
	heard   map[*caller]bool
	delays  histogram
	made    int
}

// watch begins to make marks; on the generator's thread.
func (m *marks) watch(g *generator) {
	m.tone = make([]byte, packetSamples)
	for i := range m.tone {
		v := int16(8000)
		if i/4%2 == 1 { // 1 kHz
			v = -v
		}
		m.tone[i] = audio.ToULaw(v)
	}
	m.callers, m.heard = g.staying(), make(map[*caller]bool)
	for _, c := range m.callers {
		c.says = func(silence []byte) []byte { return m.say(c, silence) }
		if step := max(1, c.load.People/mostEars); c.place%step == 0 {
			c.heed = func(p rtp.Packet, at int64) { m.hear(c, p, at) }
		}
	}
	rand.Shuffle(len(m.callers), func(i, j int) { m.callers[i], m.callers[j] = m.callers[j], m.callers[i] })
}

// next lets the next caller make a mark.
func (m *marks) next() {
	clear(m.heard)
	m.speaker = (m.speaker + 1) % len(m.callers)
	m.left, m.said = markPackets, 0
	m.made++
}

func (m *marks) say(c *caller, silence []byte) []byte {
	if m.left == 0 || c != m.callers[m.speaker] {
		return silence
	}
	if m.left == markPackets {
		m.said = time.Now().UnixNano()
	}
	m.left--
	return m.tone
}

func (m *marks) hear(c *caller, p rtp.Packet, at int64) {
	speaker := m.callers[m.speaker]
	if m.said == 0 || m.heard[c] || c == speaker || c.room != speaker.room {
		return
	}
	for i, b := range p.Payload {
		if v := audio.FromULaw(b); v > markLevel || v < -markLevel {
			m.heard[c] = true
			m.delays.add(time.Duration(at + int64(i)*samplePeriod - m.said))
			return
		}
	}
}

// delayFigures are what a scenario of delay yields.
func delayFigures(p50, p99 float64) []Figure {
	return []Figure{
		{Name: "delay_p50", Unit: "ms", About: "packet in to mixed packet out, p50", Better: AtMost, Goal: p50},
		{Name: "delay_p99", Unit: "ms", About: "packet in to mixed packet out, p99", Better: AtMost, Goal: p99},
		{Name: "delay_max", Unit: "ms", About: "the longest"},
		{Name: "marks", About: "times that a mark was heard", Hidden: true},
		{Name: "generator_late_p999", Unit: "ms", About: "lateness of the generator, which is jitter to the switch, p99.9"},
	}
}

// runDelay lets callers make marks and hear those of the others in their room.
func runDelay(ctx context.Context, s *Stage) (Outcome, error) {
	o := Outcome{Values: make(Values)}
	t, g, err := s.gather(ctx, s.Load)
	if err != nil {
		return o, err
	}
	defer t.close()
	defer g.close()
	if err := pause(ctx, stoodTime); err != nil {
		return o, err
	}
	if err := g.begin(ctx); err != nil {
		return o, err
	}
	m := new(marks)
	g.do(func() { m.watch(g) })
	for end := time.Now().Add(s.length); time.Now().Before(end); {
		g.do(m.next)
		s.show("  %d marks", m.made)
		if err := pause(ctx, marksEvery); err != nil {
			return o, err
		}
	}
	n, err := g.end()
	if err != nil {
		return o, err
	}
	g.do(func() {
		o.Values = Values{"delay_p50": ms(m.delays.quantile(0.5)), "delay_p99": ms(m.delays.quantile(0.99)), "delay_max": ms(m.delays.most),
			"marks": float64(m.delays.n), "generator_late_p999": ms(n.late.quantile(0.999))}
	})
	s.say("  %d marks, heard %d times: p50 %.1f ms, p99 %.1f ms", m.made, m.delays.n, o.Values["delay_p50"], o.Values["delay_p99"])
	if m.delays.n == 0 {
		return o, errors.New("no mark was heard by anybody")
	}
	o.Notes = n.slow()
	return o, errors.Join(n.trouble(), g.leave(ctx))
}
