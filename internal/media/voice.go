package media

import (
	"confab/internal/audio"
	"confab/internal/codec"
)

// A far end's decoder goes by what came before, unless its codec has no memory. So it
// may be given another encoder only where that says the same: where both have been
// silent for calmFrames, or have coded the same frames for alongFrames. After those,
// what comes out differs by no more than the codec's own noise (a test).
const (
	calmFrames  = 5
	alongFrames = 6
)

// coder is an encoder of one stream of frames, and what must be known of it by those
// who change encoders.
type coder struct {
	encoder codec.Encoder
	quiet   int // frames of silence said in a row
	level   int // mean magnitude of the last frame; of a codec with memory
}

// encode codes frame into dst and returns the payload.
func (c *coder) encode(dst []byte, frame []int16) []byte {
	if c.level = meanMagnitude(frame); c.level < quietBelow {
		c.quiet++
	} else {
		c.quiet = 0
	}
	return dst[:c.encoder.Encode(dst[:cap(dst)], frame)]
}

// copyFrom takes over from other, of the same codec: what c says next is what other
// would have said.
func (c *coder) copyFrom(other *coder) {
	c.encoder.CopyFrom(other.encoder)
	c.quiet = other.quiet
}

func (c *coder) calm() bool { return c.quiet >= calmFrames }

// meanMagnitude is the level of a frame, as codec.Codec.Level gives it.
func meanMagnitude(frame []int16) int {
	if len(frame) == 0 {
		return 0
	}
	sum := 0
	for _, v := range frame {
		sum += max(int(v), -int(v))
	}
	return sum / len(frame)
}

// said is what a shared voice says in a tick. It is one of these for all who are given it.
type said uint8

const (
	saysMix     said = iota // what all hear at a layer who say nothing
	saysCalm                // the noise of the line of who spoke last
	saysSilence             // nothing
)

// sharedVoice is a voice coded once for all who hear the same.
type sharedVoice struct {
	codec     codec.Codec
	kind      codec.Kind
	coder     coder
	before    coder // as it was before the payload; of a codec with memory
	payload   []byte
	fresh     bool         // payload is of this tick …
	says      said         // … and what it is
	took      *sharedVoice // from which it took over in this tick
	beside    *sharedVoice // that has coded the same …
	along     int          // … for so many frames
	silent    bool         // it never says anything: a whole loop shares it
	tick      int64        // of its payload, then
	followers int          // outlets that are given this voice
}

func newSharedVoice(c codec.Codec) *sharedVoice {
	v := &sharedVoice{codec: c, kind: c.Kind(), coder: coder{encoder: c.NewEncoder()},
		payload: make([]byte, 2*audio.FrameSize(c.SampleRate()))}
	if v.kind.Memory {
		v.before.encoder = c.NewEncoder()
	}
	return v
}

// begin begins a tick.
func (v *sharedVoice) begin() { v.fresh, v.took = false, nil }

// fits reports whether v says what, or may still do so in this tick.
func (v *sharedVoice) fits(what said) bool {
	if v.silent {
		return what == saysSilence
	}
	return !v.fresh || v.says == what
}

// say codes frame, once per tick.
func (v *sharedVoice) say(what said, frame []int16) {
	v.fresh, v.says = true, what
	if !v.kind.Memory { // each sample is coded alone, and nobody asks how quiet it is
		v.payload = v.payload[:v.coder.encoder.Encode(v.payload[:cap(v.payload)], frame)]
		return
	}
	v.before.copyFrom(&v.coder)
	v.payload = v.coder.encode(v.payload, frame)
}

// last returns the voice's encoder as it was after the tick before this one.
func (v *sharedVoice) last() *coder {
	if v.fresh {
		return &v.before
	}
	return &v.coder
}

