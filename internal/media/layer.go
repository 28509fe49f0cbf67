package media

import (
	"errors"

	"confab/internal/audio"
	"confab/internal/codec"
	"confab/internal/mixer"
)

// layer is what of a part has one rate: the mixer of the members that speak and hear
// at that rate. Members of one layer hear each other as they are. What the other
// layers say is converted, once for all: so nobody's rate changes when somebody of
// another comes or goes, there is nothing that could click, and a part whose members
// are all of one rate converts nothing.
type layer struct {
	rate    int
	mix     *mixer.Mixer
	members int
	plays   []*played
	trunks  []*trunkEnd
	shared  []*sharedVoice
	from    []*conversion
}

// conversion carries what another layer says into this one.
type conversion struct {
	layer *layer // the other
	conv  *audio.Converter
	frame []int32
	said  bool // frame is of this tick
}

// errNoLayer means that a session's codec has another rate than it had.
var errNoLayer = errors.New("join a bridge: no layer of the session's rate")

// addLayer puts up a layer of p, with Bridge.mu held. The root's comes first.
func (b *Bridge) addLayer(p *part, rate int) {
	y := &layer{rate: rate, mix: mixer.New(audio.FrameSize(rate))}
	p.loop.mail.put(func() {
		for _, other := range p.layers {
			other.listenTo(y)
			y.listenTo(other)
		}
		p.layers = append(p.layers, y)
	})
	if p == b.root {
		return
	}
	up, down := newTrunk(y.mix.Size())
	root := b.root
	p.loop.mail.put(func() { y.join(up) })
	root.loop.mail.put(func() { root.layer(rate).join(down) })
}

func (y *layer) listenTo(other *layer) {
	y.from = append(y.from, &conversion{layer: other, conv: audio.NewConverter(other.rate, y.rate), frame: make([]int32, y.mix.Size())})
}

// layer returns p's layer of rate; nil if there is none.
func (p *part) layer(rate int) *layer {
	for _, y := range p.layers {
		if y.rate == rate {
			return y
		}
	}
	return nil
}

func (y *layer) hearTrunks() {
	for _, t := range y.trunks {
		t.hear()
	}
}

// sum adds what was put at this rate, and passes it on to the other parts.
func (y *layer) sum() {
	y.playAll()
	y.mix.Sum()
	for _, v := range y.shared {
		v.begin()
	}
	for _, t := range y.trunks {
		t.say()
	}
}

// convert takes over what the other layers have put, all of which have been summed.
func (y *layer) convert() {
	for _, c := range y.from {
		voices, some := c.layer.mix.Voices()
		// After the last voice, what is left in the filter comes out.
		if c.said = y.members > 0 && (some || !c.conv.Idle()); c.said {
			c.conv.Sum(c.frame, voices)
		}
	}
}

// importAll adds it, once all layers have converted.
func (y *layer) importAll() {
	for _, c := range y.from {
		if c.said {
			y.mix.Import(c.frame)
		}
	}
}

// begin is for the first member: what was converted for those before it is forgotten.
func (y *layer) begin() {
	for _, c := range y.from {
		c.conv.Reset()
	}
}

// playAll puts the prompts' frames.
func (y *layer) playAll() {
	for i := 0; i < len(y.plays); {
		v := y.plays[i]
		clear(v.frame)
		some, more := v.player.add(v.frame)
		if some {
			v.strip.Put(v.frame)
		}
		if more {
			i++
			continue
		}
		y.mix.Remove(v.strip)
		y.plays = append(y.plays[:i], y.plays[i+1:]...)
	}
}

// voice returns the encoder that all listeners with codec c share.
func (y *layer) voice(c codec.Codec) *sharedVoice {
	for _, v := range y.shared {
		if v.codec == c {
			return v
		}
	}
	v := newSharedVoice(c)
	y.shared = append(y.shared, v)
	return v
}
