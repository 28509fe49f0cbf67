// Package demo plays a team meeting on this machine. Mary, Alice, Bob and
// Charles call a switch over real SIP and RTP. A customer's application answers
// with a document that puts them in one conference, is told of every step, and
// some time after the start mutes all but Mary over REST. A timeline is drawn
// as it happens, and who hears whom is measured by ear, before and after.
package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Config says how to play it.
type Config struct {
	Out  io.Writer // nil: nowhere
	Live bool      // Out is a terminal: redraw the timeline in place

	// Length is how long the meeting lasts; zero means 24 s, 16 s is the least, 3 h the most.
	// The scenes are spread over it.
	Length time.Duration

	// SVG, if not nil, gets the timeline as a picture when it is over, as far as it went.
	SVG io.Writer
}

// The length of a meeting. In less than the least, nobody would speak for long
// enough to be measured; in more than the most, calls come to their time limit.
const (
	usual = 24 * time.Second
	least = 16 * time.Second
	most  = 3 * time.Hour
)

// Run plays the meeting to its end, and shows what came of it even when it ends
// early. It is an error if the application was not told what it should be, or
// if somebody did not hear whom they should, or heard whom they should not.
func Run(ctx context.Context, c Config) error {
	c.Length = cmp.Or(c.Length, usual)
	switch {
	case c.Length < least:
		return fmt.Errorf("demo: a meeting of %v is too short for all to speak: want at least %v", c.Length, least)
	case c.Length > most:
		return fmt.Errorf("demo: a meeting of %v is longer than a call may last: want at most %v", c.Length, most)
	}
	if c.Out == nil {
		c.Out = io.Discard
	}
	t := newTimeline(c.Length)
	s, err := openStage(ctx, t, muteAfter.of(c.Length))
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer s.close()
	show := startShow(c, t)
	wrong := play(ctx, s, t)
	p := t.picture()
	p.played = wrong == nil
	switch {
	case ctx.Err() != nil:
		wrong = fmt.Errorf("demo: cut short: %w", context.Cause(ctx))
	case wrong != nil:
		wrong = fmt.Errorf("demo: %w", wrong)
	case p.wrong() != nil:
		wrong = fmt.Errorf("demo: %w", errors.Join(p.wrong()...))
	}
	if err := show.finish(p, s.app.said()); err != nil {
		wrong = errors.Join(wrong, fmt.Errorf("demo: show the timeline: %w", err))
	}
	if c.SVG != nil {
		if err := writeSVG(c.SVG, p); err != nil {
			wrong = errors.Join(wrong, fmt.Errorf("demo: draw the timeline: %w", err))
		}
	}
	return wrong
}
