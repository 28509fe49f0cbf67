package media

import (
	"time"
)

// Reading is what the voice of a session was like since it was read before:
// counts of that time, levels in it.
type Reading struct {
	Over time.Duration // 0: it was not read before, and the rest is of its whole life
	Stats
	Out float64 // level (dBov) of what was said to the far end; 0: nothing was, or silence
}

// lastRead is what a session had counted when it was read last.
type lastRead struct {
	at             time.Duration
	sent, received uint64
	lost           int64
	late           uint64
	sound          heard
}

// saying looks at the level of every outEvery-th frame that a session says.
type saying struct {
	sum    uint64 // of mean magnitudes
	frames uint64
}

const outEvery = 10

// said takes note of every outEvery-th frame that is said.
func (m *saying) said(s *Session, payload []byte) {
	out := &s.out
	level, ok := out.agreed.Level(payload)
	if !ok { // a codec with memory: who coded the frame has looked
		level = out.coder.level
		if out.voice != nil {
			level = out.voice.coder.level
		}
	}
	m.sum += uint64(level)
	m.frames++
}

// readStep is how many sessions are read between two turns of a loop.
const readStep = 64

// Readings reads sessions, in the order given. It takes a few turns of their loops,
// and holds none of them up. From its first reading on a session also looks at what it
// says. They are zero once the plane has closed.
func (p *Plane) Readings(of []*Session) []Reading {
	all := make([]Reading, len(of))
	byLoop := make(map[*loop][]int)
	for i, s := range of {
		byLoop[s.loop] = append(byLoop[s.loop], i)
	}
	for l, mine := range byLoop {
		for len(mine) > 0 {
			some := mine[:min(readStep, len(mine))]
			mine = mine[len(some):]
			l.do(func() {
				for _, i := range some {
					all[i] = of[i].reading(l.now)
				}
			})
		}
	}
	return all
}

// reading reads the session, on its loop.
func (s *Session) reading(now time.Duration) (r Reading) {
	r.Stats = s.stats()
	next := lastRead{at: now, sent: r.Sent, received: r.Received, lost: r.Lost, late: r.Buffer.Late, sound: s.in.sound}
	if s.read == nil {
		s.read, s.out.saying = &next, new(saying)
		return r
	}
	last, sound := *s.read, s.in.sound
	*s.read = next
	r.Over = now - last.at
	r.Sent -= last.sent
	r.Received -= min(last.received, r.Received)
	r.Lost -= last.lost
	r.Buffer.Late -= min(last.late, r.Buffer.Late)
	r.Delay = mean(sound.delay-last.sound.delay, sound.delays-last.sound.delays)
	r.Speech = levelOf(sound.speech-last.sound.speech, sound.speechFrames-last.sound.speechFrames)
	r.Noise = levelOf(sound.quiet-last.sound.quiet, sound.quietFrames-last.sound.quietFrames)
	r.Clipped = share(sound.clipped-last.sound.clipped, sound.samples-last.sound.samples)
	if m := s.out.saying; m.sum > 0 {
		r.Out = levelOf(m.sum, m.frames)
		*m = saying{}
	}
	return r
}
