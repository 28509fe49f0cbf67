// Package demo plays a small meeting on this machine: Mary, Alice, Bob and
// Charles call a switch over real SIP and RTP, each with a tone of their own,
// and a picture shows who is where and who hears whom as it happens.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"confab/internal/audio"
	"confab/internal/leg"
	"confab/internal/phone"
)

// Config says how to play it.
type Config struct {
	Out  io.Writer // nil: nowhere
	Live bool      // Out is a terminal: redraw the picture in place

	// Length is how long the meeting lasts; zero means 20 s, 15 s is the least.
	// The scenes are spread over it.
	Length time.Duration
}

// least is how long a meeting must last, so that all four, each greeted, are in
// it together for some seconds.
const least = 15 * time.Second

// person is one of the cast.
type person struct {
	name   string
	pitch  float64 // Hz, of the tone they hum
	enters float64 // when they dial, and when they hang up: fractions of the meeting
	leaves float64
}

// The cast. No pitch is a harmonic of another, so that each is told from all
// others by ear.
var cast = []person{
	{"Mary", 443, 0, 1},
	{"Alice", 617, 0.15, 0.9},
	{"Bob", 839, 0.3, 0.7},
	{"Charles", 1163, 0.4, 0.9},
}

func pitches() []float64 {
	var hz []float64
	for _, p := range cast {
		hz = append(hz, p.pitch)
	}
	return hz
}

// Run plays the meeting to its end. It is an error if somebody did not hear
// another with whom they were in conference, or heard themselves.
func Run(ctx context.Context, c Config) error {
	if c.Length == 0 {
		c.Length = 20 * time.Second
	}
	if c.Length < least {
		return fmt.Errorf("demo: a meeting of %v is too short for all to meet: want at least %v", c.Length, least)
	}
	if c.Out == nil {
		c.Out = io.Discard
	}
	s, err := openStage(ctx)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer s.close()
	p := newPicture(c)
	s.onEvent(p.event)
	p.note("a switch answers on sip:%s", s.sip)

	phones, err := phone.New(phone.Config{Agent: "confab-demo"})
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer phones.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var scene sync.WaitGroup
	for i, who := range cast {
		scene.Go(func() {
			if err := s.play(ctx, c, p, phones, i, who); err != nil {
				cancel(fmt.Errorf("demo: %s: %w", who.name, err))
			}
		})
	}
	scene.Wait()
	if failed := context.Cause(ctx); failed != nil {
		return failed
	}
	return errors.Join(s.finish(p), p.verdict())
}

// play is one person's part: they dial, hum, and hang up.
func (s *stage) play(ctx context.Context, c Config, p *picture, phones *phone.Phone, i int, who person) error {
	at := func(share float64) time.Duration { return time.Duration(share * float64(c.Length)) }
	if err := pause(ctx, at(who.enters)); err != nil {
		return nil // the demo is over
	}
	p.phone(i, "dials")
	call, err := phones.Call(ctx, phone.Options{
		Target:  leg.Target{URI: "sip:" + number + "@" + s.sip, From: who.name, Name: who.name, Timeout: 20 * time.Second},
		Pitches: pitches(),
		OnEvent: func(e phone.Event) { p.heard(i, e) },
	})
	if err != nil {
		return err
	}
	hum, stop := context.WithCancel(ctx)
	defer stop()
	var humming sync.WaitGroup
	humming.Go(func() { _ = call.Play(hum, audio.NewTone(8000, who.pitch, -20, 0)) }) // until they hang up
	over := pause(ctx, at(who.leaves-who.enters))
	stop()
	humming.Wait()
	hangup, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	if err := call.Hangup(hangup); err != nil && over == nil {
		return fmt.Errorf("hang up: %w", err)
	}
	<-call.Done()
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
