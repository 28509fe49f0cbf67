package webrtc

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"

	"confab/internal/codec"
	"confab/internal/media"
	"confab/internal/sdp"
)

const (
	// connectWithin is how long a far end may take to connect after Start, and
	// consentFor how long it stays connected without a check (RFC 7675 §5.1), or a packet
	// that verifies: some do not check while they speak. It is looked after every lookEvery.
	connectWithin = 30 * time.Second
	consentFor    = 30 * time.Second
	lookEvery     = 5 * time.Second

	// dtmfPayload is the payload type of telephone-event in our offers; further clocks
	// have those after it.
	dtmfPayload = 101
)

// Peer is one far end's connection. Its methods may be called from any goroutine.
//
//	new ──a check, or the SDP without ICE──▸ handshake ──keys and a nominated way──▸ connected ──▸ done
type Peer struct {
	t         *Transport
	door      *door
	session   *media.Session
	wire      *wire
	connected chan struct{}
	done      chan struct{}
	life      context.Context // ends when the peer does
	kill      context.CancelFunc

	mu       sync.Mutex
	local    sdp.Local
	said     []byte // our last description
	heard    []byte // the far end's
	far      *sdp.Secure
	before   sdp.Secure // our credentials before an ICE restart, and the far end's: until a new way is nominated
	way      way
	begun    bool // the handshake
	hasKeys  bool
	isUp     bool // connected
	offered  bool // ours is an offer, its answer has not come
	patience *time.Timer
	received uint64 // packets, when it was looked after last
	ended    bool
	err      error
}

// newPeer makes a peer of a session. tcp is our port for TCP; 0: there is none.
func newPeer(t *Transport, session *media.Session, codecs []codec.Codec, tcp uint16) *Peer {
	p := &Peer{t: t, session: session, connected: make(chan struct{}), done: make(chan struct{})}
	p.life, p.kill = context.WithCancel(context.Background())
	p.wire = newWire(p.sendDTLS)
	at := session.Local()
	addresses := t.cfg.addresses(at.Addr())
	user, password := newCredentials()
	p.local = sdp.Local{
		Formats: media.Formats(codecs, nil), DTMF: dtmfPayload, PTime: 20 * time.Millisecond, ID: sessionID(), Version: 1,
		Secure: &sdp.Secure{
			User: user, Password: password, Lite: true, Fingerprints: []string{t.fingerprint}, SSRC: session.SSRC(),
			Candidates: candidates(addresses, at.Port(), tcp),
		},
	}
	host := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if len(addresses) > 0 {
		host = addresses[0]
	}
	p.local.Address = netip.AddrPortFrom(host, at.Port())
	return p
}

// newCredentials makes a user name and a password (RFC 8839 §5.4: at least 24 and 128
// bits of chance). No two peers have one user name.
func newCredentials() (user, password string) { return rand.Text()[:16], rand.Text() }

// sessionID returns a number for the o= line (RFC 8866 §5.2), which some far ends keep
// in 63 bits.
func sessionID() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint64(b[:]) >> 2
}

// Offer returns an offer of ours, the first or a later one, which changes nothing by
// itself: Accept takes its answer.
func (p *Peer) Offer() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.offered = true
	local := p.local
	return p.sayLocked(func() []byte {
		local.Version = p.local.Version
		return sdp.Offer(local)
	})
}

// sayLocked notes what we say, which write writes: whenever it differs from what we
// said before its version is raised by one (RFC 3264 §8).
func (p *Peer) sayLocked(write func() []byte) []byte {
	text := write()
	if p.said != nil && !bytes.Equal(text, p.said) {
		p.local.Version++
		text = write()
	}
	p.said = text
	return text
}

// Accept takes the answer to our offer. The session is set by it, not started.
// Errors: sdp.ErrNothingFits, sdp.ErrSyntax, ErrClosed.
func (p *Peer) Accept(answer []byte) error {
	d, err := sdp.Parse(answer)
	if err != nil {
		return err
	}
	p.mu.Lock()
	local := p.local
	p.mu.Unlock()
	a, err := sdp.Accept(local, d)
	if err != nil {
		return err
	}
	if a.Secure.Setup == "actpass" {
		return errors.New("the answer says setup:actpass: want active or passive")
	}
	if err := p.adopt(a, answer); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.offered = false
	p.agreedLocked(a, a.Secure.Answers(p.local.Secure))
	return nil
}

// Reoffer answers a later offer of the far end: a change of direction or codec, or
// an ICE restart (RFC 8839 §4.4.1.1.1), for which the old way is used until a new one
// is nominated. Errors leave all as it was.
func (p *Peer) Reoffer(offer []byte) (answer []byte, err error) {
	o, err := sdp.Parse(offer)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	local := p.local
	a, err := sdp.Agree(o, local)
	if err == nil && p.far != nil && p.begun && !slices.Equal(a.Secure.Fingerprints, p.far.Fingerprints) {
		err = errors.New("the offer names another certificate than before: want a new call for it")
	}
	restarts := err == nil && p.far != nil && a.Secure.User != p.far.User
	p.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if err := p.adopt(a, offer); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return nil, ErrClosed
	}
	if restarts {
		p.restartLocked()
	}
	local = p.local
	answer = p.sayLocked(func() []byte {
		local.Version = p.local.Version
		text, _, _ := sdp.Answer(o, local) // it fitted before
		return text
	})
	p.agreedLocked(a, a.Secure.Answers(p.local.Secure))
	return answer, nil
}

