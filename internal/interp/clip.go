package interp

import (
	"context"
	"fmt"
	"io"
	"time"

	"confab/internal/audio"
	"confab/internal/conference"
	"confab/internal/twiml"
)

// clip is one prompt made ready: all that could fail has been done when it
// begins to be heard. A nil one is not heard.
type clip func(ctx context.Context, ear conference.Ear) error

// prompt lets the caller hear a Say or a Play. One that cannot be heard is a
// warning, and nothing is heard.
func (r *run) prompt(ctx context.Context, doc *document, v twiml.Verb) error {
	c, err := r.prepare(ctx, doc, v)
	if err != nil {
		return err
	}
	if err = c.play(ctx, r.session); c != nil {
		r.said = time.Now()
	}
	return err
}

// prepare makes a Say, Play or Pause ready to be heard. The error is ctx's
// cause.
func (r *reader) prepare(ctx context.Context, doc *document, v twiml.Verb) (clip, error) {
	switch v := v.(type) {
	case *twiml.Say:
		return r.say(ctx, doc, v)
	case *twiml.Play:
		return r.play(ctx, doc, v)
	case *twiml.Pause:
		return func(ctx context.Context, _ conference.Ear) error { return sleep(ctx, v.Length) }, nil
	}
	return nil, fmt.Errorf("<%s> is no prompt", v.Element())
}

// play lets ear hear the clip.
func (c clip) play(ctx context.Context, ear conference.Ear) error {
	if c == nil {
		return context.Cause(ctx)
	}
	return c(ctx, ear)
}

// sound is a clip of samples, heard loop times. They were read before, so that
// whatever is wrong with a file shows here and not while it plays.
func sound(src audio.Source, loop int) (clip, error) {
	rate := src.Rate()
	samples, err := audio.Samples(src)
	if err != nil {
		return nil, fmt.Errorf("read sound: %w", err)
	}
	if len(samples) == 0 {
		return nil, nil
	}
	return func(ctx context.Context, ear conference.Ear) error {
		return ear.Play(ctx, &repeated{rate: rate, samples: samples, left: repeats(loop)})
	}, nil
}

// repeats is how often something is heard (Twilio <Say>, <Play> loop: 0 is until
// hangup, at most 1000 times).
func repeats(loop int) int {
	if loop == 0 {
		return twiml.MaxLoop
	}
	return loop
}

// repeated is the same samples over and over, without a gap (audio.Source).
type repeated struct {
	rate    int
	samples []int16
	at      int // in samples
	left    int // times, this one included
}

// Rate returns the sample rate, Hz.
func (r *repeated) Rate() int { return r.rate }

// Read fills dst.
func (r *repeated) Read(dst []int16) (n int, err error) {
	for n < len(dst) && r.left > 0 {
		k := copy(dst[n:], r.samples[r.at:])
		n += k
		if r.at += k; r.at == len(r.samples) {
			r.at = 0
			r.left--
		}
	}
	if r.left == 0 {
		return n, io.EOF
	}
	return n, nil
}
