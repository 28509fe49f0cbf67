package webrtc_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"confab/internal/codec"
	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/leg/legtest"
	"confab/internal/signal"
	"confab/internal/token"
	ours "confab/internal/webrtc"
)

// everybody lets in whoever comes, as alice.
type everybody struct{}

func (everybody) Check(context.Context, string) (token.Token, error) {
	return token.Token{Identity: "alice", Incoming: true, Outgoing: true, Expires: time.Now().Add(time.Hour)}, nil
}

// Exists has all keys there for good.
func (everybody) Exists(context.Context, contract.KeySID) (bool, error) { return true, nil }

// peers are a transport's.
type peers struct{ *ours.Transport }

func (p peers) Answer(ctx context.Context, offer []byte) (signal.Peer, []byte, error) {
	peer, said, err := p.Transport.Answer(ctx, offer)
	if err != nil {
		return nil, nil, err
	}
	return peer, said, nil
}

func (p peers) Offer(ctx context.Context, codecs ...codec.Codec) (signal.Peer, []byte, error) {
	peer, said, err := p.Transport.Offer(ctx, codecs...)
	if err != nil {
		return nil, nil, err
	}
	return peer, said, nil
}

type handler func(leg.Leg)

func (f handler) Accept(l leg.Leg) { f(l) }

// page is a browser with a socket: a far end that calls, as the Voice SDK does.
type page struct {
	t    *testing.T
	b    *browser
	conn *websocket.Conn
	wg   sync.WaitGroup

	ringing, answered, ended chan struct{}
	once                     [3]sync.Once
	invited                  chan frame

	mu  sync.Mutex
	sid string // what the call is called now
}

// frame is one of the protocol.
type frame struct {
	Type    string         `json:"type"`
	Payload map[string]any `json:"payload"`
}

// newPage opens a page and signs it in.
func newPage(t *testing.T, url string) *page {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &page{t: t, b: newBrowser(t, "PCMU"), conn: conn, sid: "TJS1", invited: make(chan frame, 1),
		ringing: make(chan struct{}), answered: make(chan struct{}), ended: make(chan struct{})}
	p.wg.Go(p.listen)
	t.Cleanup(func() { conn.CloseNow(); p.wg.Wait() })
	p.says("listen", map[string]any{"token": "any"})
	return p
}

func (p *page) listen() {
	for {
		_, text, err := p.conn.Read(context.Background())
		var f frame
		switch {
		case err != nil:
			return
		case string(text) == "\n":
			_ = p.conn.Write(context.Background(), websocket.MessageText, text)
			continue
		case json.Unmarshal(text, &f) != nil:
			p.t.Errorf("frame %q", text)
			return
		}
		if sid, ok := f.Payload["callsid"].(string); ok {
			p.mu.Lock()
			p.sid = sid
			p.mu.Unlock()
		}
		switch f.Type {
		case "ringing":
			p.once[0].Do(func() { close(p.ringing) })
		case "answer":
			p.once[1].Do(func() {
				p.b.accept([]byte(f.Payload["sdp"].(string)))
				close(p.answered)
			})
		case "hangup", "cancel":
			p.end()
		case "invite":
			p.invited <- f
		}
	}
}

func (p *page) end() { p.once[2].Do(func() { close(p.ended) }) }

func (p *page) says(kind string, payload map[string]any) {
	text, err := json.Marshal(frame{kind, payload})
	if err == nil {
		err = p.conn.Write(context.Background(), websocket.MessageText, text)
	}
	if err != nil {
		p.t.Errorf("say %s: %v", kind, err)
	}
}

func (p *page) Ringing() <-chan struct{}  { return p.ringing }
func (p *page) Answered() <-chan struct{} { return p.answered }
func (p *page) Ended() <-chan struct{}    { return p.ended }

func (p *page) Hangup() {
	p.mu.Lock()
	sid := p.sid
	p.mu.Unlock()
	p.says("hangup", map[string]any{"callsid": sid})
	p.end()
}

// door is a server that pages come to.
func door(t *testing.T, low int) (s *signal.Server, url string, legs chan leg.Leg) {
	t.Helper()
	tr, _ := newTransport(t, low)
	legs = make(chan leg.Leg, 1)
	s, err := signal.New(signal.Config{Account: "AC00000000000000000000000000000001", Tokens: everybody{}, Peers: peers{tr},
		Handler: handler(func(l leg.Leg) { legs <- l })})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s)
	t.Cleanup(func() {
		s.Close()
		web.Close()
		if st := s.Stats(); st.Legs != 0 || st.Sockets != 0 || st.Panics != 0 {
			t.Errorf("after Close: %+v", st)
		}
	})
	return s, "ws" + strings.TrimPrefix(web.URL, "http"), legs
}

// What a leg promises, over WebRTC.
func TestLeg_keepsWhatLegsPromise(t *testing.T) {
	_, url, legs := door(t, 24000)
	legtest.Inbound(t, func(t *testing.T) (leg.Leg, legtest.Far) {
		p := newPage(t, url)
		p.says("invite", map[string]any{"callsid": "TJS1", "sdp": string(p.b.offer(nil)), "twilio": map[string]any{"params": "To=%2B15550100"}})
		select {
		case l := <-legs:
			return l, p
		case <-time.After(20 * time.Second):
			t.Fatal("no call has come")
			return nil, nil
		}
	})
}

// A page that is called answers, is heard and hears; when it goes without a word its
// call goes with it.
func TestDial_aPageAnswers(t *testing.T) {
	s, url, _ := door(t, 24200)
	p := newPage(t, url)
	p.says("register", map[string]any{"media": map[string]any{"audio": true}})
	for deadline := time.Now().Add(10 * time.Second); s.Stats().Registered == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it is not registered")
		}
	}
	p.wg.Go(func() {
		f := <-p.invited
		p.says("answer", map[string]any{"callsid": f.Payload["callsid"], "sdp": string(p.b.answer([]byte(f.Payload["sdp"].(string))))})
	})
	l, err := s.Dial(t.Context(), leg.Target{URI: "client:alice", From: "+15550100", Timeout: 10 * time.Second}, nil)
	if err != nil {
		t.Fatal(err)
	}
	say(t, l.Session(), 450)
	p.b.say(1000)
	hearsOnly(t, "the page hears", 450, func() []float64 { return p.b.hears(450, 1000) })
	hearsOnly(t, "we hear", 1000, func() []float64 { return hears(t, l.Session(), 450, 1000) })
	p.b.close()
	select {
	case <-l.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("the call outlives its voice")
	}
	if got := l.End(); got != (leg.End{Cause: contract.CauseFarEnd, Code: 200}) {
		t.Errorf("ended %+v", got)
	}
	if _, err := s.Dial(t.Context(), leg.Target{URI: "client:bob"}, nil); !errors.As(err, new(*leg.Refused)) {
		t.Errorf("nobody: %v", err)
	}
}
