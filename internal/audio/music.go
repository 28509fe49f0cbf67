package audio

import (
	"math"
	"time"
)

const (
	musicBeat   = 960 * time.Millisecond // 62 to the minute
	musicEcho   = 620 * time.Millisecond // not on the beat, or it would double it
	echoHeard   = 0.28
	echoAgain   = 0.35
	musicGain   = 4000 // brings the whole to about −22 dBov
	musicVoices = 32   // notes that may sound at once
)

// Music returns wait music without end: slow soft chords with a few bell notes
// over them, composed as it is played, always the same from its beginning and
// for hours never the same again. It is at about −22 dBov, and keeps to
// 3.4 kHz, so that it sounds alike on every line. The rate is 8000 or more. It
// costs less than 1 ms of processor per second of sound, and does not allocate.
func Music(rate int) Source {
	m := &music{
		rate:     rate,
		composer: newComposer(),
		beat:     samplesIn(rate, musicBeat),
		echo:     make([]float32, samplesIn(rate, musicEcho)),
	}
	for i := range m.swell {
		m.swell[i] = swellIn(instrument(i), rate)
	}
	return m
}

// music plays what its composer writes.
type music struct {
	rate     int
	composer composer
	beat     int // samples
	left     int // samples to the next beat
	swell    [instruments]swell
	sounding [musicVoices]voice
	echo     []float32
	echoAt   int
	mix      [256]float32
}

// voice is one note that sounds.
type voice struct {
	table      *timbre
	step       float32 // of the table, per sample
	phase      float32
	level      float32 // that it is to rise to, then 0
	hold       int     // samples until it falls
	rise, fall float32
	near, gain float32 // the level, smoothed once and twice
}

func (m *music) Rate() int { return m.rate }

func (m *music) Read(dst []int16) (int, error) {
	for out := dst; len(out) > 0; {
		if m.left == 0 {
			m.left = m.beat
			for _, n := range m.composer.next() {
				m.strike(n)
			}
		}
		n := min(len(out), m.left, len(m.mix))
		m.play(out[:n])
		m.left -= n
		out = out[n:]
	}
	return len(dst), nil
}

// strike lets a note sound, in the place of the faintest if all are taken.
func (m *music) strike(n note) {
	v := &m.sounding[0]
	for i := range m.sounding {
		if o := &m.sounding[i]; o.gain+o.level < v.gain+v.level {
			v = o
		}
	}
	s := m.swell[n.on]
	*v = voice{
		table: &timbres()[n.on],
		step:  float32(n.hz * timbreSize / float64(m.rate)),
		level: float32(n.level),
		hold:  int(n.beats*float64(m.beat)) + s.hold,
		rise:  s.rise, fall: s.fall,
	}
}

func (m *music) play(out []int16) {
	mix := m.mix[:len(out)]
	clear(mix)
	for i := range m.sounding {
		if v := &m.sounding[i]; v.table != nil {
			v.add(mix)
		}
	}
	for i, dry := range mix {
		wet := m.echo[m.echoAt]
		m.echo[m.echoAt] = dry + echoAgain*wet
		if m.echoAt++; m.echoAt == len(m.echo) {
			m.echoAt = 0
		}
		out[i] = clamp(float64(musicGain * (dry + echoHeard*wet)))
	}
}

// add adds the note to mix.
func (v *voice) add(mix []float32) {
	held := min(v.hold, len(mix))
	v.follow(mix[:held], v.rise)
	if v.hold -= held; v.hold == 0 {
		v.level = 0
		v.follow(mix[held:], v.fall)
	}
	if v.level == 0 && max(v.near, v.gain) < 1e-4 { // below half a step of int16
		*v = voice{}
	}
}

// follow adds the note while its loudness follows its level by k. It does so
// through two low-passes, so that nothing about it is sudden.
func (v *voice) follow(mix []float32, k float32) {
	table, step, level := v.table, v.step, v.level
	phase, near, gain := v.phase, v.near, v.gain
	for i := range mix {
		near += k * (level - near)
		gain += k * (near - gain)
		at := int(phase) & (timbreSize - 1)
		a, b := table[at], table[at+1]
		mix[i] += gain * (a + (phase-float32(at))*(b-a))
		if phase += step; phase >= timbreSize {
			phase -= timbreSize
		}
	}
	v.phase, v.near, v.gain = phase, near, gain
}

// swell is how a note of an instrument rises and falls.
type swell struct {
	hold       int // samples that a note is held beyond its beats
	rise, fall float32
}

func swellIn(i instrument, rate int) swell {
	follow := func(d time.Duration) float32 {
		return float32(1 - math.Exp(-1/(d.Seconds()*float64(rate))))
	}
	switch i {
	case bell: // struck: held just long enough to rise
		return swell{samplesIn(rate, 20*time.Millisecond), follow(5 * time.Millisecond), follow(450 * time.Millisecond)}
	case bass:
		return swell{0, follow(120 * time.Millisecond), follow(400 * time.Millisecond)}
	default:
		return swell{0, follow(450 * time.Millisecond), follow(550 * time.Millisecond)}
	}
}
