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
	// ask for: all but its store.
	jitterHead = 640
)

// fetchForTick fetches what s begins its turn with.
func (s *Session) fetchForTick() {
	prefetch(unsafe.Pointer(s), unsafe.Offsetof(s.in)+unsafe.Offsetof(s.in.jitter)+jitterHead)
}

// fetchForPacket fetches what is asked for when a packet of s's far end comes.
func (s *Session) fetchForPacket() {
	prefetch(unsafe.Pointer(&s.in), unsafe.Offsetof(s.in.jitter)+jitterHead)
}
