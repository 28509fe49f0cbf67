package memnet

import (
	"container/heap"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	receiveBuffer = 1 << 20 // bytes of packets that a socket holds before it drops
	maxPacket     = 65507   // RFC 768 over IPv4
	perPacket     = 64      // what a packet counts beside its bytes
)

// packetConn is a UDP socket.
type packetConn struct {
	host  *Host
	bound netip.AddrPort

	mu     sync.Mutex
	arrive sync.Cond
	flying packets // not yet arrived, by time
	ready  []packet
	held   int // bytes ready
	order  uint64
	timer  *time.Timer // for the first of flying
	read   deadline
	write  time.Time
	closed bool
}

type packet struct {
	at    time.Time
	order uint64 // of packets that arrive at the same time
	from  netip.AddrPort
	data  []byte
}

func newPacketConn(h *Host, bound netip.AddrPort) *packetConn {
	c := &packetConn{host: h, bound: bound}
	c.arrive.L = &c.mu
	return c
}

func (c *packetConn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.bound) }

func (c *packetConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromUDPAddrPort(b)
	if err != nil {
		return 0, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// ReadFromUDPAddrPort reads as net.UDPConn's does. What does not fit b is cut off.
func (c *packetConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, netip.AddrPort{}, c.fail("read", net.ErrClosed)
		case c.read.passed():
			return 0, netip.AddrPort{}, c.fail("read", os.ErrDeadlineExceeded)
		case len(c.ready) > 0:
			p := c.ready[0]
			c.ready[0].data = nil
			if c.ready = c.ready[1:]; len(c.ready) == 0 {
				c.ready = nil
			}
			c.held -= len(p.data) + perPacket
			return copy(b, p.data), p.from, nil
		}
		c.arrive.Wait()
	}
}

func (c *packetConn) WriteTo(b []byte, addr net.Addr) (int, error) {
	a, ok := addr.(*net.UDPAddr)
	if !ok || a == nil {
		return 0, c.fail("write", &net.AddrError{Err: "not a UDP address", Addr: stringOf(addr)})
	}
	return c.WriteToUDPAddrPort(b, a.AddrPort())
}

// WriteToUDPAddrPort sends as net.UDPConn's does. It never blocks.
func (c *packetConn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	c.mu.Lock()
	closed, late := c.closed, !c.write.IsZero() && !time.Now().Before(c.write)
	c.mu.Unlock()
	switch {
	case closed:
		return 0, c.fail("write", net.ErrClosed)
	case late:
		return 0, c.fail("write", os.ErrDeadlineExceeded)
	case !to.IsValid() || to.Port() == 0:
		return 0, c.fail("write", os.NewSyscallError("sendto", syscall.EINVAL))
	case len(b) > maxPacket:
		return 0, c.fail("write", os.NewSyscallError("sendto", syscall.EMSGSIZE))
	}
	from := c.bound
	if from.Addr().IsUnspecified() {
		from = netip.AddrPortFrom(c.host.source(to.Addr()), from.Port())
	}
	c.host.net.send(from, to, b)
	return len(b), nil
}

// send carries one packet.
func (n *Net) send(from, to netip.AddrPort, b []byte) {
	n.mu.Lock()
	n.counts.Sent++
	times, copies := n.fateLocked(from, to)
	dest := n.udpAtLocked(to)
	if dest == nil && copies > 0 {
		n.counts.Nowhere++
	}
	n.mu.Unlock()
	if dest == nil {
		return
	}
	for i := range copies {
		delivered := dest.deliver(packet{at: times[i], from: from, data: append([]byte(nil), b...)})
		n.mu.Lock()
		if delivered {
			n.counts.Delivered++
		} else {
			n.counts.Overflowed++
		}
		n.mu.Unlock()
	}
}

// deliver puts p into the socket's buffer, now or when its time comes; false
// means that there was no room.
func (c *packetConn) deliver(p packet) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	size := len(p.data) + perPacket
	if c.closed || c.held+size > receiveBuffer {
		return false
	}
	c.held += size
	c.order++
	p.order = c.order
	if wait := time.Until(p.at); p.at.IsZero() || wait <= 0 && len(c.flying) == 0 {
		c.ready = append(c.ready, p)
		c.arrive.Broadcast()
		return true
	}
	heap.Push(&c.flying, p)
	c.landLocked()
	return true
}

// landLocked moves what has arrived by now, and sets the timer for the rest.
func (c *packetConn) landLocked() {
	now := time.Now()
	for len(c.flying) > 0 && !c.flying[0].at.After(now) {
		c.ready = append(c.ready, heap.Pop(&c.flying).(packet))
		c.arrive.Broadcast()
	}
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	if len(c.flying) > 0 {
		c.timer = time.AfterFunc(c.flying[0].at.Sub(now), func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.landLocked()
		})
	}
}

func (c *packetConn) Close() error {
	n := c.host.net
	n.mu.Lock()
	if n.udp[c.bound] == c {
		delete(n.udp, c.bound)
	}
	n.mu.Unlock()

	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.fail("close", net.ErrClosed)
	}
	c.closed, c.flying, c.ready = true, nil, nil
	c.read.stop()
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	c.arrive.Broadcast()
	return nil
}

func (c *packetConn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.fail("set", net.ErrClosed)
	}
	c.read.set(t, &c.arrive)
	c.write = t
	return nil
}

func (c *packetConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.fail("set", net.ErrClosed)
	}
	c.read.set(t, &c.arrive)
	return nil
}

func (c *packetConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.fail("set", net.ErrClosed)
	}
	c.write = t
	return nil
}

func (c *packetConn) fail(op string, err error) error {
	return &net.OpError{Op: op, Net: "udp", Source: c.LocalAddr(), Err: err}
}

// connectedConn is a UDP socket that hears and sends to one address only.
type connectedConn struct {
	*packetConn
	remote netip.AddrPort
}

func (c *connectedConn) RemoteAddr() net.Addr { return net.UDPAddrFromAddrPort(c.remote) }

func (c *connectedConn) Read(b []byte) (int, error) {
	for {
		n, from, err := c.ReadFromUDPAddrPort(b)
		if err != nil || from == c.remote {
			return n, err
		}
	}
}

func (c *connectedConn) Write(b []byte) (int, error) { return c.WriteToUDPAddrPort(b, c.remote) }

// packets is a heap by time of arrival.
type packets []packet

func (p packets) Len() int { return len(p) }
func (p packets) Less(i, k int) bool {
	if p[i].at.Equal(p[k].at) {
		return p[i].order < p[k].order
	}
	return p[i].at.Before(p[k].at)
}
func (p packets) Swap(i, k int) { p[i], p[k] = p[k], p[i] }
func (p *packets) Push(x any)   { *p = append(*p, x.(packet)) }
func (p *packets) Pop() any {
	last := len(*p) - 1
	x := (*p)[last]
	(*p)[last] = packet{}
	*p = (*p)[:last]
	return x
}

func stringOf(a net.Addr) string {
	if a == nil {
		return "<nil>"
	}
	return a.String()
}
