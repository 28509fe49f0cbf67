package memnet

import (
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

const streamBuffer = 64 << 10 // bytes under way before a writer waits

// conn is one end of a TCP connection.
type conn struct {
	local, remote netip.AddrPort
	in, out       *pipe
	once          sync.Once
	gone          func() // tells the owner of the local port, once
}

// pipe is one direction of a connection.
type pipe struct {
	mu     sync.Mutex
	change sync.Cond
	queue  []segment
	size   int
	last   time.Time // when the last segment arrives
	timer  *time.Timer
	delay  func() time.Duration

	ended   bool // the writer is done: EOF after what is queued
	endAt   time.Time
	refused bool // the reader is gone: writes fail
	reader  bool // the reader has closed its own end
	writer  bool // the writer has closed its own end
	read    deadline
	write   deadline
}

type segment struct {
	at   time.Time
	data []byte
}

func newPipe(delay func() time.Duration) *pipe {
	p := &pipe{delay: delay}
	p.change.L = &p.mu
	return p
}

func (c *conn) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(c.local) }
func (c *conn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.in.take(b)
	if err != nil && err != io.EOF {
		err = c.fail("read", err)
	}
	return n, err
}

func (c *conn) Write(b []byte) (int, error) {
	n, err := c.out.put(b)
	if err != nil {
		err = c.fail("write", err)
	}
	return n, err
}

// Close ends both directions; what was written still arrives.
func (c *conn) Close() error {
	err := c.fail("close", net.ErrClosed)
	c.once.Do(func() {
		c.out.end(true)
		c.in.abandon()
		c.gone()
		err = nil
	})
	return err
}

// CloseWrite ends the outward direction alone.
func (c *conn) CloseWrite() error {
	c.out.end(false)
	return nil
}

func (c *conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	if c.in.reader {
		return c.fail("set", net.ErrClosed)
	}
	c.in.read.set(t, &c.in.change)
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if c.out.writer {
		return c.fail("set", net.ErrClosed)
	}
	c.out.write.set(t, &c.out.change)
	return nil
}

func (c *conn) fail(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: err}
}

// take reads what has arrived, waiting for something.
func (p *pipe) take(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		now := time.Now()
		switch {
		case p.reader:
			return 0, net.ErrClosed
		case p.read.passed():
			return 0, os.ErrDeadlineExceeded
		case len(b) == 0:
			return 0, nil
		case len(p.queue) > 0 && !p.queue[0].at.After(now):
			n := p.drain(b, now)
			p.change.Broadcast() // there is room
			return n, nil
		case p.ended && len(p.queue) == 0 && !p.endAt.After(now):
			return 0, io.EOF
		}
		p.alarm(now)
		p.change.Wait()
	}
}

// drain copies the segments that have arrived.
func (p *pipe) drain(b []byte, now time.Time) (n int) {
	for n < len(b) && len(p.queue) > 0 && !p.queue[0].at.After(now) {
		k := copy(b[n:], p.queue[0].data)
		n += k
		if p.queue[0].data = p.queue[0].data[k:]; len(p.queue[0].data) == 0 {
			p.queue = p.queue[1:]
		}
	}
	p.size -= n
	return n
}

// alarm wakes the reader when the next thing arrives.
func (p *pipe) alarm(now time.Time) {
	next := p.endAt
	switch {
	case len(p.queue) > 0:
		next = p.queue[0].at
	case !p.ended:
		return
	}
	if p.timer != nil {
		p.timer.Stop()
	}
	p.timer = wakeAfter(next.Sub(now), &p.change)
}

// put queues b, waiting for room.
func (p *pipe) put(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	done := 0
	for {
		switch {
		case p.writer:
			return done, net.ErrClosed
		case p.write.passed():
			return done, os.ErrDeadlineExceeded
		case p.ended, p.refused:
			return done, os.NewSyscallError("write", syscall.EPIPE)
		case done == len(b):
			return done, nil
		case p.size < streamBuffer:
			k := min(len(b)-done, streamBuffer-p.size)
			p.queue = append(p.queue, segment{p.arrival(), append([]byte(nil), b[done:done+k]...)})
			p.size += k
			done += k
			p.change.Broadcast()
			if done == len(b) {
				return done, nil
			}
			continue
		}
		p.change.Wait()
	}
}

// arrival returns when what is sent now arrives, never before what was sent earlier.
func (p *pipe) arrival() time.Time {
	at := time.Now().Add(p.delay())
	if at.Before(p.last) {
		at = p.last
	}
	p.last = at
	return at
}

// end says that no more will be written; closed, that the writer has closed.
func (p *pipe) end(closed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		p.ended, p.endAt = true, p.arrival()
	}
	if closed {
		p.writer = true
		p.write.stop()
	}
	p.change.Broadcast()
}

// abandon says that the reader is gone: what is under way is dropped.
func (p *pipe) abandon() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reader, p.refused, p.queue, p.size = true, true, nil, 0
	p.read.stop()
	if p.timer != nil {
		p.timer.Stop()
	}
	p.change.Broadcast()
}
