package demo

import (
	"context"
	"fmt"
	"sync"
	"time"

	"confab/internal/audio"
	"confab/internal/leg"
	"confab/internal/phone"
)

const (
	loudness = -20 // dBov, of who speaks

	// patience is how long something may take on a busy machine that should
	// happen at once.
	patience = 10 * time.Second
)

// actors are the cast with their phones.
type actors struct {
	stage    *stage
	timeline *timeline
	phones   *phone.Phone
	calls    []*phone.Call
}

// play tells the story from the first call to the end of the conference.
func play(ctx context.Context, s *stage, t *timeline) error {
	phones, err := phone.New(phone.Config{Agent: "confab-demo"})
	if err != nil {
		return err
	}
	defer phones.Close()
	a := &actors{s, t, phones, make([]*phone.Call, len(cast))}

	for i, who := range cast {
		if err := a.enter(ctx, i, who); err != nil {
			return fmt.Errorf("%s: %w", who.name, err)
		}
	}
	if err := a.round(ctx, before, speakBefore); err != nil {
		return err
	}
	if err := t.await(ctx, "not everybody but Mary was muted", muteAfter.of(t.length)+patience, (*picture).muted); err != nil {
		return err
	}
	if err := a.round(ctx, after, speakAfter); err != nil {
		return err
	}
	for i := len(cast) - 1; i >= 0; i-- {
		if err := a.leave(ctx, i, cast[i]); err != nil {
			return fmt.Errorf("%s: %w", cast[i].name, err)
		}
	}
	return t.await(ctx, "the conference did not end", patience, func(p *picture) bool { return p.ended != never })
}

// enter is how somebody comes: they dial, and are in the conference when the
// application is told so.
func (a *actors) enter(ctx context.Context, i int, who person) error {
	if err := a.timeline.until(ctx, who.enters); err != nil {
		return err
	}
	a.timeline.dials(i)
	call, err := a.phones.Call(ctx, phone.Options{
		Target:  leg.Target{URI: "sip:" + number + "@" + a.stage.sip, From: who.number, Name: who.name, Timeout: patience},
		Pitches: pitches(),
		OnEvent: func(e phone.Event) {
			if e.Kind == phone.Heard {
				a.timeline.hears(i, e.Sound.Pitches)
			}
		},
	})
	if err != nil {
		return err
	}
	a.calls[i] = call
	return a.timeline.await(ctx, "the application was not told that they joined", patience, func(p *picture) bool {
		return p.lanes[i].joined != never && (i == 0 || p.started != never)
	})
}

// round lets everybody speak, one after the other.
func (a *actors) round(ctx context.Context, s scene, from beat) error {
	if err := a.timeline.until(ctx, from); err != nil {
		return err
	}
	if err := pause(ctx, hush.of(a.timeline.length)); err != nil {
		return err
	}
	for i, who := range cast {
		if err := a.speak(ctx, s, i, who); err != nil {
			return fmt.Errorf("%s: %w", who.name, err)
		}
		if err := pause(ctx, turnPause.of(a.timeline.length)); err != nil {
			return err
		}
	}
	return nil
}

// speak is one turn. It goes on, on a slow machine, until all who should hear it
// have heard it; not for ever, so that they can be found not to.
func (a *actors) speak(ctx context.Context, s scene, i int, who person) error {
	length := turnLasts.of(a.timeline.length)
	speaking, stop := context.WithCancel(ctx)
	var voice sync.WaitGroup
	enough := a.timeline.speaks(s, i)
	voice.Go(func() { _ = a.calls[i].Play(speaking, audio.NewTone(8000, who.pitch, loudness, 0)) }) // until stop
	err := pause(ctx, length)
	if err == nil {
		limit, done := context.WithTimeout(ctx, length)
		select {
		case <-enough:
		case <-limit.Done():
		}
		done()
	}
	stop()
	voice.Wait()
	a.timeline.silent(i)
	return err
}

// leave is how somebody goes.
func (a *actors) leave(ctx context.Context, i int, who person) error {
	if err := a.timeline.until(ctx, who.leaves); err != nil {
		return err
	}
	hangup, done := context.WithTimeout(ctx, patience)
	defer done()
	if err := a.calls[i].Hangup(hangup); err != nil {
		return fmt.Errorf("hang up: %w", err)
	}
	return a.timeline.await(ctx, "the application was not told that they left", patience, func(p *picture) bool { return p.lanes[i].left != never })
}

func pitches() []float64 {
	var hz []float64
	for _, who := range cast {
		hz = append(hz, who.pitch)
	}
	return hz
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
