// Package mixer adds the voices of one bridge, so that each strip hears the
// sum of all others less its own. It is arithmetic alone: it knows no names,
// codecs, clocks or sockets, and is turned by hand, once per frame.
package mixer

// Mixer adds voices at one rate. A turn is: Put the voices of this frame, Sum,
// take each strip's Mix, Clear. It is used by one goroutine and does not
// allocate while turning.
//
// The sum is kept in int32 and limited only when a mix is taken: 65,535 voices
// at full scale fit. A mix that is within full scale is the exact sum; one that is
// not is brought down to it smoothly (see limiter). Nothing is scaled by the number
// of voices, because the level would fall each time somebody joined.
type Mixer struct {
	by      arithmetic
	size    int      // samples of a frame
	sum     []int32  // of all voices that everyone hears
	summed  bool     // sum may be another than zero
	shared  []int16  // sum, limited: what all who say nothing hear
	strips  int      // how many stand here
	talking []*Strip // who put a voice this turn
	asides  []*Strip // who is being spoken to alone this turn
	foreign bool     // something was imported this turn

	turn    uint32  // counts turns
	limiter limiter // of shared
	before  limiter // the same when this turn began
	limited bool    // shared is of this turn
	curve   curve   // of its gain; blocks is 0 if all passed as it is
	wide    []int32 // scratch: a mix that does not fit
}

// New returns a mixer for frames of size samples.
func New(size int) *Mixer {
	return &Mixer{by: fastest(), size: size, sum: make([]int32, size), shared: make([]int16, size), wide: make([]int32, size)}
}

// Size returns how many samples a frame has.
func (m *Mixer) Size() int { return m.size }

// Add puts up a new strip. It allocates, so it belongs between turns.
func (m *Mixer) Add() *Strip {
	m.strips++
	if n := m.strips; cap(m.talking) < n { // so that Put never allocates
		m.talking = append(make([]*Strip, 0, 2*n), m.talking...)
		m.asides = append(make([]*Strip, 0, 2*n), m.asides...)
	}
	return &Strip{mixer: m}
}

// Remove takes s down, between turns. Strips that only s could hear are then
// heard by nobody until Only says otherwise.
func (m *Mixer) Remove(s *Strip) {
	if s.mixer != m {
		return
	}
	m.strips--
	s.mixer = nil
	s.only, s.aside = nil, nil
}

// Sum adds what was put. It belongs after the last Put of a turn and before the
// first Mix.
func (m *Mixer) Sum() {
	if m.summed { // where nobody talks, nothing is touched
		clear(m.sum)
		m.summed = false
	}
	for _, s := range m.talking {
		if s.private {
			for _, listener := range s.only {
				if listener != s && listener.mixer == m {
					listener.whisper(s)
				}
			}
			continue
		}
		s.addTo(m.sum)
		m.summed = true
	}
	m.turn++
	m.before = m.limiter.at(m.turn)
	m.limited = false
}

// Voices returns the unclamped sum of what was put here this turn for everyone, for
// a mixer of another rate to Import; ok is false when nobody said anything. It
// belongs after Sum and before Import, is the mixer's, and good until then.
func (m *Mixer) Voices() (sum []int32, ok bool) {
	for _, s := range m.talking {
		if !s.private {
			return m.sum, true
		}
	}
	return nil, false
}

// Import adds what a mixer of another rate said, at this one's: everyone hears it.
// It belongs after Sum, and after MixSum for trunk strips, which bring the other
// rates on their own; and before the first Mix.
func (m *Mixer) Import(sum []int32) {
	sum = sum[:len(m.sum)]
	for i, v := range sum {
		m.sum[i] += v
	}
	m.foreign, m.summed, m.limited = true, true, false
}

// Shared returns the frame that everyone hears who said nothing and to whom
// nothing is said alone. It is the mixer's, and good until Clear.
func (m *Mixer) Shared() []int16 {
	if !m.limited {
		m.limited = true
		over := m.by.narrow(m.shared, m.sum)
		m.limiter = m.before
		m.limiter.turn = m.turn
		if m.curve.blocks = 0; over != 0 || m.limiter.cut > 0 {
			m.limiter.plan(&m.curve, m.sum)
			m.curve.apply(m.shared, m.sum)
		}
	}
	return m.shared
}

// manyTalk is from how many voices on each is so little of the sum that what lets
// the sum pass lets it pass without one of them, too: a gain for each alone would
// be hardly another one, and cost four times as much.
const manyTalk = 16

// asAll writes the sum less voice to dst with the gain of the shared mix. ok is
// false where that would not do: there is none, or it falls at once, or does not fit.
func (m *Mixer) asAll(dst, voice []int16) (ok bool) {
	m.Shared()
	return m.curve.blocks > 0 && !m.curve.drops && m.curve.applyLess(m.by, dst, m.sum, voice) == 0
}

// Clear ends the turn: it forgets all voices, which are their owners' again.
func (m *Mixer) Clear() {
	for _, s := range m.talking {
		s.voice, s.wide = nil, nil
	}
	for _, s := range m.asides {
		clear(s.aside)
		s.spokenTo = false
	}
	clear(m.talking) // no strip outlives its removal here
	clear(m.asides)
	m.talking, m.asides, m.foreign = m.talking[:0], m.asides[:0], false
}
