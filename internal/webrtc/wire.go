package webrtc

import (
	"net"
	"os"
	"sync"
	"time"
)

// wireBacklog is how many datagrams of DTLS may wait: a flight of a handshake has less.
const wireBacklog = 32

// wire is the connection of one peer's DTLS: what its door hands over, and the way
// out. It implements net.PacketConn.
type wire struct {
	out func(b []byte)

	mu       sync.Mutex
	queue    [][]byte
	deadline time.Time
	closed   bool
	changed  chan struct{} // closed and replaced when any of the above changes
}

func newWire(out func(b []byte)) *wire { return &wire{out: out, changed: make(chan struct{})} }

// put copies data. What finds the queue full is lost.
func (w *wire) put(data []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed && len(w.queue) < wireBacklog {
		w.queue = append(w.queue, append([]byte(nil), data...))
		w.signalLocked()
	}
}

func (w *wire) signalLocked() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// nowhere is the address of every far end of a wire: where it is, is the peer's
// business.
func nowhere() net.Addr { return &net.UDPAddr{} }

func (w *wire) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		w.mu.Lock()
		if len(w.queue) > 0 {
			data := w.queue[0]
			w.queue = w.queue[1:]
			w.mu.Unlock()
			return copy(b, data), nowhere(), nil
		}
		closed, changed, deadline := w.closed, w.changed, w.deadline
		w.mu.Unlock()
		switch {
		case closed:
			return 0, nil, net.ErrClosed
		case deadline.IsZero():
			<-changed
		case !waitUntil(changed, deadline):
			return 0, nil, os.ErrDeadlineExceeded
		}
	}
}

// waitUntil waits for changed, at the longest until deadline, and reports which it was.
func waitUntil(changed <-chan struct{}, deadline time.Time) bool {
	t := time.NewTimer(time.Until(deadline))
	defer t.Stop()
	select {
	case <-changed:
		return true
	case <-t.C:
		return false
	}
}

func (w *wire) WriteTo(b []byte, _ net.Addr) (int, error) {
	w.out(b)
	return len(b), nil
}

// Close ends the reads.
func (w *wire) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.closed, w.queue = true, nil
		w.signalLocked()
	}
	return nil
}

func (w *wire) LocalAddr() net.Addr { return nowhere() }

func (w *wire) SetDeadline(t time.Time) error { return w.SetReadDeadline(t) }

func (w *wire) SetReadDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deadline = t
	w.signalLocked()
	return nil
}

// SetWriteDeadline does nothing: writes do not wait.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }
