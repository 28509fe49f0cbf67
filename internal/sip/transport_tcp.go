package sip

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// connectTime bounds how long a TCP connection may take to come about.
const connectTime = 4 * time.Second

// conn is one TCP connection, with a goroutine that reads and one that writes.
// Messages to it wait in a bounded queue, so nobody waits for a far end that
// does not read.
type conn struct {
	s       *Server
	remote  netip.AddrPort
	inbound bool
	out     chan []byte // nil is the end: what was queued before is still written

	once sync.Once
	gone chan struct{} // closed when the connection is over

	mu sync.Mutex
	nc net.Conn // nil before the connection has come about

	// Under Server.mu.
	users map[*dialog]struct{}
	heard time.Time
}

func (s *Server) newConn(remote netip.AddrPort, nc net.Conn) *conn {
	return &conn{
		s: s, remote: remote, nc: nc,
		out:   make(chan []byte, s.limits.WriteBacklog),
		gone:  make(chan struct{}),
		users: make(map[*dialog]struct{}),
		heard: time.Now(),
	}
}

// accept takes connections until the listener is closed.
func (s *Server) accept() {
	for {
		nc, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) || s.stopping() {
			if err == nil {
				nc.Close()
			}
			return
		}
		if err != nil {
			s.log.Warn("accept SIP over TCP", "error", err)
			s.pause(100 * time.Millisecond)
			continue
		}
		c := s.newConn(addrPort(nc.RemoteAddr()), nc)
		c.inbound = true
		evicted, ok := s.admit(c)
		if evicted != nil {
			evicted.close()
		}
		if !ok || !s.start(c.read) {
			c.close()
			continue
		}
		if !s.start(c.write) {
			c.close()
		}
	}
}

// admit enters an inbound connection in the table, if there is room for it, or
// can be made by closing the one that has been idle for longest.
func (s *Server) admit(c *conn) (evicted *conn, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	source := sourceOf(c.remote.Addr())
	same := 0
	for _, other := range s.conns {
		if other.inbound && sourceOf(other.remote.Addr()) == source {
			same++
		}
		if other.inbound && len(other.users) == 0 && (evicted == nil || other.heard.Before(evicted.heard)) {
			evicted = other
		}
	}
	switch have := s.conns[c.remote]; {
	case have != nil:
		evicted = have // the far end has begun anew
	case same >= s.limits.PerSource:
		return nil, false
	case len(s.conns) < s.limits.Connections:
		evicted = nil
	case evicted == nil:
		return nil, false
	default:
		delete(s.conns, evicted.remote)
	}
	s.conns[c.remote] = c
	return evicted, true
}

// connect returns a connection to remote: the one that there is, or a new one.
// It blocks until it has come about.
func (s *Server) connect(ctx context.Context, remote netip.AddrPort) (*conn, error) {
	if c := s.connTo(remote); c != nil {
		return c, nil
	}
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	nc, err := s.dial(ctx, networkTCP, remote.String())
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", remote, err)
	}
	c := s.newConn(remote, nc)
	if have := s.enlist(c); have != c {
		nc.Close()
		return have, nil
	}
	if !s.start(c.read) || !s.start(c.write) {
		c.close()
		return nil, errClosed
	}
	return c, nil
}

// connectLater returns a connection to remote that is still to come about:
// what is sent meanwhile waits in its queue. It does not block.
func (s *Server) connectLater(remote netip.AddrPort) (*conn, error) {
	c := s.newConn(remote, nil)
	if have := s.enlist(c); have != c {
		return have, nil
	}
	ok := s.start(func() {
		ctx, cancel := context.WithTimeout(s.ctx, connectTime)
		defer cancel()
		nc, err := s.dial(ctx, networkTCP, remote.String())
		if err != nil {
			c.close()
			return
		}
		c.mu.Lock()
		c.nc = nc
		c.mu.Unlock()
		if !c.alive() || !s.start(c.read) {
			nc.Close()
			c.close()
			return
		}
		c.write()
	})
	if !ok {
		c.close()
		return nil, errClosed
	}
	return c, nil
}

// enlist enters a connection of ours in the table, unless there is one to the
// same far end already. It returns the one in the table.
func (s *Server) enlist(c *conn) *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if have := s.conns[c.remote]; have != nil && have.alive() {
		return have
	}
	s.conns[c.remote] = c
	return c
}

// connTo returns the connection whose other end is remote, if there is one.
func (s *Server) connTo(remote netip.AddrPort) *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns[remote]
}

func (c *conn) alive() bool {
	select {
	case <-c.gone:
		return false
	default:
		return true
	}
}

// send queues a message. A far end whose queue is full does not read: its
// connection is closed.
func (c *conn) send(b []byte) error {
	if !c.alive() {
		return fmt.Errorf("send to %s: %w", c.remote, net.ErrClosed)
	}
	select {
	case c.out <- b:
		return nil
	default:
		c.s.count.slowPeers.Add(1)
		c.close()
		return fmt.Errorf("send to %s: %d messages wait", c.remote, len(c.out))
	}
}

// finish closes the connection when what is queued has been written.
func (c *conn) finish() {
	select {
	case c.out <- nil:
	default:
		c.close()
	}
}

