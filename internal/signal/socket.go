package signal

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/coder/websocket"

	"confab/internal/token"
)

// socket is one connection of a browser: one goroutine reads and acts, another
// writes and looks after the time.
//
//	open ──listen──▸ known ──(token expires)──▸ stale ──listen──▸ known
//
// A socket that is not known is closed after listenTime, a stale one not as long as it
// has calls.
type socket struct {
	s    *Server
	addr netip.AddrPort
	log  *slog.Logger
	conn *websocket.Conn
	out  chan []byte

	renewed chan struct{} // holds one: the token is another
	once    sync.Once
	quit    chan struct{} // closed by end, with code and reason set
	code    websocket.StatusCode
	reason  string

	allowance float64 // frames that may still come; the reader's
	counted   time.Time
	frame     []byte    // read last; the reader's …
	readAt    time.Time // … and so this

	// Under Server.mu.
	who        token.Token // empty before the first listen
	known      bool        // who is valid now
	registered string      // the identity that it is called as; empty: it is not
	legs       map[string]*Leg
	gone       bool
}

func newSocket(s *Server, addr netip.AddrPort) *socket {
	return &socket{
		s: s, addr: addr, log: s.log.With("socket", addr),
		out: make(chan []byte, maxWaiting), renewed: make(chan struct{}, 1), quit: make(chan struct{}),
		allowance: maxBurst, counted: time.Now(), legs: make(map[string]*Leg),
	}
}

// serve reads and writes until the socket is closed, by whomever.
func (k *socket) serve(conn *websocket.Conn) {
	k.conn = conn
	conn.SetReadLimit(maxFrame)
	var writer sync.WaitGroup
	defer writer.Wait()
	defer k.end(websocket.StatusNormalClosure, "")
	writer.Go(k.write)
	k.read()
}

// end closes the socket, once what waits to be written is. It does not block; the
// first call has the say, and is told so.
func (k *socket) end(code websocket.StatusCode, reason string) (first bool) {
	k.once.Do(func() {
		first = true
		k.code, k.reason = code, reason
		close(k.quit)
	})
	return first
}

// cutOff ends a socket that goes beyond a bound, and counts it.
func (k *socket) cutOff(why string) {
	if k.end(websocket.StatusPolicyViolation, why) {
		k.s.cutOff.Add(1)
	}
}

// send queues a message. It never blocks: who has too many waiting is cut off.
func (k *socket) send(m message) {
	frame := m.frame()
	k.sent(m, frame)
	select {
	case k.out <- frame:
	default:
		k.cutOff("too slow")
	}
}

// fail tells of an error that is about no call, or about the one named.
func (k *socket) fail(callSID string, f *failure) {
	k.send(message{Type: "error", Payload: payload{CallSID: callSID, Error: f}})
}

// read takes frames until there are no more.
func (k *socket) read() {
	defer func() {
		if v := recover(); v != nil {
			k.s.recovered(v, "socket")
			k.end(websocket.StatusInternalError, "internal error")
		}
	}()
	for {
		ctx, cancel := context.WithTimeout(context.Background(), quietTime)
		kind, frame, err := k.conn.Read(ctx)
		cancel()
		switch {
		case err != nil:
			return
		case kind != websocket.MessageText:
			k.end(websocket.StatusUnsupportedData, "frames are text")
			return
		case !k.allow():
			k.cutOff("too many frames")
			return
		case isBeat(frame):
			continue
		}
		m, err := parse(frame)
		if err != nil {
			k.s.malformed.Add(1)
			k.fail("", &failure{failMalformed, "A frame is not JSON with a type and a payload"})
			continue
		}
		k.frame, k.readAt = frame, time.Now()
		if m.Payload.CallSID != "" {
			k.heard(k.leg(m.Payload.CallSID))
		}
		k.serveMessage(m)
	}
}

// allow reports whether another frame may come now.
func (k *socket) allow() bool {
	now := time.Now()
	k.allowance = min(maxBurst, k.allowance+now.Sub(k.counted).Seconds()*maxRate)
	k.counted = now
	k.allowance--
	return k.allowance >= 0
}

// write writes what is queued, and the heartbeats.
func (k *socket) write() {
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	patience := time.NewTimer(listenTime)
	defer patience.Stop()
	for {
		var frame []byte
		select {
		case <-k.quit:
			k.close()
			return
		case frame = <-k.out:
		case <-beat.C:
			frame = []byte("\n")
		case <-k.renewed:
			k.s.mu.Lock()
			until := k.who.Expires
			k.s.mu.Unlock()
			patience.Reset(time.Until(until))
			continue
		case <-patience.C:
			k.expire()
			patience.Reset(listenTime)
			continue
		}
		if !k.put(frame) {
			k.end(websocket.StatusAbnormalClosure, "")
			k.conn.CloseNow()
			return
		}
	}
}

// put writes one frame.
func (k *socket) put(frame []byte) bool {
	ctx, cancel := context.WithTimeout(context.Background(), writeTime)
	defer cancel()
	return k.conn.Write(ctx, websocket.MessageText, frame) == nil
}

// close writes what is left, and closes the connection.
func (k *socket) close() {
	for {
		select {
		case frame := <-k.out:
			if k.put(frame) {
				continue
			}
		default:
		}
		break
	}
	if err := k.conn.Close(k.code, k.reason); err != nil {
		k.conn.CloseNow()
	}
}

// expire looks after a socket that has not said who it is, or not again after its
// token expired.
func (k *socket) expire() {
	k.s.mu.Lock()
	defer k.s.mu.Unlock()
	switch {
	case k.known && time.Now().Before(k.who.Expires):
		return // it was renewed this moment; the reader says so again
	case k.known:
		k.known = false
		k.s.unregisterLocked(k)
		k.log.Debug("token expired", "identity", k.who.Identity)
		k.fail("", &failure{failExpired, "The access token has expired; give the device another"})
		k.send(message{Type: "offline"})
	case len(k.legs) == 0:
		k.end(websocket.StatusPolicyViolation, "no valid access token")
	}
}