// adopt lets the session do what was agreed, unless the far end has only said again
// what it had said before.
func (p *Peer) adopt(a sdp.Agreed, text []byte) error {
	p.mu.Lock()
	again := bytes.Equal(text, p.heard)
	p.mu.Unlock()
	if again {
		return nil
	}
	params, err := media.ParamsOf(a)
	if err != nil {
		return err
	}
	if err := p.session.Set(params); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = bytes.Clone(text)
	return nil
}

// agreedLocked takes note of the far end, and of who opens the connection.
func (p *Peer) agreedLocked(a sdp.Agreed, setup string) {
	secure := *p.local.Secure
	secure.Setup = setup
	p.local.Secure = &secure
	p.far = a.Secure
	if p.far.User == "" || p.far.Lite {
		// Nobody will check: the far end is where its SDP says, and DTLS shows
		// whether it is who it is.
		p.placeLocked(a.Remote)
	}
	if p.way.known() {
		p.beginLocked()
	}
}

// beginLocked begins the handshake, once both know of each other.
func (p *Peer) beginLocked() {
	if p.begun || p.ended || p.far == nil {
		return
	}
	p.begun = true
	client, fingerprints := p.local.Secure.Setup == "active", p.far.Fingerprints
	p.t.start(func() { p.converse(client, fingerprints) })
}

// keyed is told that the session has keys.
func (p *Peer) keyed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hasKeys = true
	p.upLocked()
}

// upLocked looks whether voice can pass.
func (p *Peer) upLocked() {
	if p.isUp || p.ended || !p.hasKeys || !p.way.to.IsValid() {
		return
	}
	p.isUp = true
	p.session.Confirm()
	close(p.connected)
	if p.way.checked && p.patience != nil {
		p.patience.Reset(lookEvery)
	}
}

// Start starts the voice (media.Session.Start): the answer is on its way, or has
// come. From now on the far end has 30 s to connect, or the peer is done with
// ErrUnconnected. It may be repeated.
func (p *Peer) Start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.patience != nil || p.ended {
		return
	}
	p.session.Start()
	p.patience = time.AfterFunc(connectWithin, p.impatient)
	p.t.start(func() {
		select {
		case <-p.session.Lost():
			p.end(ErrLost)
		case <-p.done:
		}
	})
}

// impatient looks whether the far end is still there.
func (p *Peer) impatient() {
	received := p.session.Stats().Received
	p.mu.Lock()
	left := time.Duration(0)
	up := p.isUp
	if up {
		if received != p.received {
			p.received, p.way.consent = received, time.Now()
		}
		left = consentFor - time.Since(p.way.consent)
		if !p.way.checked {
			left = consentFor // it does without ICE: the session looks after it
		}
	}
	if left > 0 && !p.ended {
		p.patience.Reset(min(left, lookEvery))
	}
	p.mu.Unlock()
	switch {
	case left > 0:
	case up:
		p.end(ErrLost)
	default:
		p.end(ErrUnconnected)
	}
}

// Session returns the voice. It is never nil, and closes with the peer.
func (p *Peer) Session() *media.Session { return p.session }

// Connected is closed when voice can pass: a way has been nominated and keys agreed.
func (p *Peer) Connected() <-chan struct{} { return p.connected }

// Done is closed when the peer has ended, whoever ended it.
func (p *Peer) Done() <-chan struct{} { return p.done }

// Err says why the peer ended; nil before Done.
func (p *Peer) Err() error {
	select {
	case <-p.done:
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.err
	default:
		return nil
	}
}

// Close ends the peer and its session. It may be repeated, and returns when the
// session has closed.
func (p *Peer) Close() error {
	p.end(ErrClosed)
	<-p.done
	return nil
}

// end ends the peer; the first err is why.
func (p *Peer) end(err error) {
	p.mu.Lock()
	if p.ended {
		p.mu.Unlock()
		return
	}
	p.ended, p.err = true, err
	if p.patience != nil {
		p.patience.Stop()
	}
	users := []string{p.local.Secure.User, p.before.User}
	sources := p.way.spots()
	begun := p.begun
	p.mu.Unlock()
	p.t.cfg.Log.Debug("a peer has ended", "why", err)
	p.door.dismiss(p, users, sources)
	p.session.Close()
	p.kill()
	if !begun {
		_ = p.wire.Close()
	}
	p.t.forget(p)
	close(p.done)
}

// sendDTLS sends a datagram of the handshake where the far end is, as far as we know.
func (p *Peer) sendDTLS(b []byte) {
	p.mu.Lock()
	to := p.way.best()
	p.mu.Unlock()
	if to.IsValid() {
		p.door.send(b, to)
	}
}
