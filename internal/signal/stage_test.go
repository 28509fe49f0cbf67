package signal_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"confab/internal/codec"
	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/logtest"
	"confab/internal/media"
	"confab/internal/memnet"
	"confab/internal/signal"
	"confab/internal/token"
)

const (
	account contract.AccountSID     = "AC00000000000000000000000000000001"
	key     contract.KeySID         = "SK00000000000000000000000000000002"
	app     contract.ApplicationSID = "AP00000000000000000000000000000003"
	secret                          = "aSecretOfThirtyTwoLettersAndMore"
)

var switchHost = netip.MustParseAddr("192.0.2.1")

// ring has the keys that there are: all that say so, until they are removed.
type ring struct{ removed sync.Map }

func (r *ring) SigningSecret(_ context.Context, sid contract.KeySID) (string, bool, error) {
	_, removed := r.removed.Load(sid)
	return secret, !removed, nil
}

// stage is a server on an in-memory network, under a fake clock.
type stage struct {
	t      *testing.T
	net    *memnet.Net
	server *signal.Server
	http   *http.Server
	plain  *plain
	keys   *ring
	legs   chan *signal.Leg
	served sync.WaitGroup
}

// Accept takes calls for the test to serve.
func (s *stage) Accept(l leg.Leg) { s.legs <- l.(*signal.Leg) }

func onStage(t *testing.T, change func(*signal.Config), f func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, net: memnet.New(), keys: new(ring), legs: make(chan *signal.Leg, 100)}
		plane, err := media.New(media.Config{Bind: switchHost, Loops: 1, MediaTimeout: -1, ListenPacket: s.net.Host(switchHost).ListenPacket})
		if err != nil {
			t.Fatal(err)
		}
		s.plain = &plain{plane: plane}
		c := signal.Config{Account: account, Tokens: token.Checker{Account: account, Secrets: s.keys}, Peers: s.plain, Handler: s,
			Log: logtest.Watch(t, secret, "sdp-secret")}
		if change != nil {
			change(&c)
		}
		if s.server, err = signal.New(c); err != nil {
			t.Fatal(err)
		}
		l, err := s.net.Host(switchHost).Listen("tcp", "192.0.2.1:80")
		if err != nil {
			t.Fatal(err)
		}
		s.http = &http.Server{Handler: s.server}
		s.served.Go(func() { s.http.Serve(l) })
		f(s)
		s.server.Close()
		s.http.Close()
		s.served.Wait()
		if st := s.server.Stats(); st.Sockets != 0 || st.Legs != 0 || st.Identities != 0 || st.Panics != 0 {
			t.Errorf("after Close: %+v", st)
		}
		if n := plane.Sessions(); n != 0 {
			t.Errorf("%d media sessions are left", n)
		}
		plane.Close()
	})
}

// plain are voices that are not encrypted: what signalling is about does not depend on
// that.
type plain struct {
	plane *media.Plane
	mu    sync.Mutex
	peers []*plainPeer
	full  bool // no port is left
}

func (p *plain) open() (*plainPeer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.full {
		return nil, fmt.Errorf("open: %w", media.ErrNoPort)
	}
	session, err := p.plane.Open(media.SessionConfig{Alone: true})
	if err != nil {
		return nil, err
	}
	peer := &plainPeer{session: session, connected: make(chan struct{}), done: make(chan struct{})}
	p.peers = append(p.peers, peer)
	return peer, nil
}

func (p *plain) Answer(_ context.Context, offer []byte) (signal.Peer, []byte, error) {
	peer, err := p.open()
	if err != nil {
		return nil, nil, err
	}
	if err := peer.Accept(offer); err != nil {
		peer.Close()
		return nil, nil, err
	}
	return peer, []byte("answer of ours"), nil
}

func (p *plain) Offer(context.Context, ...codec.Codec) (signal.Peer, []byte, error) {
	peer, err := p.open()
	if err != nil {
		return nil, nil, err
	}
	return peer, []byte("offer of ours"), nil
}

