package webrtc_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/codec"
	"confab/internal/media"
	"confab/internal/sdp"
	"confab/internal/webrtc"
)

// loopback are the candidates of tests.
func loopback() []netip.Addr { return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})} }

// newTransport makes a transport with loops of its own.
func newTransport(t *testing.T, low int, codecs ...codec.Codec) *webrtc.Transport {
	t.Helper()
	plane, err := media.New(media.Config{Loops: 1, PortLow: low, PortHigh: low + 99})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := webrtc.New(webrtc.Config{Plane: plane, Addresses: loopback, Codecs: codecs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		tr.Close()
		for _, l := range plane.Loops() {
			if l.Panics != 0 {
				t.Errorf("%d panics", l.Panics)
			}
		}
		if n := plane.Sessions(); n != 0 {
			t.Errorf("%d sessions left open", n)
		}
		plane.Close()
	})
	return tr
}

// connect lets caller call callee, and waits until both are connected.
func connect(t *testing.T, caller, callee *webrtc.Transport) (a, b *webrtc.Peer) {
	t.Helper()
	a, offer, err := caller.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, answer, err := callee.Answer(t.Context(), offer)
	if err != nil {
		t.Fatalf("%v\n%s", err, offer)
	}
	if err := a.Accept(answer); err != nil {
		t.Fatalf("%v\n%s", err, answer)
	}
	a.Start()
	b.Start()
	await(t, a.Connected(), a)
	await(t, b.Connected(), b)
	return a, b
}

// await waits for what a peer is to do.
func await(t *testing.T, what <-chan struct{}, p *webrtc.Peer) {
	t.Helper()
	select {
	case <-what:
	case <-p.Done():
		t.Fatalf("the peer has ended: %v", p.Err())
	case <-time.After(10 * time.Second):
		t.Fatal("nothing happens for 10 s")
	}
}

// say plays a tone until the test ends.
func say(t *testing.T, s *media.Session, hz float64) {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { s.Play(ctx, audio.NewTone(s.Rate(), hz, -20, 0)) })
	t.Cleanup(func() { cancel(); wg.Wait() })
}

// hears reports which of the pitches s hears, from now on.
func hears(t *testing.T, s *media.Session, pitches ...float64) (heard []float64) {
	t.Helper()
	tap, err := s.Tap()
	if err != nil {
		t.Fatal(err)
	}
	defer tap.Close()
	samples := make([]int16, tap.Rate())
	for at := 0; at < len(samples); {
		n, err := tap.Read(t.Context(), samples[at:])
		if err != nil {
			t.Fatal(err)
		}
		at += n
	}
	for _, hz := range pitches {
		if audiotest.Hears(samples[len(samples)/2:], tap.Rate(), hz) > -30 {
			heard = append(heard, hz)
		}
	}
	return heard
}

// hearsOnly listens until that is heard and nothing else: the machine may take a while
// of the voice, or the way be a new one. Both pitches have whole periods in a frame, so
// what is heard after a gap goes on where it was.
func hearsOnly(t *testing.T, s *media.Session, want float64) {
	t.Helper()
	var got []float64
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		if got = hears(t, s, 450, 1000); len(got) == 1 && got[0] == want {
			return
		}
	}
	t.Errorf("heard: %v, want %v", got, want)
}

// Two of us, both lite: each finds the other where its SDP says.
func TestTransport_twoTransportsTalk(t *testing.T) {
	for _, c := range [][]codec.Codec{nil, {codec.PCMU}, {codec.G722}} {
		name := "all codecs"
		if c != nil {
			name = c[0].Name()
		}
		t.Run(name, func(t *testing.T) {
			a, b := connect(t, newTransport(t, 22000), newTransport(t, 22100, c...))
			say(t, a.Session(), 450)
			say(t, b.Session(), 1000)
			hearsOnly(t, b.Session(), 450)
			hearsOnly(t, a.Session(), 1000)
			if c != nil && b.Session().Stats().Codec != c[0].Name() {
				t.Errorf("they speak %s", b.Session().Stats().Codec)
			}

			b.Close()
			select {
			case <-a.Done():
			case <-time.After(10 * time.Second):
				t.Fatal("the other does not notice that it was hung up")
			}
			if !errors.Is(a.Err(), webrtc.ErrHungUp) || !errors.Is(b.Err(), webrtc.ErrClosed) {
				t.Errorf("ended: %v, %v", a.Err(), b.Err())
			}
		})
	}
}

func TestTransport_aCertificateThatTheSDPDoesNotNameIsRefused(t *testing.T) {
	caller, callee := newTransport(t, 22200), newTransport(t, 22300)
	a, offer, err := caller.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	forged := []byte(strings.Replace(string(offer), "a=fingerprint:sha-256 ", "a=fingerprint:sha-256 00:", 1))
	b, answer, err := callee.Answer(t.Context(), forged)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Accept(answer); err != nil {
		t.Fatal(err)
	}
	a.Start()
	b.Start()
	select {
	case <-b.Done():
	case <-b.Connected():
		t.Fatal("connected")
	case <-time.After(10 * time.Second):
		t.Fatal("nothing happens for 10 s")
	}
	if !errors.Is(b.Err(), webrtc.ErrFingerprint) {
		t.Errorf("ended: %v", b.Err())
	}
	a.Close()
}

func TestTransport_whatFits(t *testing.T) {
	tr := newTransport(t, 22400)
	_, offer, err := tr.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		edit func(string) string
		want error
	}{
		"no fingerprint":   {func(s string) string { return strings.Replace(s, "a=fingerprint", "a=x", 1) }, sdp.ErrNothingFits},
		"no rtcp-mux":      {func(s string) string { return strings.Replace(s, "a=rtcp-mux", "a=x", 1) }, sdp.ErrNothingFits},
		"not protected":    {func(s string) string { return strings.Replace(s, "UDP/TLS/RTP/SAVPF", "RTP/AVP", 1) }, sdp.ErrNothingFits},
		"no password":      {func(s string) string { return strings.Replace(s, "a=ice-pwd", "a=x", 1) }, sdp.ErrNothingFits},
		"no voice":         {func(s string) string { return strings.Replace(s, "m=audio", "m=video", 1) }, sdp.ErrNothingFits},
		"not an SDP":       {func(s string) string { return "hello" }, sdp.ErrSyntax},
		"the old protocol": {func(s string) string { return strings.Replace(s, "UDP/TLS/", "", 1) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p, _, err := tr.Answer(t.Context(), []byte(c.edit(string(offer))))
			if !errors.Is(err, c.want) {
				t.Errorf("answered: %v, want %v", err, c.want)
			}
			if err == nil {
				p.Close()
			}
		})
	}
}
