// Package media is the voice plane: a fixed number of loops, each of which
// owns sockets, sessions (the media half of a leg) and bridges, and turns once
// per slot: drain the sockets, tick what is due, flush. Nothing outside a loop
// touches what it owns; control appends to its mailbox, and notes come back.
package media
