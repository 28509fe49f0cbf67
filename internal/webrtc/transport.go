package webrtc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"

	"confab/internal/codec"
	"confab/internal/media"
	"confab/internal/sdp"
)

// Errors that callers branch on.
var (
	// ErrLost means that a far end was connected, and checks no more (RFC 7675
	// §5.1), or is not heard any more (media.Config.MediaTimeout).
	ErrLost = errors.New("the far end is gone: nothing comes from it any more")
	// ErrUnconnected means that a far end did not connect after Start.
	ErrUnconnected = errors.New("the far end did not connect within 30 s")
	// ErrFingerprint means that a far end showed another certificate than its SDP named.
	ErrFingerprint = errors.New("the far end's certificate is not the one that its SDP names")
	// ErrHungUp means that the far end has closed the connection (DTLS close_notify).
	ErrHungUp = errors.New("the far end has closed the connection")
	// ErrClosed means that the peer or the transport has been closed by us.
	ErrClosed = errors.New("closed")
)

// Config says what a Transport is made of. Plane is required.
type Config struct {
	// Plane makes the sessions. It has one Transport at the most.
	Plane *media.Plane

	// Codecs are what is offered, in this order, and accepted: of an offer the
	// one with the widest band. Nil: Opus where the system has it, G.722, PCMU, PCMA.
	Codecs []codec.Codec

	// Advertise is an address that far ends outside can reach us by, where a NAT
	// stands before us with the same ports. Zero: none.
	Advertise netip.Addr

	// Addresses lists the addresses of this host that are offered as candidates,
	// the best first, where the port listens on all of them. Nil: those of its network
	// interfaces, loopback last.
	Addresses func() []netip.Addr

	// Listen opens the port at which far ends connect whose network lets no UDP out (RFC
	// 6544); nil: there is none. Of the ports from TCPLow to TCPHigh it is the first that
	// is free. If they are one, New opens it and fails if that cannot be; else it opens
	// with the first peer, like the ports of UDP, on the same addresses.
	Listen          func(network, address string) (net.Listener, error)
	TCPLow, TCPHigh uint16

	Log *slog.Logger // nil discards
}

func (c Config) withDefaults() Config {
	if c.Codecs == nil {
		if opus, err := codec.Opus(); err == nil {
			c.Codecs = append(c.Codecs, opus)
		}
		c.Codecs = append(c.Codecs, codec.G722, codec.PCMU, codec.PCMA)
	}
	if c.Addresses == nil {
		c.Addresses = hostAddresses
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Transport makes peers.
type Transport struct {
	cfg         Config
	certificate tls.Certificate
	fingerprint string
	wg          sync.WaitGroup // doors, and the handshakes of peers

	mu     sync.Mutex
	closed bool
	tcp    *tcp                     // nil: none, or not yet
	tried  bool                     // to open it
	doors  map[net.PacketConn]*door // one for each loop
	peers  map[*Peer]struct{}
}

// New makes a Transport, with a certificate of its own. Its ports open as peers need
// them.
func New(c Config) (*Transport, error) {
	if c.Plane == nil {
		return nil, errors.New("webrtc: no media plane")
	}
	t := &Transport{cfg: c.withDefaults(), doors: make(map[net.PacketConn]*door), peers: make(map[*Peer]struct{})}
	var err error
	if t.certificate, t.fingerprint, err = newCertificate(); err != nil {
		return nil, fmt.Errorf("webrtc: make a certificate: %w", err)
	}
	if t.cfg.Listen != nil && t.cfg.TCPLow == t.cfg.TCPHigh {
		t.tried = true
		if t.tcp, err = t.listenTCP(); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// Close closes all peers, and waits for what the Transport has started. It comes
// before Plane.Close.
func (t *Transport) Close() error {
	t.mu.Lock()
	t.closed = true
	var peers []*Peer
	for p := range t.peers {
		peers = append(peers, p)
	}
	tcp := t.tcp
	doors := make([]*door, 0, len(t.doors))
	for _, d := range t.doors {
		doors = append(doors, d)
	}
	t.mu.Unlock()
	for _, p := range peers {
		p.Close()
	}
	for _, d := range doors {
		_ = d.conn.Close()
	}
	t.wg.Wait()
	if tcp != nil {
		tcp.close() // after the handshakes, which have said that they end
	}
	return nil
}

// Answer answers an offer of a far end (RFC 8829 §5.3), and returns its peer with
// an open session, which is set but not started: call Start once the answer is on
// its way. Errors: sdp.ErrNothingFits, sdp.ErrSyntax, media.ErrNoPort, ErrClosed.
func (t *Transport) Answer(_ context.Context, offer []byte) (*Peer, []byte, error) {
	o, err := sdp.Parse(offer)
	if err != nil {
		return nil, nil, err
	}
	if _, err := sdp.Agree(o, sdp.Local{Formats: media.Formats(t.cfg.Codecs, nil), Secure: new(sdp.Secure)}); err != nil {
		return nil, nil, err
	}
	p, err := t.newPeer(t.cfg.Codecs)
	if err != nil {
		return nil, nil, err
	}
	answer, err := p.Reoffer(offer)
	if err != nil {
		p.Close()
		return nil, nil, err
	}
	return p, answer, nil
}

// Offer makes an offer of ours (RFC 8829 §5.2) of these codecs, or of those of
// Config if there are none, and its peer; Accept takes the answer. Errors:
// media.ErrNoPort, ErrClosed.
func (t *Transport) Offer(_ context.Context, codecs ...codec.Codec) (*Peer, []byte, error) {
	if len(codecs) == 0 {
		codecs = t.cfg.Codecs
	}
	p, err := t.newPeer(codecs)
	if err != nil {
		return nil, nil, err
	}
	return p, p.Offer(), nil
}

// newPeer opens a session, and the door of its loop.
func (t *Transport) newPeer(codecs []codec.Codec) (*Peer, error) {
	session, err := t.cfg.Plane.Open(media.SessionConfig{Secure: true})
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		session.Close()
		return nil, ErrClosed
	}
	p := newPeer(t, session, codecs, t.tcpPortLocked())
	conn := session.Door()
	d := t.doors[conn]
	if d == nil {
		d = newDoor(conn)
		t.doors[conn] = d
		t.wg.Go(d.run)
	}
	t.peers[p] = struct{}{}
	t.mu.Unlock()
	p.door = d
	d.admit(p, p.local.Secure.User)
	return p, nil
}

// tcpPortLocked returns our port for TCP, which is opened for the first peer; 0 if there is
// none.
func (t *Transport) tcpPortLocked() uint16 {
	if t.cfg.Listen != nil && !t.tried {
		t.tried = true
		var err error
		if t.tcp, err = t.listenTCP(); err != nil {
			t.cfg.Log.Warn("browsers whose network lets no UDP out need a TURN server", "err", err)
		}
	}
	if t.tcp == nil {
		return 0
	}
	return t.tcp.port
}

// doorOf returns the door of the peer that a check is for, by its user name; nil if it
// is no check, or for nobody.
func (t *Transport) doorOf(check []byte) *door {
	m, user, _ := readCheck(check)
	if m == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range t.doors {
		if d.peerCalled(user) != nil {
			return d
		}
	}
	return nil
}

// forget is told by a peer that it has ended.
func (t *Transport) forget(p *Peer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.peers, p)
}

// start runs f on a goroutine that Close waits for, unless it has been called.
func (t *Transport) start(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.wg.Go(f)
	}
}
