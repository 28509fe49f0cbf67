package webrtc_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"confab/internal/audio"
	"confab/internal/media"
	ours "confab/internal/webrtc"
)

// say plays a tone to a far end until the test ends.
func say(t *testing.T, s *media.Session, hz float64) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { s.Play(ctx, audio.NewTone(s.Rate(), hz, -20, 0)) })
	t.Cleanup(func() { cancel(); wg.Wait() })
}

// hears returns which of the pitches s hears from now on.
func hears(t *testing.T, s *media.Session, pitches ...float64) []float64 {
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
	return pitchesOf(samples[len(samples)/2:], tap.Rate(), pitches...)
}

// bothWays checks that the browser hears 450, which we say, and we 1000.
func bothWays(t *testing.T, b *browser, p *ours.Peer) {
	t.Helper()
	hearsOnly(t, "the browser hears", 450, func() []float64 { return b.hears(450, 1000) })
	hearsOnly(t, "we hear", 1000, func() []float64 { return hears(t, p.Session(), 450, 1000) })
}

// hearsOnly listens until that pitch is heard and nothing else: the machine may take a
// while of the voice, or the way be a new one. Pitches with whole periods in a frame
// go on after a gap where they were.
func hearsOnly(t *testing.T, who string, want float64, listen func() []float64) {
	t.Helper()
	var got []float64
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		if got = listen(); len(got) == 1 && got[0] == want {
			return
		}
	}
	t.Errorf("%s %v, want %v", who, got, want)
}

func TestBrowser_callsUs(t *testing.T) {
	for i, name := range []string{"PCMU", "G722", "opus"} {
		t.Run(name, func(t *testing.T) {
			tr, _ := newTransport(t, 23000+100*i)
			b := newBrowser(t, name)
			p := b.call(tr)
			say(t, p.Session(), 450)
			b.say(1000)
			bothWays(t, b, p)
			if got := p.Session().Stats().Codec; got != name {
				t.Errorf("we speak %s", got)
			}
			b.close()
			select {
			case <-p.Done():
			case <-time.After(10 * time.Second):
				t.Fatal("a closed page is not noticed")
			}
			if !errors.Is(p.Err(), ours.ErrHungUp) {
				t.Errorf("ended: %v", p.Err())
			}
		})
	}
}

func TestBrowser_isCalled(t *testing.T) {
	tr, _ := newTransport(t, 23300)
	b := newBrowser(t, "PCMU")
	p, offer, err := tr.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Accept(b.answer(offer)); err != nil {
		t.Fatal(err)
	}
	p.Start()
	await(t, p.Connected(), p)
	say(t, p.Session(), 450)
	b.say(1000)
	bothWays(t, b, p)
}

func TestBrowser_pressesKeys(t *testing.T) {
	tr, _ := newTransport(t, 23400)
	b := newBrowser(t, "opus")
	p := b.call(tr)
	b.say(1000)
	// Its half of the handshake may end after ours; until then it sends nothing.
	for deadline := time.Now().Add(10 * time.Second); p.Session().Stats().Received == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing comes")
		}
	}
	var got []byte
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, key := range []byte{1, 2, 3, 11} {
		b.voice.press(key)
		digit, err := p.Session().Digit(ctx)
		if err != nil {
			t.Fatalf("after %q: %v", got, err)
		}
		got = append(got, digit)
	}
	if string(got) != "123#" {
		t.Errorf("keys: %q, want 123#", got)
	}
}

func TestBrowser_restartsICE(t *testing.T) {
	tr, _ := newTransport(t, 23500)
	b := newBrowser(t, "PCMU")
	p := b.call(tr)
	say(t, p.Session(), 450)
	b.say(1000)
	bothWays(t, b, p)
	for range 2 {
		before := p.Session().Stats()
		user := attribute(b.pc.RemoteDescription().SDP, "ice-ufrag")
		answer, err := p.Reoffer(b.offer(&webrtc.OfferOptions{ICERestart: true}))
		if err != nil {
			t.Fatal(err)
		}
		if again := attribute(string(answer), "ice-ufrag"); again == user || again == "" {
			t.Fatalf("our user name is %q after %q", again, user)
		}
		b.accept(answer)
		bothWays(t, b, p)
		for deadline := time.Now().Add(10 * time.Second); p.Session().Stats().Remote == before.Remote; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("still at %s", before.Remote)
			}
		}
		bothWays(t, b, p)
	}
}

// Of a new offer that changes nothing of ICE the way stays.
func TestBrowser_offersAgain(t *testing.T) {
	tr, _ := newTransport(t, 23600)
	b := newBrowser(t, "PCMU")
	p := b.call(tr)
	say(t, p.Session(), 450)
	b.say(1000)
	answer, err := p.Reoffer(b.offer(nil))
	if err != nil {
		t.Fatal(err)
	}
	b.accept(answer)
	bothWays(t, b, p)
}

func TestBrowser_wrongFingerprint(t *testing.T) {
	tr, _ := newTransport(t, 23700)
	b := newBrowser(t, "PCMU")
	offer := string(b.offer(nil))
	forged := strings.Replace(offer, "a=fingerprint:sha-256 ", "a=fingerprint:sha-256 00:", 1)
	if forged == offer {
		t.Fatal("no fingerprint to forge")
	}
	p, answer, err := tr.Answer(t.Context(), []byte(forged))
	if err != nil {
		t.Fatal(err)
	}
	b.accept(answer)
	p.Start()
	select {
	case <-p.Connected():
		t.Error("connected")
	case <-p.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("nothing happens")
	}
	if !errors.Is(p.Err(), ours.ErrFingerprint) {
		t.Errorf("ended: %v", p.Err())
	}
}

// attribute returns the value of the first a= line of that name.
func attribute(sdp, name string) string {
	_, rest, _ := strings.Cut(sdp, "a="+name+":")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}
