package media_test

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/codec"
	"confab/internal/media"
)

// newPlane starts a plane on loopback, on ports of its own.
func newPlane(t *testing.T, c media.Config) *media.Plane {
	t.Helper()
	p, err := media.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for i, l := range p.Loops() {
			if l.Panics != 0 {
				t.Errorf("loop %d: %d panics", i, l.Panics)
			}
		}
		if n := p.Sessions(); n != 0 {
			t.Errorf("%d sessions left open", n)
		}
		p.Close()
	})
	return p
}

// call joins two sessions as an answered call would: near on the switch's plane,
// far on the phones'.
func call(t *testing.T, near, far *media.Plane) (n, f *media.Session) {
	t.Helper()
	f, err := far.Open(media.SessionConfig{Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	n, err = near.Open(media.SessionConfig{Remote: f.Local(), Signal: f.Local().Addr()})
	if err != nil {
		t.Fatal(err)
	}
	start(t, n, f.Local())
	start(t, f, n.Local())
	t.Cleanup(func() { n.Close(); f.Close() })
	return n, f
}

func start(t *testing.T, s *media.Session, remote netip.AddrPort) {
	t.Helper()
	err := s.Set(media.Params{Codec: codec.PCMU, DTMF: 101, Remote: remote, Send: true, Receive: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	s.Confirm()
}

// hear returns what s hears in d from now on.
func hear(t *testing.T, s *media.Session, d time.Duration) []int16 {
	t.Helper()
	tap, err := s.Tap()
	if err != nil {
		t.Error(err)
		return nil
	}
	defer tap.Close()
	ctx, cancel := context.WithTimeout(t.Context(), d+5*time.Second)
	defer cancel()
	heard := make([]int16, int(d.Seconds()*float64(tap.Rate())))
	for at := 0; at < len(heard); {
		n, err := tap.Read(ctx, heard[at:])
		if err != nil {
			t.Error(err)
			return nil
		}
		at += n
	}
	return heard
}

// say plays a tone until the test ends.
func say(t *testing.T, s *media.Session, hz float64) {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { s.Play(ctx, audio.NewTone(8000, hz, -20, 0)) })
	t.Cleanup(func() { cancel(); wg.Wait() })
}

// whoIsHeard returns which of the pitches stand out in samples.
func whoIsHeard(samples []int16, pitches ...float64) []float64 {
	return whoIsHeardAt(8000, samples, pitches...)
}

func whoIsHeardAt(rate int, samples []int16, pitches ...float64) []float64 {
	var heard []float64
	for _, hz := range pitches {
		if audiotest.Hears(samples, rate, hz) > -30 {
			heard = append(heard, hz)
		}
	}
	return heard
}
