package media

import "unsafe"

// prefetch asks the processor to fetch so many bytes from p on, at least one, a
// line of 64 at a time, and does not wait for them. It is the one instruction
// that plain Go has no word for.
//
//go:noescape
func prefetch(p unsafe.Pointer, bytes uintptr)
