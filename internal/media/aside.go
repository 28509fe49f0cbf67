package media

import (
	"errors"
	"sync/atomic"

	"confab/internal/audio"
	"confab/internal/mixer"
)

// aside carries what is said to one session alone to the loop and the layer of the
// session, where they are not the speaker's. It is a lane with a strip at each
// end: on the speaker's mixer one that only listens, on the listener's one that
// only the listener hears.
type aside struct {
	lane      *lane
	conv      *audio.Converter // the speaker's; nil where both have one rate
	from      *mixer.Strip     // on the speaker's part, and its loop's
	fromLayer *layer
	to        *mixer.Strip // on the listener's part, and its loop's
	toLayer   *layer
	silent    atomic.Bool // over: the listener's part takes it down
}

// asideTo puts up the far end of an aside to s, who stands at b, for a voice at rate.
func (b *Bridge) asideTo(s *Session, rate int) (*aside, error) {
	var a *aside
	b.onMember(s, func(m *member) {
		y := m.layer
		a = &aside{lane: newLane(y.mix.Size()), to: y.mix.Add(), toLayer: y}
		if y.rate != rate {
			a.conv = audio.NewConverter(rate, y.rate)
		}
		a.to.Only(m.strip)
		m.part.asides = append(m.part.asides, a)
	})
	if a == nil {
		return nil, errNotHere
	}
	return a, nil
}

// errNotHere: a session does not stand at the bridge.
var errNotHere = errors.New("heard only by: not at this bridge")

// end is on the speaker's loop: nothing is said by a any more.
func (a *aside) end() {
	if a.from != nil {
		a.fromLayer.mix.Remove(a.from)
		a.from = nil
	}
	a.silent.Store(true)
}

// endAsides is on m's loop.
func (m *member) endAsides() {
	for _, a := range m.asides {
		a.end()
	}
	m.asides = nil
}

// sayAsides passes on what members of p said to sessions of other loops alone.
func (p *part) sayAsides() {
	if !p.whispers {
		return
	}
	p.whispers = false
	for _, m := range p.members {
		p.whispers = p.whispers || len(m.asides) > 0
		for _, a := range m.asides {
			a.say()
		}
	}
}

func (a *aside) say() {
	said := a.from.Aside()
	switch {
	case a.conv != nil && (said != nil || !a.conv.Idle()):
		a.conv.Sum(a.lane.write(), said)
	case said != nil:
		copy(a.lane.write(), said)
	default:
		return
	}
	a.lane.publish()
}

// hearAsides puts what was said elsewhere to sessions of p alone.
func (p *part) hearAsides() {
	for i := 0; i < len(p.asides); {
		a := p.asides[i]
		if a.silent.Load() {
			a.toLayer.mix.Remove(a.to)
			p.asides = append(p.asides[:i], p.asides[i+1:]...)
			continue
		}
		if said := a.lane.read(); said != nil {
			a.to.PutSum(said)
		}
		i++
	}
}
