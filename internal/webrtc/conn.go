package webrtc

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	// maxWaiting is how many bytes may wait to be written to a far end: more than a second
	// of G.711.
	maxWaiting = 16 << 10
	// systemBuffer is how many more the system keeps, in bytes. Left alone it would keep
	// half a minute of voice for who does not read, and say it all afterwards.
	systemBuffer = 16 << 10
	// leaveWithin is how long a connection stays for the last words, when its peer has
	// ended or has no use for it.
	leaveWithin = time.Second
)

// spot is where a far end is: an address, or a connection of its own (RFC 6544).
type spot struct {
	netip.AddrPort
	conn *conn // nil: it is reached by UDP
}

// conn is one TCP connection of a far end, with a goroutine that reads and one that
// writes. It carries what a port does, each packet in a frame (RFC 4571), to and from one
// peer.
//
//	stranger ──a check with credentials──▸ a peer's ──the peer ends──▸ leaving ──▸ over
//	    └──anything else, or nothing for 5 s──────────────────────────────────────▸
type conn struct {
	t    *tcp
	nc   net.Conn
	at   spot // itself
	wake chan struct{}

	// The reader's.
	door     *door // of the loop of the peer whose name was said; nil: none yet
	peer     *Peer // who has shown credentials; nil: nobody yet
	extended time.Time

	mu      sync.Mutex
	waiting []byte // frames to be written
	frames  int    // how many those are
	over    bool   // what waits is the last
	leaving bool   // no longer waited for
}

func newConn(t *tcp, nc net.Conn) *conn {
	c := &conn{t: t, nc: nc, wake: make(chan struct{}, 1)}
	c.at = spot{conn: c}
	if a, ok := nc.RemoteAddr().(*net.TCPAddr); ok {
		addr := a.AddrPort()
		c.at.AddrPort = netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
	}
	if b, ok := nc.(interface{ SetWriteBuffer(int) error }); ok {
		_ = b.SetWriteBuffer(systemBuffer)
	}
	return c
}

// Send puts a packet into the queue of what is to be written. When the far end reads too
// slowly for it, what waits there is thrown away: it is too old to be heard.
func (c *conn) Send(data []byte) bool {
	c.mu.Lock()
	if c.over || len(data) > maxFrame {
		c.mu.Unlock()
		return false
	}
	lost := 0
	if len(c.waiting)+frameHead+len(data) > maxWaiting {
		lost, c.waiting, c.frames = c.frames, c.waiting[:0], 0
	}
	c.waiting = appendFrame(c.waiting, data)
	c.frames++
	c.mu.Unlock()
	if lost > 0 {
		c.t.dropped.Add(uint64(lost))
	}
	select {
	case c.wake <- struct{}{}:
	default: // it is awake
	}
	return true
}

// write writes what waits, until the connection is over.
func (c *conn) write() {
	defer c.nc.Close() // ends the reader, too
	var b []byte
	for {
		c.mu.Lock()
		b, c.waiting, c.frames = c.waiting, b[:0], 0
		over := c.over
		if !over && len(b) > 0 {
			_ = c.nc.SetWriteDeadline(time.Now().Add(consentFor))
		}
		c.mu.Unlock()
		switch {
		case len(b) > 0:
			if _, err := c.nc.Write(b); err != nil {
				return
			}
		case over:
			return
		default:
			<-c.wake
		}
	}
}

// end lets the writer end, when it has written what waits.
func (c *conn) end() {
	c.mu.Lock()
	c.over = true
	_ = c.nc.SetWriteDeadline(time.Now().Add(leaveWithin))
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// leave lets the connection end soon: its peer has no use for it.
func (c *conn) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.leaving {
		c.leaving = true
		_ = c.nc.SetReadDeadline(time.Now().Add(leaveWithin))
	}
}

// extend gives the far end of a peer time for its next frame, and reports whether it is
// waited for at all.
func (c *conn) extend() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); !c.leaving && now.Sub(c.extended) > time.Second {
		c.extended = now
		_ = c.nc.SetReadDeadline(now.Add(consentFor))
	}
	return !c.leaving
}

// read reads until the connection is over, one way or the other.
func (c *conn) read() {
	err := c.frameByFrame()
	c.end()
	c.t.forget(c, err)
	if c.peer != nil {
		c.peer.gone(c.at)
	}
}

// errStranger is of who has not shown that it knows a peer.
var errStranger = errors.New("no credentials of a call")

// frameByFrame hands on what comes. The error says why it is the last; nil: the
// connection was closed between two frames.
func (c *conn) frameByFrame() error {
	r, b := bufio.NewReader(c.nc), make([]byte, maxFrame)
	_ = c.nc.SetReadDeadline(time.Now().Add(showWithin))
	for {
		packet, err := readFrame(r, b)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case c.peer == nil:
			if !c.meet(packet) {
				return errStranger
			}
		case !c.extend(): // until it is time
		case packet[0] >= 128 && packet[0] <= 191: // RFC 7983 §7
			if !c.peer.session.Deliver(packet) {
				c.t.undelivered.Add(1)
			}
		default:
			c.door.receive(packet, c.at)
		}
	}
}

// meet takes a packet of a stranger, and reports whether it is waited for more: it
// was a check with credentials.
func (c *conn) meet(packet []byte) bool {
	if c.door == nil {
		c.door = c.t.transport.doorOf(packet)
	}
	if c.door == nil || !c.door.receive(packet, c.at) {
		return false
	}
	// Who was told that it is the controlling side is to check again.
	if c.peer = c.door.peerAt(c.at); c.peer != nil {
		c.t.met(c)
		c.extend()
	}
	return true
}

// serves reports whether checks for p may come by the connection, which is one peer's
// alone.
func (c *conn) serves(p *Peer) bool { return c == nil || c.peer == nil || c.peer == p }
