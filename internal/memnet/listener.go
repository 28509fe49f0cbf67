package memnet

import (
	"context"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

const backlog = 4096 // connections made and not yet accepted, as Linux's somaxconn

// listener is a TCP listener.
type listener struct {
	net   *Net
	bound netip.AddrPort

	mu      sync.Mutex
	arrive  sync.Cond
	waiting []*conn
	accept  deadline
	closed  bool
}

func newListener(n *Net, bound netip.AddrPort) *listener {
	l := &listener{net: n, bound: bound}
	l.arrive.L = &l.mu
	return l
}

func (l *listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.bound) }

func (l *listener) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		switch {
		case l.closed:
			return nil, l.fail("accept", net.ErrClosed)
		case l.accept.passed():
			return nil, l.fail("accept", os.ErrDeadlineExceeded)
		case len(l.waiting) > 0:
			c := l.waiting[0]
			l.waiting = l.waiting[1:]
			return c, nil
		}
		l.arrive.Wait()
	}
}

// SetDeadline bounds Accept, as net.TCPListener's does.
func (l *listener) SetDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return l.fail("set", net.ErrClosed)
	}
	l.accept.set(t, &l.arrive)
	return nil
}

// Close stops listening. Connections not yet accepted are closed.
func (l *listener) Close() error {
	l.net.mu.Lock()
	if l.net.tcp[l.bound] == l {
		delete(l.net.tcp, l.bound)
	}
	l.net.mu.Unlock()

	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return l.fail("close", net.ErrClosed)
	}
	waiting := l.waiting
	l.closed, l.waiting = true, nil
	l.accept.stop()
	l.arrive.Broadcast()
	l.mu.Unlock()
	for _, c := range waiting {
		c.Close()
	}
	return nil
}

func (l *listener) fail(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Addr: l.Addr(), Err: err}
}

// offer gives the listener a connection; false means that it takes none.
func (l *listener) offer(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.waiting) >= backlog {
		return false
	}
	l.waiting = append(l.waiting, c)
	l.arrive.Broadcast()
	return true
}

// connect makes a TCP connection from h to to.
func (h *Host) connect(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
	n := h.net
	fail := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: net.TCPAddrFromAddrPort(to), Err: err}
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	source := h.source(to.Addr())

	n.mu.Lock()
	there, _ := n.shapeLocked(source, to.Addr())
	back, _ := n.shapeLocked(to.Addr(), source)
	n.mu.Unlock()
	if there.Loss >= 1 || back.Loss >= 1 { // nothing comes back, not even a refusal
		<-ctx.Done()
		return fail(ctx.Err())
	}
	if trip := there.Delay + back.Delay; trip > 0 {
		t := time.NewTimer(trip)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return fail(ctx.Err())
		}
	}

	n.mu.Lock()
	l := n.tcpAtLocked(to)
	if l == nil {
		n.mu.Unlock()
		return fail(os.NewSyscallError("connect", syscall.ECONNREFUSED))
	}
	from, err := h.bindLocked("tcp", network, netip.AddrPortFrom(source, 0))
	if err != nil {
		n.mu.Unlock()
		return fail(err)
	}
	n.tcp[from] = nil // the port is in use, though nobody listens there
	n.mu.Unlock()

	out, in := newPipe(n.delay(from.Addr(), to.Addr())), newPipe(n.delay(to.Addr(), from.Addr()))
	near := &conn{local: from, remote: to, in: in, out: out, gone: func() { n.release(from) }}
	far := &conn{local: to, remote: from, in: out, out: in, gone: func() {}}
	if !l.offer(far) {
		n.release(from)
		return fail(os.NewSyscallError("connect", syscall.ECONNREFUSED))
	}
	return near, nil
}

// delay returns a function that tells how long the way takes now.
func (n *Net) delay(from, to netip.Addr) func() time.Duration {
	return func() time.Duration {
		n.mu.Lock()
		defer n.mu.Unlock()
		s, _ := n.shapeLocked(from, to)
		return s.Delay
	}
}

// release gives the port of a connection back.
func (n *Net) release(from netip.AddrPort) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if l, ok := n.tcp[from]; ok && l == nil {
		delete(n.tcp, from)
	}
}
