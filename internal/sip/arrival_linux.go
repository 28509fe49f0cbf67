package sip

import (
	"encoding/binary"
	"net"
	"syscall"
	"time"
)

// stampArrivals asks the kernel to note of each datagram when it came (socket(7),
// SO_TIMESTAMPNS), and reports whether it will.
func stampArrivals(c *net.UDPConn) bool {
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	var refused error
	err = raw.Control(func(fd uintptr) {
		refused = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1)
	})
	return err == nil && refused == nil
}

// arrival returns when a datagram came, by what the kernel says beside it; now, when
// it says nothing of it.
func arrival(notes []byte, now time.Time) time.Time {
	messages, err := syscall.ParseSocketControlMessage(notes)
	if err != nil {
		return now
	}
	for _, m := range messages {
		// struct timespec, of two int64 on all systems of 64 bits.
		if m.Header.Level == syscall.SOL_SOCKET && m.Header.Type == syscall.SCM_TIMESTAMPNS && len(m.Data) >= 16 {
			seconds := int64(binary.NativeEndian.Uint64(m.Data))
			nanos := int64(binary.NativeEndian.Uint64(m.Data[8:]))
			return since(time.Unix(seconds, nanos), now)
		}
	}
	return now
}

// maxAge is how long a datagram may have lain in the socket: what seems older is of
// a clock that was set meanwhile.
const maxAge = time.Minute

// since returns the moment of a stamp of the system's clock, as one that Go can
// compare with others whatever becomes of that clock; now, when it cannot be right.
func since(stamp, now time.Time) time.Time {
	age := now.Round(0).Sub(stamp)
	if age < 0 || age > maxAge {
		return now
	}
	return now.Add(-age)
}
