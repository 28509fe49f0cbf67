package media

import "confab/internal/mixer"

// HeardOnlyBy lets s be heard by listeners alone (a coach); with none given,
// everybody hears it again. All stand at the bridge; otherwise it is an error
// and nothing is changed. A listener who leaves hears s no more, and if there is
// no other, nobody does.
func (b *Bridge) HeardOnlyBy(s *Session, listeners ...*Session) error {
	var near []*Session
	var asides []*aside
	err := errNotHere
	defer func() {
		if err != nil {
			for _, a := range asides {
				a.silent.Store(true)
			}
		}
	}()
	rate := s.Rate()
	for _, other := range listeners {
		if other.loop == s.loop && other.Rate() == rate {
			near = append(near, other)
			continue
		}
		a, failed := b.asideTo(other, rate)
		if failed != nil {
			return failed
		}
		asides = append(asides, a)
	}
	b.onMember(s, func(m *member) {
		var only []*mixer.Strip
		for _, other := range near {
			if other.member == nil || other.member.layer != m.layer {
				return
			}
			only = append(only, other.member.strip)
		}
		if len(asides) > 0 && m.layer.rate != rate {
			return
		}
		m.endAsides()
		for _, a := range asides {
			a.from = m.layer.mix.Add()
			a.fromLayer = m.layer
			only = append(only, a.from)
		}
		m.strip.Only(only...)
		m.only, m.asides, err = listeners, asides, nil
		m.part.whispers = m.part.whispers || len(asides) > 0
	})
	return err
}

// settle lets s, whose rate has changed while it stood at the bridge, be heard and hear
// as before: coaches of it and those whom it coaches are joined anew. Until then it was
// muted, if it is a coach.
func (b *Bridge) settle(s *Session) {
	var coaches []*Session
	var only []*Session
	b.onMember(s, func(m *member) { only = m.only })
	b.mu.Lock()
	parts := make([]*part, 0, len(b.parts))
	for _, p := range b.parts {
		parts = append(parts, p)
	}
	b.mu.Unlock()
	for _, p := range parts {
		p.loop.do(func() {
			for _, m := range p.members {
				for _, listener := range m.only {
					if listener == s {
						coaches = append(coaches, m.session)
					}
				}
			}
		})
	}
	if only != nil {
		coaches = append(coaches, s)
	}
	for _, coach := range coaches {
		var listeners []*Session
		b.onMember(coach, func(m *member) { listeners = m.only })
		if listeners != nil { // else everybody hears it by now
			_ = b.HeardOnlyBy(coach, listeners...) // who has left meanwhile hears nothing anyway
		}
	}
}
