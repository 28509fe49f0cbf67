package media

import "unsafe"

// A session's turn takes 400 ns when all it asks for is in the caches. With a
// thousand sessions nothing is: since the last tick the kernel has moved two
// thousand packets. So what a turn, or a packet, begins with is fetched while
// those before it are at work.
const (
	// fetchAhead is for how many members ahead.
	fetchAhead = 4
	// jitterHead is how many bytes of a jitter buffer each packet and each tick
	// ask for: all but its store, and the packets behind the first two.
	jitterHead = 496
)

// fetchParts fetches what the turns of the parts behind the one that is due begin
// with: of small rooms there is nobody ahead to fetch for in their own.
func (s *slot) fetchParts(i int) {
	ahead := func(n int) *part {
		if i+n < len(s.parts) {
			return s.parts[i+n]
		}
		return nil
	}
	if p := ahead(4); p != nil {
		prefetch(unsafe.Pointer(p), unsafe.Sizeof(*p))
	}
	if p := ahead(3); p != nil && len(p.members) > 0 && len(p.layers) > 0 {
		prefetch(unsafe.Pointer(&p.members[0]), unsafe.Sizeof(p.members[0])*uintptr(min(len(p.members), fetchAhead)))
		prefetch(unsafe.Pointer(&p.layers[0]), 1)
		prefetch(unsafe.Pointer(p.bridge), unsafe.Sizeof(*p.bridge))
	}
	if p := ahead(2); p != nil && len(p.layers) > 0 {
		for _, m := range p.members[:min(len(p.members), fetchAhead)] {
			prefetch(unsafe.Pointer(m), unsafe.Sizeof(*m))
		}
		prefetch(unsafe.Pointer(p.layers[0]), unsafe.Sizeof(layer{}))
	}
	if p := ahead(1); p != nil && len(p.layers) > 0 {
		for _, m := range p.members[:min(len(p.members), fetchAhead)] {
			m.fetchTurn()
		}
		prefetch(unsafe.Pointer(p.layers[0].mix), unsafe.Sizeof(*p.layers[0].mix))
	}
}

func (m *member) fetchTurn() {
	s := m.session
	prefetch(unsafe.Pointer(s), unsafe.Offsetof(s.in)+unsafe.Offsetof(s.in.jitter)+jitterHead)
	prefetch(unsafe.Pointer(m.strip), unsafe.Sizeof(*m.strip))
}

// fetch fetches what the turns of p's members begin with, of the one that is due and of
// those behind it. Who is found by way of another must have come before that is asked.
func (p *part) fetch(i int) {
	if i += 2 * fetchAhead; i < len(p.members) {
		prefetch(unsafe.Pointer(p.members[i]), unsafe.Sizeof(member{}))
	}
	if i -= fetchAhead; i < len(p.members) {
		p.members[i].fetchTurn()
	}
}

// fetchToSay likewise fetches what members say with.
func (p *part) fetchToSay(i int) {
	if i += 2 * fetchAhead; i < len(p.members) {
		prefetch(unsafe.Pointer(p.members[i]), unsafe.Sizeof(member{}))
	}
	if i -= fetchAhead; i < len(p.members) {
		m := p.members[i]
		s := m.session
		prefetch(unsafe.Pointer(s), unsafe.Offsetof(s.in)+unsafe.Sizeof(s.in.latch))
		prefetch(unsafe.Pointer(m.strip), unsafe.Sizeof(*m.strip))
	}
}

// fetchForPacket fetches what is asked for when a packet of s's far end comes.
func (s *Session) fetchForPacket() {
	prefetch(unsafe.Pointer(&s.in), unsafe.Offsetof(s.in.jitter)+jitterHead)
}
