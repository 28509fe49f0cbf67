package signal

import (
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/coder/websocket"

	"confab/internal/contract"
)

// Server is the browsers' door: an http.Handler for Path, and a leg.Dialer for
// client:IDENTITY. All methods may be called from any goroutine.
type Server struct {
	cfg    Config
	limits Limits
	log    *slog.Logger

	refused, denied, malformed, revoked, cutOff, reattached, panics atomic.Uint64

	closing sync.Once
	quit    chan struct{} // closed by Close

	// mu guards all that follows, and what sockets and legs say is under it. It is
	// never held over I/O.
	mu        sync.Mutex
	draining  bool // no new sockets, no new calls
	closed    bool
	sockets   map[*socket]struct{}
	addresses map[netip.Addr]int
	tabs      map[string][]*socket      // registered, by identity; the newest last
	legs      map[contract.CallSID]*Leg // that are answered
	tokens    map[string]*Leg           // by what a page comes back with
	all       map[*Leg]struct{}         // not over yet
	wg        sync.WaitGroup            // sockets, legs, handlers of legs, and watchKeys
}

// New returns a Server. Close it.
func New(c Config) (*Server, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		cfg: c, limits: c.Limits.orDefault(), log: c.Log, quit: make(chan struct{}),
		sockets: make(map[*socket]struct{}), addresses: make(map[netip.Addr]int), tabs: make(map[string][]*socket),
		legs: make(map[contract.CallSID]*Leg), tokens: make(map[string]*Leg), all: make(map[*Leg]struct{}),
	}
	s.wg.Go(s.watchKeys)
	return s, nil
}

// ServeHTTP serves one socket, until it is closed. Pages of any origin may connect:
// who they are is said by their token alone, which no browser sends by itself, as it
// would a cookie.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k := newSocket(s, remote(r))
	if status := s.enter(k); status != 0 {
		s.refused.Add(1)
		w.Header().Set("Retry-After", "5")
		http.Error(w, http.StatusText(status), status)
		return
	}
	defer s.leave(k)
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // it has been answered
	}
	k.serve(conn)
}

// remote is the address that a request comes from.
func remote(r *http.Request) netip.AddrPort {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.AddrPort{} // a listener of another kind than TCP
	}
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// enter counts a socket, or says with which status it is refused.
func (s *Server) enter(k *socket) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.draining || len(s.sockets) >= s.limits.Sockets:
		return http.StatusServiceUnavailable
	case s.addresses[k.addr.Addr()] >= s.limits.PerAddress:
		return http.StatusTooManyRequests
	}
	s.sockets[k] = struct{}{}
	s.addresses[k.addr.Addr()]++
	s.wg.Add(1)
	return 0
}

// leave forgets a socket. Its calls that were answered wait for their page to come
// back; the others are over.
func (s *Server) leave(k *socket) {
	s.mu.Lock()
	s.unregisterLocked(k)
	delete(s.sockets, k)
	if s.addresses[k.addr.Addr()]--; s.addresses[k.addr.Addr()] == 0 {
		delete(s.addresses, k.addr.Addr())
	}
	k.gone = true
	var over []*Leg
	for _, l := range k.legs {
		l.socket = nil
		if l.phase == phaseLive {
			l.moved()
		} else {
			over = append(over, l)
		}
	}
	clear(k.legs)
	s.mu.Unlock()
	for _, l := range over {
		l.end(l.gaveUp(), 487, nil)
	}
	s.wg.Done()
}

// start runs f on a goroutine that Close waits for; false: the server is closed.
func (s *Server) start(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.wg.Go(f)
	return true
}

// recovered notes a panic. One ends a socket or a call, and no other.
func (s *Server) recovered(v any, where string) {
	s.panics.Add(1)
	s.log.Error("signalling panicked", "in", where, "panic", v, "stack", string(debug.Stack()))
}

// Drain takes no more sockets and no more calls. Those there are go on.
func (s *Server) Drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
}

// Close hangs up all calls, closes all sockets, so that their pages look for another
// server or for this one when it is back, and waits until nothing is left.
func (s *Server) Close() error {
	s.Drain()
	s.closing.Do(func() { close(s.quit) })
	s.mu.Lock()
	s.closed = true
	legs := make([]*Leg, 0, len(s.all))
	for l := range s.all {
		legs = append(legs, l)
	}
	s.mu.Unlock()
	for _, l := range legs {
		l.hangup(contract.CauseShutdown)
	}
	s.mu.Lock()
	for k := range s.sockets {
		k.end(websocket.StatusGoingAway, "the server is stopping")
	}
	s.mu.Unlock()
	s.wg.Wait()
	return nil
}

// Stats returns the counters.
func (s *Server) Stats() Stats {
	st := Stats{
		Refused: s.refused.Load(), Denied: s.denied.Load(), Malformed: s.malformed.Load(),
		Revoked: s.revoked.Load(), CutOff: s.cutOff.Load(), Reattached: s.reattached.Load(), Panics: s.panics.Load(),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Sockets, st.Identities, st.Legs = len(s.sockets), len(s.tabs), len(s.all)
	for _, list := range s.tabs {
		st.Registered += len(list)
	}
	for l := range s.all {
		if l.phase == phaseLive && l.socket == nil {
			st.Detached++
		}
	}
	return st
}