// close ends the connection and tells the dialogs that use it. It may be
// repeated.
func (c *conn) close() {
	c.once.Do(func() {
		close(c.gone)
		c.s.mu.Lock()
		if c.s.conns[c.remote] == c {
			delete(c.s.conns, c.remote)
		}
		users := make([]*dialog, 0, len(c.users))
		for d := range c.users {
			users = append(users, d)
		}
		c.s.mu.Unlock()
		c.mu.Lock()
		nc := c.nc
		c.mu.Unlock()
		if nc != nil {
			nc.Close()
		}
		for _, d := range users {
			d.post(func() { d.flowLost(c) })
		}
	})
}

// write writes what is queued until the connection is over.
func (c *conn) write() {
	defer c.close()
	for {
		select {
		case b := <-c.out:
			if b == nil {
				return
			}
			c.nc.SetWriteDeadline(time.Now().Add(c.s.limits.WriteTime))
			if _, err := c.nc.Write(b); err != nil {
				if errors.Is(err, os.ErrDeadlineExceeded) {
					c.s.count.slowPeers.Add(1)
				}
				return
			}
		case <-c.gone:
			return
		}
	}
}

// read reads messages and hands them on, in the order of their arrival, until
// the connection is over.
func (c *conn) read() {
	end := c.close
	defer func() { end() }()
	var (
		buf      []byte    // what has arrived and is not a whole message yet
		deadline time.Time // for the message that has begun
		chunk    = make([]byte, 4096)
	)
	for {
		if len(buf) == 0 {
			deadline = time.Now().Add(c.s.limits.Idle)
		}
		c.nc.SetReadDeadline(deadline)
		n, err := c.nc.Read(chunk)
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) && len(buf) == 0 && c.used() {
				continue
			}
			return
		}
		if len(buf) == 0 {
			deadline = time.Now().Add(c.s.limits.MessageTime)
		}
		buf = append(buf, chunk[:n]...)
		for {
			buf = c.skipBlank(buf)
			length, sound := frame(buf)
			if length > c.s.limits.MessageSize || length == 0 && len(buf) > c.s.limits.MessageSize {
				return
			}
			if length == 0 || length > len(buf) {
				break // more is to come
			}
			if !c.take(bytes.Clone(buf[:length])) {
				return
			}
			if !sound {
				end = c.finish // after the complaint has been written
				return
			}
			buf = buf[:copy(buf, buf[length:])]
			deadline = time.Now().Add(c.s.limits.MessageTime)
		}
	}
}

// skipBlank drops blank lines before a message (RFC 3261 §7.5). Two at once
// are a keep-alive, answered with one (RFC 5626 §4.4.1).
func (c *conn) skipBlank(buf []byte) []byte {
	for len(buf) > 0 && (buf[0] == '\r' || buf[0] == '\n') {
		if bytes.HasPrefix(buf, []byte("\r\n\r\n")) {
			buf = buf[2:]
			c.send([]byte("\r\n"))
		}
		buf = buf[1:]
	}
	return buf
}

// take hands on one message. A source at its rate is held back, not dropped:
// nobody repeats what was sent over TCP. It reports whether to go on.
func (c *conn) take(b []byte) bool {
	c.s.count.received.Add(1)
	c.s.mu.Lock()
	c.heard = time.Now()
	c.s.mu.Unlock()
	if !c.s.known(b, c.remote.Addr()) {
		for !c.s.passes(c.remote.Addr()) {
			c.s.count.limited.Add(1)
			if !c.s.pause(50*time.Millisecond) || !c.alive() {
				return false
			}
		}
	}
	c.s.receive(b, flow{network: networkTCP, remote: c.remote, conn: c}, time.Now())
	return true
}

// used reports whether a dialog uses the connection.
func (c *conn) used() bool {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return len(c.users) > 0
}

// frame returns the length of the message that b begins with, by its
// Content-Length (RFC 3261 §18.3): 0 when its header section is not there yet,
// more than len(b) when its body is not. It is not sound when there is no
// usable Content-Length: then what follows the header section cannot be read.
func frame(b []byte) (n int, sound bool) {
	head := 0
	for {
		i := bytes.IndexByte(b[head:], '\n')
		if i < 0 {
			return 0, true
		}
		line := b[head : head+i]
		head += i + 1
		if len(bytes.TrimSuffix(line, []byte{'\r'})) == 0 {
			break
		}
		name, value, ok := bytes.Cut(line, []byte{':'})
		name = bytes.TrimRight(name, " \t")
		if !ok || !bytes.EqualFold(name, []byte("content-length")) && !bytes.EqualFold(name, []byte("l")) {
			continue
		}
		length, err := contentLength(string(bytes.TrimSpace(value)))
		if err != nil {
			return headEnd(b, head), false
		}
		n, sound = length, true
	}
	return head + n, sound
}

// headEnd returns where the header section ends that is known to go on at from,
// or len(b).
func headEnd(b []byte, from int) int {
	for _, end := range [][]byte{[]byte("\n\r\n"), []byte("\n\n")} {
		if i := bytes.Index(b[from-1:], end); i >= 0 {
			return from - 1 + i + len(end)
		}
	}
	return len(b)
}