// last is the peer made last.
func (p *plain) last() *plainPeer {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.peers[len(p.peers)-1]
}

type plainPeer struct {
	session   *media.Session
	connected chan struct{}
	done      chan struct{}

	mu      sync.Mutex
	err     error
	started bool
	heard   []string // descriptions
}

// errSyntax quotes what it is about, as a parser's error may.
var errSyntax = errors.New("not a description: sdp-secret")

func (p *plainPeer) Accept(sdp []byte) error {
	if !strings.HasPrefix(string(sdp), "v=0") {
		return errSyntax
	}
	p.mu.Lock()
	p.heard = append(p.heard, string(sdp))
	p.mu.Unlock()
	return p.session.Set(media.Params{Codec: codec.PCMU, Send: true, Receive: true, Remote: netip.MustParseAddrPort("203.0.113.9:4000")})
}

func (p *plainPeer) Reoffer(offer []byte) ([]byte, error) {
	return []byte("answer to a later offer"), p.Accept(offer)
}

func (p *plainPeer) Start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.started = true
	p.session.Start()
}

func (p *plainPeer) Session() *media.Session    { return p.session }
func (p *plainPeer) Connected() <-chan struct{} { return p.connected }
func (p *plainPeer) Done() <-chan struct{}      { return p.done }
func (p *plainPeer) Close() error               { p.ends(nil); return nil }

func (p *plainPeer) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// ends ends the voice, for that reason.
func (p *plainPeer) ends(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
		return
	default:
	}
	p.err = err
	p.session.Close()
	close(p.done)
}

// said is a frame of the server.
type said struct {
	Type    string
	Version string
	Payload struct {
		CallSID   string `json:"callsid"`
		SDP       string
		Reconnect string
		Token     *struct {
			Identity string
			TTL      int
		}
		Error *struct {
			Code    int
			Message string
		}
		Parameters map[string]string
		EventID    string `json:"voiceeventsid"`
	}
}

// page is a browser's: its socket, and what it was told.
type page struct {
	s    *stage
	conn *websocket.Conn
	told chan said
	gone chan struct{} // closed when the socket is
	err  error         // why, then
	deaf bool          // echoes no heartbeat
}

