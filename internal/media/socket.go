package media

import (
	"errors"
	"net"
	"net/netip"
)

// Packet is one datagram. Data is the owner's memory: Read fills it up to its
// capacity and sets its length.
type Packet struct {
	Addr netip.AddrPort // source of what was read, destination of what is written
	Data []byte
	At   int64 // when it reached the machine, Unix time in ns; 0 if the socket cannot tell
}

// Socket sends and receives many datagrams at a time and never blocks. Its loop
// is its only user.
type Socket interface {
	// Read fills packets with what has come and returns how many; 0 with no
	// error when nothing has.
	Read(packets []Packet) (int, error)

	// Write sends packets and returns how many were taken by the system. What
	// could not be sent is lost, as a datagram may be.
	Write(packets []Packet) (int, error)

	// Overflows returns how many datagrams were lost so far because the
	// receive buffer was full, where the system tells.
	Overflows() uint64

	Close() error
}

// realSocket is a Socket of a network, which has a side door.
type realSocket interface {
	Socket
	asideSocket
}

// errUnbatched means that a connection offers no batched I/O.
var errUnbatched = errors.New("no batched I/O")

// newSocket makes the best socket for conn: batched system calls on a real UDP
// socket, a pump on anything else (an in-memory network, another system).
func newSocket(conn net.PacketConn, scratch *ioScratch) realSocket {
	if s, err := newBatchSocket(conn, scratch); err == nil {
		return s
	}
	return newPumpSocket(conn)
}

// NewSocket makes a Socket of conn for a loop of the caller's own, such as the
// bare echo that a bench compares with. conn is the Socket's from then on.
func NewSocket(conn net.PacketConn) Socket { return newSocket(conn, newScratch()) }
