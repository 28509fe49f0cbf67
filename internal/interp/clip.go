package interp

import (
	"context"
	"fmt"

	"confab/internal/audio"
	"confab/internal/conference"
	"confab/internal/twiml"
)

// clip is one prompt made ready: all that could fail has been done when it
// begins to be heard.
type clip struct {
	ready func(context.Context, conference.Ear) error
	loop  int
}

// prompt lets the caller hear a Say or a Play. One that cannot be heard is a
// warning, and nothing is heard.
func (r *run) prompt(ctx context.Context, doc *document, v twiml.Verb) error {
	c, err := r.prepare(ctx, doc, v)
	if err != nil {
		return err
	}
	return c.play(ctx, r.session)
}

// prepare makes a Say, Play or Pause ready to be heard. The error is ctx's
// cause.
func (r *run) prepare(ctx context.Context, doc *document, v twiml.Verb) (clip, error) {
	switch v := v.(type) {
	case *twiml.Say:
		return r.say(ctx, v)
	case *twiml.Play:
		return r.play(ctx, doc, v)
	case *twiml.Pause:
		return clip{loop: 1, ready: func(ctx context.Context, _ conference.Ear) error {
			return sleep(ctx, v.Length)
		}}, nil
	}
	return clip{}, fmt.Errorf("<%s> is no prompt", v.Element())
}

// play lets ear hear the clip as often as it is to be heard.
func (c clip) play(ctx context.Context, ear conference.Ear) error {
	for range c.loop {
		if err := c.ready(ctx, ear); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// sound is a clip of samples. They were read before, so that whatever is wrong
// with a file shows here and not while it plays.
func sound(src audio.Source, loop int) (clip, error) {
	rate := src.Rate()
	samples, err := audio.Samples(src)
	if err != nil {
		return clip{}, fmt.Errorf("read sound: %w", err)
	}
	if len(samples) == 0 {
		return clip{}, nil
	}
	return clip{loop: repeats(loop), ready: func(ctx context.Context, ear conference.Ear) error {
		return ear.Play(ctx, audio.FromSamples(rate, samples))
	}}, nil
}

// repeats is how often something is heard (Twilio <Say>, <Play> loop: 0 is until
// hangup, at most 1000 times).
func repeats(loop int) int {
	if loop == 0 {
		return twiml.MaxLoop
	}
	return loop
}