// connects opens a socket from a host.
func (s *stage) connects(host string) *page {
	s.t.Helper()
	p, err := s.tries(host)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func (s *stage) tries(host string) (*page, error) {
	client := &http.Client{Transport: &http.Transport{DialContext: s.net.Host(netip.MustParseAddr(host)).Dial, DisableKeepAlives: true}}
	conn, answer, err := websocket.Dial(s.t.Context(), "ws://192.0.2.1/signal", &websocket.DialOptions{HTTPClient: client,
		HTTPHeader: http.Header{"Origin": {"https://app.example"}}})
	if err != nil {
		if answer != nil {
			return nil, fmt.Errorf("%d: %w", answer.StatusCode, err)
		}
		return nil, err
	}
	p := &page{s: s, conn: conn, told: make(chan said, 1000), gone: make(chan struct{})}
	s.served.Go(p.listen)
	return p, nil
}

func (p *page) listen() {
	defer close(p.gone)
	for {
		_, frame, err := p.conn.Read(context.Background())
		if err != nil {
			p.err = err
			p.conn.CloseNow()
			return
		}
		if string(frame) == "\n" {
			if !p.deaf {
				p.conn.Write(context.Background(), websocket.MessageText, frame)
			}
			continue
		}
		var m said
		if err := json.Unmarshal(frame, &m); err != nil || m.Version != "1.6" {
			p.s.t.Errorf("frame %q: %v", frame, err)
		}
		p.told <- m
	}
}

// vanishes cuts the socket, without a word.
func (p *page) vanishes() {
	p.conn.CloseNow()
	<-p.gone
	synctest.Wait()
}

func (p *page) says(kind string, payload any) {
	p.s.t.Helper()
	frame, err := json.Marshal(map[string]any{"type": kind, "version": "1.6", "payload": payload})
	if err != nil {
		p.s.t.Fatal(err)
	}
	p.saysRaw(string(frame))
}

func (p *page) saysRaw(frame string) {
	p.s.t.Helper()
	if err := p.conn.Write(p.s.t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		p.s.t.Fatal(err)
	}
	synctest.Wait()
}

type fields map[string]any

// hears returns the next frame, which must be of that type.
func (p *page) hears(kind string) said {
	p.s.t.Helper()
	synctest.Wait()
	select {
	case m := <-p.told:
		if m.Type != kind {
			p.s.t.Fatalf("told %s %+v, want %s", m.Type, m.Payload.Error, kind)
		}
		return m
	default:
		p.s.t.Fatalf("told nothing, want %s", kind)
		return said{}
	}
}

// fails expects an error of that code.
func (p *page) fails(code int) said {
	p.s.t.Helper()
	m := p.hears("error")
	if m.Payload.Error == nil || m.Payload.Error.Code != code || m.Payload.Error.Message == "" {
		p.s.t.Errorf("error %+v, want %d", m.Payload.Error, code)
	}
	return m
}

func (p *page) hearsNothing() {
	p.s.t.Helper()
	synctest.Wait()
	select {
	case m := <-p.told:
		p.s.t.Fatalf("told %s %+v", m.Type, m.Payload)
	default:
	}
}

// signed makes a token.
func (s *stage) signed(change func(*token.Token)) string {
	s.t.Helper()
	t := token.Token{Key: key, Account: account, Identity: "alice", Incoming: true, Outgoing: true, Expires: time.Now().Add(time.Hour)}
	if change != nil {
		change(&t)
	}
	text, err := t.Sign(secret)
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

// signsIn opens a socket and says who it is.
func (s *stage) signsIn(identity string) *page {
	s.t.Helper()
	p := s.connects("203.0.113.20")
	p.says("listen", fields{"token": s.signed(func(t *token.Token) { t.Identity = identity })})
	if m := p.hears("connected"); m.Payload.Token == nil || m.Payload.Token.Identity != identity || m.Payload.Token.TTL != 3600 {
		s.t.Errorf("connected: %+v", m.Payload.Token)
	}
	return p
}

// registers lets it be called.
func (s *stage) registers(identity string) *page {
	s.t.Helper()
	p := s.signsIn(identity)
	p.says("register", fields{"media": fields{"audio": true}})
	p.hears("ready")
	return p
}

const offer = "v=0\r\na=fingerprint:sha-256 AA:BB\r\na=ice-pwd:sdp-secret\r\n"

// calls lets a page call, and returns the leg.
func (p *page) calls(params string) *signal.Leg {
	p.s.t.Helper()
	p.says("invite", fields{"callsid": "TJS1", "sdp": offer, "twilio": fields{"params": params}})
	return p.s.leg()
}

// leg returns the next call that has been accepted.
func (s *stage) leg() *signal.Leg {
	s.t.Helper()
	synctest.Wait()
	select {
	case l := <-s.legs:
		return l
	default:
		s.t.Fatal("no call was accepted")
		return nil
	}
}

// answered is a call of a page that is answered.
func (p *page) answered() (l *signal.Leg, again string) {
	p.s.t.Helper()
	l = p.calls("To=%2B15550100")
	if err := l.Ring(p.s.t.Context()); err != nil {
		p.s.t.Fatal(err)
	}
	p.hears("ringing")
	if err := l.Answer(p.s.t.Context()); err != nil {
		p.s.t.Fatal(err)
	}
	return l, p.hears("answer").Payload.Reconnect
}

func isDone(l leg.Leg) bool {
	synctest.Wait()
	select {
	case <-l.Done():
		return true
	default:
		return false
	}
}

func (s *stage) ended(l leg.Leg, want leg.End) {
	s.t.Helper()
	if !isDone(l) || l.End() != want {
		s.t.Errorf("ended %v by %+v, want %+v", isDone(l), l.End(), want)
	}
}
