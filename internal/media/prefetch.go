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

// fetch fetches what the turns of p's members begin with, of the one that is due and of
// those behind it. Who is found by way of another must have come before that is asked.
func (p *part) fetch(i int) {
	if i += 2 * fetchAhead; i < len(p.members) {
		prefetch(unsafe.Pointer(p.members[i]), unsafe.Sizeof(member{}))
	}
	if i -= fetchAhead; i < len(p.members) {
		m := p.members[i]
		s := m.session
		prefetch(unsafe.Pointer(s), unsafe.Offsetof(s.in)+unsafe.Offsetof(s.in.jitter)+jitterHead)
		prefetch(unsafe.Pointer(m.strip), unsafe.Sizeof(*m.strip))
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
