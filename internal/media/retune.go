package media

import "confab/internal/audio"

// retune follows a change of the codec's rate in the middle of a call, on the loop.
func (s *Session) retune() {
	rate := s.out.rate()
	for _, t := range s.taps {
		t.conv = converterFor(rate, t.rate)
	}
	for _, p := range s.out.players {
		p.conv = converterFor(p.rate, rate)
	}
	m := s.member
	if m == nil {
		return
	}
	p, muted, only := m.part, m.muted, m.only
	p.remove(m)
	s.member = nil
	if err := p.add(s, muted); err != nil {
		s.loop.standAlone(s)
		return
	}
	if only != nil {
		// Nobody hears a coach until Bridge.settle has found its listeners again.
		s.member.only = only
		s.member.strip.Only(s.member.strip)
	}
}

// converterFor returns a converter, or nil where none is needed.
func converterFor(from, to int) *audio.Converter {
	if from == to {
		return nil
	}
	return audio.NewConverter(from, to)
}
