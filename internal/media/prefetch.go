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
	jitterHead = 352
)

// saysWith is how many bytes of a session, from its beginning, each turn asks for: its
// state and its outlet's. Of the inlet they go from hearsFrom up to hearsTo.
const (
	saysWith  = unsafe.Offsetof(Session{}.out) + unsafe.Offsetof(outlet{}.coder) + unsafe.Sizeof(coder{}.encoder)
	hearsFrom = unsafe.Offsetof(inlet{}.latch) + unsafe.Offsetof(latch{}.source)
	hearsTo   = unsafe.Offsetof(inlet{}.jitter) + jitterHead
	inletAt   = unsafe.Offsetof(Session{}.in)
)

// fetchInlet fetches what is asked for when a packet of s's far end comes, and when it is
// heard.
func (s *Session) fetchInlet() {
	prefetchIn(s, inletAt+hearsFrom, hearsTo-hearsFrom)
}

// prefetchIn fetches bytes of s from offset at on. That is not written as the address of a
// field, for then the compiler looks whether s is nil, by a load that waits for memory.
func prefetchIn(s *Session, at, bytes uintptr) { prefetch(unsafe.Add(unsafe.Pointer(s), at), bytes) }

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
	prefetch(unsafe.Pointer(s), saysWith)
	s.fetchInlet()
	prefetch(unsafe.Pointer(m.strip), unsafe.Sizeof(*m.strip))
}

// fetchHead fetches what m's far end has said, and what it is heard with if it speaks;
// what leads there must have come.
func (m *member) fetchHead() {
	in := &m.session.in
	fetchBytes(in.jitter.Head())
	if in.loud > 0 && in.gaps != nil {
		prefetch(unsafe.Pointer(&in.decoder), unsafe.Sizeof(in.decoder)+unsafe.Sizeof(in.leveller))
		prefetch(unsafe.Pointer(in.gaps), unsafe.Sizeof(*in.gaps))
	}
}

// fetch fetches what the turns of p's members begin with, of the one that is due and of
// those behind it. Who is found by way of another must have come before that is asked.
func (p *part) fetch(i int) {
	if i == 0 {
		p.members[0].fetchHead()
		if len(p.members) > 1 {
			p.members[1].fetchHead()
		}
	}
	if n := i + fetchAhead/2; n < len(p.members) {
		p.members[n].fetchHead()
	}
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
		prefetch(unsafe.Pointer(s), saysWith)
		prefetchIn(s, inletAt+hearsFrom, unsafe.Sizeof(s.in.latch.source))
		prefetch(unsafe.Pointer(m.strip), unsafe.Sizeof(*m.strip))
	}
}

// fetchKnown fetches what is asked for by the packets behind the one that is due, of n.
func (l *loop) fetchKnown(i, n int) {
	from := i + fetchAhead
	if i == 0 {
		from = 0
	}
	for ; from <= i+fetchAhead && from < n; from++ {
		if s := l.known[from]; s != nil {
			s.fetchInlet()
		}
	}
	if i+1 < n { // it has been copied, but a batch is larger than the nearest cache
		fetchBytes(l.in[i+1].Data)
	}
	if i += fetchAhead / 2; i < n && l.known[i] != nil {
		fetchBytes(l.known[i].in.jitter.Room())
	}
}

func fetchBytes(b []byte) {
	if len(b) > 0 {
		prefetch(unsafe.Pointer(&b[0]), uintptr(len(b)))
	}
}
