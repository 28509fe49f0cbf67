package media_test

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/audio"
	"confab/internal/codec"
	"confab/internal/media"
	"confab/internal/memnet"
)

// What waits when the plane closes returns, and nothing is left behind.
func TestPlaneClose_endsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New()
		p, err := media.New(media.Config{Bind: switchAddr, ListenPacket: network.Host(switchAddr).ListenPacket, Loops: 1})
		if err != nil {
			t.Fatal(err)
		}
		alone, joined := pair(t, p)
		bridge := p.NewBridge()
		if err := bridge.Join(joined, false); err != nil {
			t.Fatal(err)
		}
		tap, err := alone.Tap()
		if err != nil {
			t.Fatal(err)
		}
		waits := map[string]func() error{
			"Play": func() error { return alone.Play(t.Context(), audio.NewTone(8000, 440, -20, 0)) },
			"Play at a bridge": func() error {
				return joined.Play(t.Context(), audio.NewTone(8000, 440, -20, 0))
			},
			"Bridge.Play": func() error { return bridge.Play(t.Context(), audio.NewTone(8000, 440, -20, 0)) },
			"Digit":       func() error { _, err := alone.Digit(t.Context()); return err },
			"SendDigits":  func() error { return alone.SendDigits(t.Context(), "WWWWWWWWWWWW") },
			"Tap.Read": func() error {
				for {
					if _, err := tap.Read(t.Context(), make([]int16, 160)); err != nil {
						return err
					}
				}
			},
		}
		var wg sync.WaitGroup
		for name, wait := range waits {
			wg.Go(func() {
				if err := wait(); !errors.Is(err, media.ErrClosed) {
					t.Errorf("%s: %v, want %v", name, err, media.ErrClosed)
				}
			})
		}
		time.Sleep(time.Second)
		wg.Go(func() { p.Close() })
		p.Close() // both return when it is closed
		for name, done := range map[string]<-chan struct{}{"alone": alone.Done(), "joined": joined.Done()} {
			select {
			case <-done:
			default:
				t.Errorf("%s is not closed with its plane", name)
			}
		}
		wg.Wait() // for ever, if one of them does not return
		bridge.Close()
		alone.Close()
		if _, err := p.Open(media.SessionConfig{}); !errors.Is(err, media.ErrClosed) {
			t.Errorf("Open after Close: %v, want %v", err, media.ErrClosed)
		}
	})
}

// pair opens two started sessions.
func pair(t *testing.T, p *media.Plane) (a, b *media.Session) {
	a = open(t, p, media.SessionConfig{Signal: phoneAddr})
	start(t, a, netip.AddrPortFrom(phoneAddr, 4000))
	b = open(t, p, media.SessionConfig{Signal: phoneAddr})
	start(t, b, netip.AddrPortFrom(phoneAddr, 4002))
	return a, b
}

// A session that is being opened while the plane closes leaves no port open.
func TestPlaneClose_duringOpen(t *testing.T) {
	for range 100 {
		synctest.Test(t, func(t *testing.T) {
			network := memnet.New()
			host := network.Host(switchAddr)
			p, err := media.New(media.Config{Bind: switchAddr, PortLow: 10000, PortHigh: 10007, ListenPacket: host.ListenPacket, Loops: 2})
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					s, err := p.Open(media.SessionConfig{Alone: true})
					if err != nil {
						return
					}
					s.Set(media.Params{Codec: codec.PCMU})
					s.Start()
				})
			}
			wg.Go(func() { p.Close() })
			wg.Wait()
			if n := p.Sessions(); n != 0 {
				t.Errorf("%d sessions are open on a closed plane", n)
			}
			for port := uint16(10000); port < 10008; port++ {
				conn, err := host.ListenPacket("udp", netip.AddrPortFrom(switchAddr, port).String())
				if err != nil {
					t.Fatalf("port %d is still open: %v", port, err)
				}
				conn.Close()
			}
		})
	}
}

// A late SDP about a call that has ended must not bring back its place.
func TestSet_afterCloseLeavesNothing(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		s := open(t, p, media.SessionConfig{Signal: phoneAddr})
		remote := netip.AddrPortFrom(phoneAddr, 4000)
		start(t, s, remote)
		s.Close()
		if err := s.Set(media.Params{Codec: codec.PCMU, Remote: remote}); !errors.Is(err, media.ErrClosed) {
			t.Errorf("Set after Close: %v, want %v", err, media.ErrClosed)
		}
		s.Start()
		next := open(t, p, media.SessionConfig{Remote: remote, Signal: phoneAddr})
		if next.Local() != s.Local() {
			t.Errorf("the place of a closed session is not given to the next: %v, want %v", next.Local(), s.Local())
		}
		start(t, next, remote)
		far := newPhone(t, network, phoneAddr, next.Local())
		far.speak(5)
		if got := next.Stats(); got.Received != 5 {
			t.Errorf("the next session at that place hears %d packets of 5", got.Received)
		}
	})
}

func TestPlay_afterCloseReturns(t *testing.T) {
	bubble(t, media.Config{}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		s, _ := pair(t, p)
		s.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Play(ctx, audio.NewTone(8000, 440, -20, 0)); !errors.Is(err, media.ErrClosed) {
			t.Errorf("Play after Close: %v, want %v", err, media.ErrClosed)
		}
		if err := s.SendDigits(ctx, "1"); !errors.Is(err, media.ErrClosed) {
			t.Errorf("SendDigits after Close: %v, want %v", err, media.ErrClosed)
		}
		if err := p.NewBridge().Join(s, false); !errors.Is(err, media.ErrClosed) {
			t.Errorf("Join after Close: %v, want %v", err, media.ErrClosed)
		}
	})
}

// Who waits for a key and is told that the session has closed can see that it has, whoever is quicker.
func TestClose_isDoneWhenItIsTold(t *testing.T) {
	bubble(t, media.Config{MediaTimeout: -1}, func(t *testing.T, network *memnet.Net, p *media.Plane) {
		for range 300 {
			s := open(t, p, media.SessionConfig{})
			start(t, s, netip.AddrPortFrom(phoneAddr, 4000))
			var waiting sync.WaitGroup
			waiting.Go(func() {
				if _, err := s.Digit(t.Context()); !errors.Is(err, media.ErrClosed) {
					t.Errorf("the wait ended with %v", err)
				}
				select {
				case <-s.Done():
				default:
					t.Error("it is told closed, and is not done")
				}
			})
			synctest.Wait()
			s.Close()
			waiting.Wait()
		}
	})
}
