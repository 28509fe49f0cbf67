package sip

import (
	"cmp"
	"container/list"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"time"

	"confab/internal/contract"
	"confab/internal/media"
	"confab/internal/sdp"
)

var (
	errClosed         = errors.New("SIP server is closed")
	errConnectionLost = errors.New("connection lost")
)

// Server speaks SIP on one address, as server and client.
type Server struct {
	cfg      Config
	limits   Limits
	log      *slog.Logger
	udp      *udp
	listener net.Listener
	dial     func(ctx context.Context, network, addr string) (net.Conn, error)
	open     func(media.SessionConfig) (*media.Session, error)
	contacts contacts
	limiter  *limiter
	overload overload
	seed     maphash.Seed // of the tags of answers without state
	count    counters
	facing   facing
	formats  []sdp.Format // of our codecs; shared, not to be changed

	ctx    context.Context // ends when the server closes
	cancel context.CancelFunc
	wg     sync.WaitGroup // every goroutine but the dialogs'
	calls  sync.WaitGroup // the dialogs'

	aftermath *aftermath

	mu        sync.Mutex
	closed    bool
	draining  bool
	conns     map[netip.AddrPort]*conn
	dialogs   map[dialogKey]*dialog
	invites   map[serverKey]*dialog // by the INVITE that began them: its retransmissions and its CANCEL have no tag of ours
	merges    map[mergeKey]*dialog  // RFC 3261 §8.2.2.2
	callIDs   map[string]*knownCall
	live      int
	lingering list.List // of *dialog, the one that ended first in front
}

// mergeKey is what two requests have in common that are one request come twice.
type mergeKey struct {
	callID, fromTag string
	cseq            uint32
}

// entry is by what an INVITE that began a dialog stands in the tables.
type entry struct {
	invite serverKey
	merge  mergeKey
}

// knownCall is a Call-ID that has a dialog, and where it may be heard from
// without passing the limiter.
type knownCall struct {
	dialogs int
	addr    netip.Addr
	bucket  bucket
}

// New binds UDP and TCP and serves until Close.
func New(c Config) (*Server, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("SIP: %w", err)
	}
	c = c.withDefaults()
	pc, ln, err := bind(c)
	if err != nil {
		return nil, fmt.Errorf("SIP address %s: %w", c.Addr, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		cfg: c, limits: c.Limits, log: c.Log,
		udp: newUDP(pc), listener: ln,
		dial: c.Dial, open: c.Plane.Open,
		contacts: contacts{bound: addrPort(pc.LocalAddr()), advertise: c.Advertise.Unmap(), local: c.Local, dial: c.Dial},
		limiter:  newLimiter(c.Limits),
		formats:  media.Formats(c.Codecs, c.Accepted),
		seed:     maphash.MakeSeed(),
		ctx:      ctx, cancel: cancel,
		conns:   make(map[netip.AddrPort]*conn),
		dialogs: make(map[dialogKey]*dialog),
		invites: make(map[serverKey]*dialog),
		merges:  make(map[mergeKey]*dialog),
		callIDs: make(map[string]*knownCall),
	}
	s.aftermath = newAftermath(s.calls.Done)
	s.start(func() { s.aftermath.run(s.ctx.Done()) })
	s.start(s.readUDP)
	s.start(s.accept)
	return s, nil
}

// bind takes the address for UDP and TCP. With port 0 it takes one that is
// free for both.
func bind(c Config) (net.PacketConn, net.Listener, error) {
	host, port, _ := net.SplitHostPort(c.Addr)
	for try := 1; ; try++ {
		pc, err := c.ListenPacket(networkUDP, c.Addr)
		if err != nil {
			return nil, nil, err
		}
		taken := strconv.Itoa(int(addrPort(pc.LocalAddr()).Port()))
		ln, err := c.Listen(networkTCP, net.JoinHostPort(host, taken))
		if err == nil {
			return pc, ln, nil
		}
		err = errors.Join(err, pc.Close())
		if port != "0" || try == 10 {
			return nil, nil, err
		}
	}
}

// Addr returns the address that the server is bound to.
func (s *Server) Addr() netip.AddrPort { return s.contacts.bound }

// Drain refuses new calls with 503 from now on; those that live go on.
func (s *Server) Drain() {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
}

// Close ends what still lives (503 to the unanswered, BYE to the others,
// without waiting for answers), closes the sockets and waits for every
// goroutine.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		s.calls.Wait()
		s.wg.Wait()
		return nil
	}
	s.closed = true
	dialogs := make([]*dialog, 0, len(s.dialogs))
	for _, d := range s.dialogs {
		dialogs = append(dialogs, d)
	}
	s.mu.Unlock()
	for _, d := range dialogs {
		d.post(func() { d.abort(contract.CauseShutdown) })
	}
	s.calls.Wait()

	s.mu.Lock()
	conns := make([]*conn, 0, len(s.conns))
	for _, c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, c := range conns {
		c.finish()
	}
	s.cancel()
	err := errors.Join(s.udp.pc.Close(), s.listener.Close())
	s.wg.Wait()
	return err
}

