package media

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// sideDoorBacklog is how many datagrams may wait behind a side door.
const sideDoorBacklog = 512

// sideDoor is the part of a port that is not RTP: STUN and DTLS, told apart by
// their first byte (RFC 7983 §7), come out of it as from a connection of their
// own, so that ICE and DTLS run beside the voice on one port. Until somebody
// reads, nothing is kept: what nobody waits for is a stranger's.
//
// It implements net.PacketConn. Reads block until the loop has put something;
// writes go out of the port's socket at once.
type sideDoor struct {
	socket asideSocket
	local  net.Addr

	mu       sync.Mutex
	queue    []Packet
	deadline time.Time
	wanted   bool // somebody has read
	closed   bool
	changed  chan struct{} // closed and replaced when any of the above changes
}

// asideSocket sends a datagram beside its loop. Its method may be called from any
// goroutine, also after the socket has closed.
type asideSocket interface {
	SendAside(data []byte, to netip.AddrPort) error
}

func newSideDoor(socket asideSocket, local net.Addr) *sideDoor {
	return &sideDoor{socket: socket, local: local, changed: make(chan struct{})}
}

// put is for the loop: data is copied. What finds the queue full is lost.
func (d *sideDoor) put(p Packet) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || !d.wanted || len(d.queue) == sideDoorBacklog {
		return false
	}
	p.Data = append([]byte(nil), p.Data...)
	d.queue = append(d.queue, p)
	d.signalLocked()
	return true
}

func (d *sideDoor) signalLocked() {
	close(d.changed)
	d.changed = make(chan struct{})
}

func (d *sideDoor) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		d.mu.Lock()
		if d.closed {
			d.mu.Unlock()
			return 0, nil, net.ErrClosed
		}
		d.wanted = true
		if len(d.queue) > 0 {
			p := d.queue[0]
			d.queue = d.queue[1:]
			d.mu.Unlock()
			return copy(b, p.Data), net.UDPAddrFromAddrPort(p.Addr), nil
		}
		changed, deadline := d.changed, d.deadline
		d.mu.Unlock()
		if err := waitUntil(changed, deadline); err != nil {
			return 0, nil, err
		}
	}
}

// waitUntil waits for changed, and for deadline if it is set.
func waitUntil(changed <-chan struct{}, deadline time.Time) error {
	if deadline.IsZero() {
		<-changed
		return nil
	}
	t := time.NewTimer(time.Until(deadline))
	defer t.Stop()
	select {
	case <-changed:
		return nil
	case <-t.C:
		return os.ErrDeadlineExceeded
	}
}

func (d *sideDoor) WriteTo(b []byte, addr net.Addr) (int, error) {
	to, ok := addr.(*net.UDPAddr)
	if !ok {
		return 0, &net.AddrError{Err: "not an address of UDP", Addr: addr.String()}
	}
	if err := d.socket.SendAside(b, to.AddrPort()); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (d *sideDoor) LocalAddr() net.Addr { return d.local }

// Close ends the reads. The port stays open: it is its loop's.
func (d *sideDoor) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.closed = true
		d.signalLocked()
	}
	return nil
}

func (d *sideDoor) SetDeadline(t time.Time) error { return d.SetReadDeadline(t) }

func (d *sideDoor) SetReadDeadline(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deadline = t
	d.signalLocked()
	return nil
}

// SetWriteDeadline does nothing: writes do not wait.
func (d *sideDoor) SetWriteDeadline(time.Time) error { return nil }

// isVoice reports whether a datagram is RTP or RTCP by its first byte.
//
// RFC 7983 §7: 0-3 STUN, 16-19 ZRTP, 20-63 DTLS, 64-79 TURN, 128-191 RTP and RTCP.
func isVoice(b byte) bool { return b >= 128 && b <= 191 }

// isRTCP reports whether a voice datagram is RTCP where both share a port.
//
// RFC 5761 §4: payload types 64 to 95 (with the marker bit, 192 to 223) are RTCP's.
func isRTCP(data []byte) bool { return len(data) >= 2 && data[1] >= 192 && data[1] <= 223 }

var _ net.PacketConn = (*sideDoor)(nil)
