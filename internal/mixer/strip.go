package mixer

// Strip is one inlet and outlet of a mixer, as on a mixing desk. It does not
// care what is behind it: a participant, a prompt, or (a trunk strip) another
// mixer.
type Strip struct {
	mixer    *Mixer
	voice    []int16  // put this turn, or
	wide     []int32  // the unlimited sum of another mixer
	private  bool     // heard by only alone
	only     []*Strip // who hears it when private
	aside    []int32  // sum of what is said to this strip alone; nil until needed
	spokenTo bool     // aside counts this turn
	limiter  limiter  // of the strip's own mix, while it has one
}

// Put says frame this turn: Size samples, borrowed until Clear. Once per turn;
// a strip that says nothing (muted, silent) does not put.
func (s *Strip) Put(frame []int16) {
	s.voice = frame
	s.mixer.talking = append(s.mixer.talking, s)
}

// PutSum says the unlimited sum of another mixer this turn, as its MixSum gave
// it: Size samples, borrowed until Clear.
func (s *Strip) PutSum(frame []int32) {
	s.wide = frame
	s.mixer.talking = append(s.mixer.talking, s)
}

// Only lets the strip be heard by listeners alone, whatever it puts from now on
// (a coach). With no listener everybody hears it again. It allocates, so it
// belongs between turns.
func (s *Strip) Only(listeners ...*Strip) {
	s.private = len(listeners) > 0
	s.only = listeners
	for _, l := range listeners {
		if l.aside == nil {
			l.aside = make([]int32, s.mixer.size)
		}
	}
}

// Aside returns the unlimited sum of what was said to the strip alone this turn,
// or nil for nothing. It is the mixer's, and good until Clear.
func (s *Strip) Aside() []int32 {
	if !s.spokenTo {
		return nil
	}
	return s.aside
}

// Private reports whether only some hear the strip.
func (s *Strip) Private() bool { return s.private }

// Mix returns what the strip hears this turn, Size samples: the sum of all
// other voices, and what was said to it alone, limited to full scale. If that is
// what every silent strip hears, shared is true and frame is Mixer.Shared;
// otherwise frame is dst, filled.
//
// A strip that has ceased to talk goes on with a mix of its own for as long as
// that is limited otherwise than the shared one: going over to it would be heard.
func (s *Strip) Mix(dst []int16) (frame []int16, shared bool) {
	m := s.mixer
	own := s.heardByAll()
	if !own && !s.spokenTo && (!s.alone() || s.limiter.like(m.before)) {
		return m.Shared(), true
	}
	dst = dst[:m.size]
	var over uint32
	usual := own && !s.spokenTo && s.voice != nil
	if usual && len(m.talking) >= manyTalk && (!s.alone() || s.limiter.like(m.before)) && m.asAll(dst, s.voice) {
		s.limiter = m.limiter
		return dst, false
	}
	if usual {
		over = m.by.less(dst, m.sum, s.voice)
	} else {
		for i := range dst {
			v := s.hears(i, own)
			dst[i] = int16(v)
			over |= overflow(v)
		}
	}
	if s.limits(over) {
		s.MixSum(m.wide)
	}
	s.limiter.settle(dst, m.wide, over, m.turn)
	return dst, false
}

// MixOnto adds what the strip hears to frame, Size samples that it hears beside
// that (a prompt of its own), and limits the sum to full scale.
func (s *Strip) MixOnto(frame []int16) {
	m := s.mixer
	own := s.heardByAll()
	var over uint32
	for i, v := range frame[:m.size] {
		m.wide[i] = int32(v) + s.hears(i, own)
		frame[i] = int16(m.wide[i])
		over |= overflow(m.wide[i])
	}
	s.limits(over)
	s.limiter.settle(frame[:m.size], m.wide, over, m.turn)
}

// alone reports whether the strip took a mix of its own in the last turn.
func (s *Strip) alone() bool { return s.limiter.turn == s.mixer.turn-1 }

// limits begins a turn of the strip's own limiter, with the shared one's gain if
// that is what was heard until now, and reports whether there is a need for it.
func (s *Strip) limits(over uint32) bool {
	if !s.alone() {
		s.limiter = s.mixer.before
	}
	return over != 0 || s.limiter.cut > 0
}

// HearsNothing reports whether what the strip hears this turn is silence: nobody
// but itself has put a voice for everyone, nothing came from other rates, and nothing
// was said to it alone.
func (s *Strip) HearsNothing() bool {
	if s.spokenTo || s.mixer.foreign {
		return false
	}
	for _, t := range s.mixer.talking {
		if t != s && !t.private {
			return false
		}
	}
	return true
}

// MixSum writes what the strip hears to dst (Size samples) without limiting it,
// for the mixer behind a trunk strip: a voice passes a tree of mixers unharmed.
func (s *Strip) MixSum(dst []int32) {
	own := s.heardByAll()
	dst = dst[:s.mixer.size]
	if own && !s.spokenTo && s.voice != nil { // the usual talker
		voice := s.voice[:len(dst)]
		for i, v := range s.mixer.sum[:len(dst)] {
			dst[i] = v - int32(voice[i])
		}
		return
	}
	for i := range dst {
		dst[i] = s.hears(i, own)
	}
}

// heardByAll reports whether the strip's voice is part of the sum.
func (s *Strip) heardByAll() bool { return !s.private && (s.voice != nil || s.wide != nil) }

func (s *Strip) hears(i int, own bool) int32 {
	v := s.mixer.sum[i]
	if own {
		if s.voice != nil {
			v -= int32(s.voice[i])
		} else {
			v -= s.wide[i]
		}
	}
	if s.spokenTo {
		v += s.aside[i]
	}
	return v
}

func (s *Strip) addTo(sum []int32) {
	if s.voice != nil {
		s.mixer.by.add(sum, s.voice)
		return
	}
	wide := s.wide[:len(sum)]
	for i := range sum {
		sum[i] += wide[i]
	}
}

// whisper says what from has put to s alone.
func (s *Strip) whisper(from *Strip) {
	if !s.spokenTo {
		s.spokenTo = true
		s.mixer.asides = append(s.mixer.asides, s)
	}
	from.addTo(s.aside)
}