// follow lets the outlet be given v from this tick on, if its far end cannot hear that.
func (out *outlet) follow(v *sharedVoice) bool {
	if !out.memory || out.voice == v {
		return true
	}
	now := &out.coder
	if out.voice != nil {
		now = out.voice.last()
	}
	switch {
	case v.followers == 0 && !v.silent: // it can take over from the outlet as well
		v.coder.copyFrom(now)
		v.fresh, v.took = false, out.voice
	case v.took != nil && v.took == out.voice: // it is where that was
	case now.calm() && v.last().calm():
	case now.calm() && v.kind.Costly && !v.silent:
		// Who heard nothing begins to hear in the middle of a word either way; that
		// many come at once must not cost as many encoders.
	case out.voice == nil && out.beside == v && out.along >= alongFrames:
	case out.voice != nil && out.voice.beside == v && out.voice.along >= alongFrames:
	default:
		return false
	}
	out.unfollow()
	out.voice = v
	v.followers++
	return true
}

// own lets the outlet go on with its own encoder, from where the shared one was. It
// comes between two ticks, or before the outlet has said anything in this one.
func (out *outlet) own() {
	if out.voice == nil {
		return
	}
	out.coder.copyFrom(out.voice.last())
	out.unfollow()
}

// adapt takes up the mode that the far end has asked for. It comes between two ticks.
//
// RFC 4867 §8.1, mode-change-period: a far end may allow changes at every second frame
// only. Nobody is asked: all get them so.
func (out *outlet) adapt() {
	c := out.wanted
	if c == nil || c == out.codec || out.timestamp/out.step%2 != 0 {
		return
	}
	now := &out.coder
	if out.voice != nil {
		now = out.voice.last()
	}
	next := coder{encoder: c.NewEncoder()}
	next.copyFrom(now)
	out.unfollow()
	out.codec, out.coder, out.beside = c, next, nil
}

func (out *outlet) unfollow() {
	if out.voice != nil {
		out.voice.followers--
		out.voice = nil
	}
}

// sayShared says frame (nil: silence), which all who hear what are given, by v if that
// cannot be heard; else by the shared voice that it is given now, if all who are given
// that hear the same; else by its own encoder.
func (s *Session) sayShared(l *loop, what said, v *sharedVoice, frame []int16) {
	out := &s.out
	if !out.memory {
		if !v.fresh {
			l.count.Encoded++
			v.say(what, s.orZero(l, frame))
		}
		s.say(l, v.payload)
		return
	}
	now := out.voice
	switch {
	case v.fits(what) && out.follow(v):
		if now = v; !v.fresh {
			v.beside = nil
		}
	case now != nil && now != v && now.fits(what):
		if !now.fresh {
			now.goesBeside(v)
		}
	default:
		beside, along := out.beside, out.along
		s.sayOwn(l, s.orZero(l, frame))
		if out.beside, out.along = v, 1; beside == v {
			out.along = along + 1
		}
		return
	}
	if !now.fresh {
		l.count.Encoded++
		now.say(what, s.orZero(l, frame))
	}
	s.say(l, now.payload)
}

// goesBeside takes note that v says this tick what other is there for.
func (v *sharedVoice) goesBeside(other *sharedVoice) {
	switch {
	case other.followers == 0:
		v.beside = nil
	case v.beside == other:
		v.along++
	default:
		v.beside, v.along = other, 1
	}
}

// orZero returns frame, or a silent one for nil.
func (s *Session) orZero(l *loop, frame []int16) []int16 {
	if frame == nil {
		return l.zero(s.out.rate())
	}
	return frame
}

// sayOwn says frame with the session's own encoder.
func (s *Session) sayOwn(l *loop, frame []int16) {
	out := &s.out
	l.count.Encoded++
	if !out.memory {
		s.say(l, l.payload[:out.coder.encoder.Encode(l.payload, frame)])
		return
	}
	out.own()
	out.beside = nil
	s.say(l, out.coder.encode(l.payload, frame))
}

// silence returns the voice that says nothing, which all on the loop share.
func (l *loop) silence(c codec.Codec) *sharedVoice {
	for _, v := range l.encodes {
		if v.codec == c {
			if v.kind.Memory && v.tick != l.slot/slotsPerTick { // it goes on saying it
				v.tick = l.slot / slotsPerTick
				l.count.Encoded++
				v.say(saysSilence, l.zero(c.SampleRate()))
			}
			return v
		}
	}
	v := newSharedVoice(c)
	v.silent = true
	for range calmFrames + 1 {
		v.say(saysSilence, l.zero(c.SampleRate()))
	}
	v.tick = l.slot / slotsPerTick
	l.encodes = append(l.encodes, v)
	return v
}
