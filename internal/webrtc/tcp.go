package webrtc

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// showWithin is how long who connects may take to show credentials of a call.
	showWithin = 5 * time.Second
	// maxStrangers is how many connections may be open that have not: the one that came
	// first gives way. strangersEach is how many of one host may be.
	maxStrangers  = 256
	strangersEach = 32
	// pauseFor is how long no connection is taken when one could not be.
	pauseFor = 100 * time.Millisecond
)

// tcp is the port at which far ends connect whose network lets no UDP out: our passive
// candidates (RFC 6544). One is enough for all loops, for who connects says by its first
// packet to whom it belongs.
//
// How many connections there are is bounded by the calls: each peer has as many as it may
// have sources.
type tcp struct {
	transport *Transport
	listener  net.Listener
	port      uint16
	wg        sync.WaitGroup // of accept, and of connections
	closing   chan struct{}

	dropped, undelivered    atomic.Uint64
	full, denied, misframed atomic.Uint64

	mu        sync.Mutex
	closed    bool
	conns     map[*conn]struct{}
	strangers []*conn // the first that came first
}

// listenTCP opens the first port of the range that is free, and takes connections there.
func (t *Transport) listenTCP() (*tcp, error) {
	host := t.cfg.Plane.SecureHost()
	var last error
	for n := int(t.cfg.TCPLow); n <= int(t.cfg.TCPHigh); n++ {
		l, err := t.cfg.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(n)))
		if err != nil {
			last = err
			continue
		}
		x := &tcp{transport: t, listener: l, port: uint16(n), closing: make(chan struct{}), conns: make(map[*conn]struct{})}
		x.wg.Go(x.accept)
		return x, nil
	}
	return nil, fmt.Errorf("a port for browsers over TCP, of %d-%d: %w", t.cfg.TCPLow, t.cfg.TCPHigh, last)
}

// accept takes connections until the port is closed.
func (x *tcp) accept() {
	for {
		nc, err := x.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // too many files are open, as a rule
			select {
			case <-x.closing:
				return
			case <-time.After(pauseFor):
			}
		default:
			x.admit(newConn(x, nc))
		}
	}
}

// admit lets a connection read and write, if there is room for it or can be made.
func (x *tcp) admit(c *conn) {
	x.mu.Lock()
	defer x.mu.Unlock()
	same, host := 0, hostOf(c.at.Addr())
	for _, other := range x.strangers {
		if hostOf(other.at.Addr()) == host {
			same++
		}
	}
	if x.closed || same >= strangersEach {
		x.full.Add(1)
		_ = c.nc.Close()
		return
	}
	if len(x.strangers) == maxStrangers {
		x.full.Add(1)
		_ = x.strangers[0].nc.Close() // its reader ends, and forgets it
		x.strangers = slices.Delete(x.strangers, 0, 1)
	}
	x.strangers = append(x.strangers, c)
	x.conns[c] = struct{}{}
	x.wg.Go(c.read)
	x.wg.Go(c.write)
}

// hostOf is what counts as one host: a network of 64 bits where IPv6 gives everybody one.
func hostOf(addr netip.Addr) netip.Addr {
	if addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return addr
}

// met takes note that a connection is a peer's.
func (x *tcp) met(c *conn) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.strangers = slices.DeleteFunc(x.strangers, func(o *conn) bool { return o == c })
}

// forget takes note that a connection is over, and why.
func (x *tcp) forget(c *conn, why error) {
	switch {
	case errors.Is(why, errLong):
		x.misframed.Add(1)
	case c.peer == nil:
		x.denied.Add(1)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.conns, c)
	x.strangers = slices.DeleteFunc(x.strangers, func(o *conn) bool { return o == c })
}

// close closes the port and all connections, and waits for them. What waits to be written
// still is, for a second at the most.
func (x *tcp) close() {
	x.mu.Lock()
	if !x.closed {
		x.closed = true
		close(x.closing)
	}
	_ = x.listener.Close()
	for c := range x.conns {
		c.end()
	}
	x.mu.Unlock()
	x.wg.Wait()
}

// Stats is what a Transport has counted of connections over TCP.
type Stats struct {
	Connections int    // of peers, now
	Strangers   int    // that have not shown credentials yet, now
	Full        uint64 // closed at a bound
	Denied      uint64 // closed, for who was there had no credentials of a call
	Malformed   uint64 // closed, for a frame was longer than a packet
	Dropped     uint64 // packets thrown away that a far end had no room for, or the loop
}

// Stats returns the counts; they are zero while there is no port for TCP.
func (t *Transport) Stats() (s Stats) {
	t.mu.Lock()
	x := t.tcp
	t.mu.Unlock()
	if x == nil {
		return s
	}
	s.Full, s.Denied, s.Malformed = x.full.Load(), x.denied.Load(), x.misframed.Load()
	s.Dropped = x.dropped.Load() + x.undelivered.Load()
	x.mu.Lock()
	defer x.mu.Unlock()
	s.Strangers = len(x.strangers)
	s.Connections = len(x.conns) - s.Strangers
	return s
}
