package media

import (
	"math"

	"confab/internal/audio"
	"confab/internal/codec"
	"confab/internal/rtp"
)

const (
	// comfortNoise is the payload type of comfort noise at 8 kHz (RFC 3389 §4,
	// RFC 3551 §6).
	comfortNoise = 13

	noCalm    = -40.0 // dBov: the least level of a line that is louder than this is no noise, but a voice without a pause
	mostCalm  = -50.0 // dBov: noise louder than this is not made
	leastCalm = -72.0 // dBov: what is quieter is silence; A-law's own is −72
	calmFalls = 1.0   // dB per frame, when who it is of has gone
)

// calm is what those hear at a part of a bridge for whom nobody talks: the noise
// of the line of whoever was heard last, as if that line had not been closed. So
// a talker's background does not come and go with the words. A line that
// has none leaves silence.
//
// It is made and coded once for all with one codec.
type calm struct {
	level  float64 // dBov, now; audio.Quietest: silence
	voices []*calmVoice
}

type calmVoice struct {
	*sharedVoice
	noise *audio.Noise
	frame []int16
	made  bool // frame is of this tick
}

// tick lets a frame pass; to is how loud the noise should be.
func (c *calm) tick(to float64) {
	for _, v := range c.voices {
		v.begin()
		v.made = false
	}
	// No gentle beginning: it goes on with what was heard until now.
	c.level = max(to, c.level-calmFalls)
	if c.level < leastCalm {
		c.level = audio.Quietest
	}
}

// voice returns what listeners with codec k hear in this tick, the voice that is there to
// say it, and the frame: nil for silence.
func (c *calm) voice(l *loop, k codec.Codec) (said, *sharedVoice, []int16) {
	if c.level == audio.Quietest {
		return saysSilence, l.silence(k), nil
	}
	v := c.noise(k)
	if !v.made {
		v.made = true
		v.noise.Read(v.frame, c.level)
	}
	return saysCalm, v.sharedVoice, v.frame
}

func (c *calm) noise(k codec.Codec) *calmVoice {
	for _, v := range c.voices {
		if v.codec == k {
			return v
		}
	}
	v := &calmVoice{sharedVoice: newSharedVoice(k), noise: audio.NewNoise(k.SampleRate()), frame: make([]int16, audio.FrameSize(k.SampleRate()))}
	c.voices = append(c.voices, v)
	return v
}

// calms takes note of whether m was heard in this tick: when it ceases to be,
// and when its far end says so, the noise of its line is the bridge's.
func (m *member) calms(heard bool) {
	in := &m.session.in
	switch {
	case heard:
		m.heard = true
	case m.muted || m.strip.Private() || in.held || !in.speaks: // nothing of its line is for all
		m.heard = false
		if m.last {
			m.forgetBackground()
		}
	case m.heard || in.comfort.fresh:
		m.heard, in.comfort.fresh, m.last = false, false, true
		m.background.Store(int32(in.background()))
		m.part.bridge.heardLast.Store(m)
	}
}

// forgetBackground lets the bridge have m's background no more.
func (m *member) forgetBackground() {
	m.last = false
	m.part.bridge.heardLast.CompareAndSwap(m, nil)
}

// background returns how loud the bridge is when nobody talks, in dBov.
func (b *Bridge) background() float64 {
	if m := b.heardLast.Load(); m != nil {
		return float64(m.background.Load())
	}
	return audio.Quietest
}

// comfort is what a far end says of the noise of its line.
type comfort struct {
	level int8 // dBov
	rests bool // it is so until the next packet of voice
	fresh bool // and nobody has taken note yet
}

// takeComfort takes a packet of comfort noise: the far end has paused, and is as loud as
// the packet says.
//
// RFC 3389 §3.1: the first byte is the level, in −dBov; what follows is the
// spectrum, which we leave alone.
func (in *inlet) takeComfort(r rtp.Packet) {
	in.receiver.Count(r)
	if len(r.Payload) > 0 {
		in.comfort = comfort{level: -int8(r.Payload[0] & 0x7f), rests: true, fresh: true}
	}
}

// background returns how loud the line is when nobody talks, in dBov, or
// audio.Quietest if that is no louder than silence.
func (in *inlet) background() float64 {
	level := float64(in.comfort.level)
	if !in.comfort.rests {
		// The RMS of noise is √(π/2) of its mean magnitude.
		level = 20 * math.Log10(max(float64(in.floor), 1)/floorUnit*math.Sqrt(math.Pi/2)/32767)
	}
	if level < leastCalm || level > noCalm {
		return audio.Quietest
	}
	return min(level, mostCalm)
}

// floorUnit is by what inlet.floor counts finer than a mean magnitude.
const floorUnit = 64

// learnFloor takes the level of a frame that is heard. The floor is the least of
// the levels lately: it falls at once and rises by 9 dB in a second.
func (in *inlet) learnFloor(level int) {
	in.floor = min(level*floorUnit, in.floor+in.floor/50+1)
}

// noFloor is higher than any: nothing has been heard.
const noFloor = 1 << 22