// start runs f on a goroutine that Close waits for, unless the server is
// closed already.
func (s *Server) start(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.wg.Go(f)
	return true
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Server) stopping() bool { return s.ctx.Err() != nil }

// pause waits, and reports whether the server still runs.
func (s *Server) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// transmit sends a message along a flow, whose connection it brings about when
// there is none any more.
func (s *Server) transmit(f *flow, b []byte) error {
	s.count.sent.Add(1)
	if s.log.Enabled(s.ctx, slog.LevelDebug) {
		s.log.Debug("sip sent", "to", f.remote, "network", f.network, "line", startLine(b))
	}
	s.trace(true, f, b)
	if f.network == networkUDP {
		return s.udp.write(b, f.remote)
	}
	if f.conn == nil || !f.conn.alive() {
		c := s.connTo(f.remote)
		if c == nil {
			to := cmp.Or(f.alt, f.remote)
			if c = s.connTo(to); c == nil {
				var err error
				if c, err = s.connectLater(to); err != nil {
					return err
				}
			}
		}
		f.conn = c
	}
	return f.conn.send(b)
}

// enter puts a dialog in the tables and starts it, if there is room for it. r
// is the INVITE that it begins with, nil for one of ours. Otherwise it returns
// the status to refuse r with.
func (s *Server) enter(d *dialog, r *request) (refusal int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed || r != nil && s.draining:
		return 503
	case s.live >= s.limits.Dialogs:
		return 503
	case s.dialogs[d.key] != nil:
		return 482
	}
	if r != nil {
		m := mergeKey{r.callID, r.from.tag, r.cseq}
		if s.merges[m] != nil {
			return 482 // RFC 3261 §8.2.2.2
		}
		d.inviting, d.entered = r, &entry{r.key(), m}
		s.merges[m] = d
		s.invites[d.entered.invite] = d
	}
	s.dialogs[d.key] = d
	known := s.callIDs[d.key.callID]
	if known == nil {
		known = &knownCall{addr: d.flow.remote.Addr(), bucket: bucket{float64(s.limits.DialogBurst), time.Now()}}
		s.callIDs[d.key.callID] = known
	}
	known.dialogs++
	s.live++
	s.calls.Go(d.run)
	return 0
}

// linger counts a dialog as ended. When too many linger, the one that ended
// first is let go.
func (s *Server) linger(d *dialog) {
	s.mu.Lock()
	s.live--
	d.place = s.lingering.PushBack(d)
	var first *dialog
	if s.lingering.Len() > s.limits.Lingering {
		first = s.lingering.Remove(s.lingering.Front()).(*dialog)
		first.place = nil
	}
	s.mu.Unlock()
	if first != nil {
		first.post(first.kill)
	}
}

// remove takes a dialog out of the tables.
func (s *Server) remove(d *dialog) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.place != nil {
		s.lingering.Remove(d.place)
		d.place = nil
	}
	delete(s.dialogs, d.key)
	if e := d.entered; e != nil {
		delete(s.invites, e.invite)
		delete(s.merges, e.merge)
	}
	if known := s.callIDs[d.key.callID]; known != nil {
		if known.dialogs--; known.dialogs == 0 {
			delete(s.callIDs, d.key.callID)
		}
	}
	for _, c := range d.used {
		delete(c.users, d)
	}
}

// known reports whether raw bytes belong to a dialog that lives, come from
// where it is heard, and are not too many: those never wait behind strangers.
func (s *Server) known(b []byte, from netip.Addr) bool {
	id := peekCallID(b)
	if id == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.callIDs[string(id)]
	return k != nil && k.addr == from && k.bucket.take(time.Now(), float64(s.limits.DialogRate), float64(s.limits.DialogBurst))
}

// passes reports whether a message of from is looked at. Those in Config.Trusted
// have no bound of their own; all together have one.
func (s *Server) passes(from netip.Addr) bool {
	from = from.Unmap().WithZone("")
	trusted := slices.ContainsFunc(s.cfg.Trusted, func(p netip.Prefix) bool { return p.Contains(from) })
	return s.limiter.allow(from, trusted)
}

// recovered counts and logs a panic, of which callID is the dialog's, if any.
func (s *Server) recovered(p any, callID string) {
	s.count.panics.Add(1)
	s.log.Error("panic in SIP", "panic", p, "dialog", callID, "stack", string(debug.Stack()))
}
