package media

import (
	"net/netip"
	"sync/atomic"
)

// noteKind is what a loop has to tell about a session.
type noteKind uint8

const (
	noteDigit   noteKind = iota // a key, by RFC 4733 or in-band
	noteLatched                 // it listens to addr from now on
	noteLost                    // media time-out
	noteTalks                   // the far end begins to talk
	noteQuiet                   // it has ceased to
)

// note is one such thing, a value.
type note struct {
	kind    noteKind
	digit   byte
	inBand  bool
	session *Session
	addr    netip.AddrPort
}

// notesBacklog is how many notes may wait. Thousands of sessions press a few
// keys a second; a full ring loses notes and counts them.
const notesBacklog = 1024

// notes carry what a loop has to tell off the loop: a ring with one writer (the
// loop) and one reader (a goroutine of the plane), without a lock.
type notes struct {
	ring       [notesBacklog]note
	head, tail atomic.Uint64 // read, written
	lost       atomic.Uint64 // digits for which there was no room
	wake       chan struct{}
}

func newNotes() *notes { return &notes{wake: make(chan struct{}, 1)} }

// put is for the loop. It returns false when the ring is full.
func (n *notes) put(v note) bool {
	tail := n.tail.Load()
	if tail-n.head.Load() == notesBacklog {
		return false
	}
	n.ring[tail%notesBacklog] = v
	n.tail.Store(tail + 1)
	select {
	case n.wake <- struct{}{}:
	default:
	}
	return true
}

// take is for the reader. It returns false when there is nothing.
func (n *notes) take() (note, bool) {
	head := n.head.Load()
	if head == n.tail.Load() {
		return note{}, false
	}
	v := n.ring[head%notesBacklog]
	n.ring[head%notesBacklog] = note{} // keep no session alive
	n.head.Store(head + 1)
	return v, true
}
