package media

import (
	"errors"
	"sync/atomic"

	"confab/internal/mixer"
)

// aside carries what is said to one session alone to the loop that the session
// lives on, where it is not the speaker's. It is a lane with a strip at each
// end: on the speaker's mixer one that only listens, on the listener's one that
// only the listener hears.
type aside struct {
	lane   *lane
	from   *mixer.Strip // on the speaker's part, and its loop's
	to     *mixer.Strip // on the listener's part, and its loop's
	silent atomic.Bool  // over: the listener's part takes it down
}

// asideTo puts up the far end of an aside to s, who stands at b.
func (b *Bridge) asideTo(s *Session) (*aside, error) {
	var a *aside
	b.onMember(s, func(m *member) {
		p := m.part
		a = &aside{lane: newLane(p.mix.Size()), to: p.mix.Add()}
		a.to.Only(m.strip)
		p.asides = append(p.asides, a)
	})
	if a == nil {
		return nil, errNotHere
	}
	return a, nil
}

// errNotHere: a session does not stand at the bridge.
var errNotHere = errors.New("heard only by: not at this bridge")

// end is on the speaker's loop: nothing is said by a any more.
func (a *aside) end(p *part) {
	if a.from != nil {
		p.mix.Remove(a.from)
		a.from = nil
	}
	a.silent.Store(true)
}

// endAsides is on m's loop.
func (m *member) endAsides() {
	for _, a := range m.asides {
		a.end(m.part)
	}
	m.asides = nil
}

// sayAsides passes on what members of p said to sessions of other loops alone.
func (p *part) sayAsides() {
	for _, m := range p.members {
		for _, a := range m.asides {
			if said := a.from.Aside(); said != nil {
				copy(a.lane.write(), said)
				a.lane.publish()
			}
		}
	}
}

// hearAsides puts what was said elsewhere to sessions of p alone.
func (p *part) hearAsides() {
	for i := 0; i < len(p.asides); {
		a := p.asides[i]
		if a.silent.Load() {
			p.mix.Remove(a.to)
			p.asides = append(p.asides[:i], p.asides[i+1:]...)
			continue
		}
		if said := a.lane.read(); said != nil {
			a.to.PutSum(said)
		}
		i++
	}
}
