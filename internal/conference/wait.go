package conference

import (
	"context"
	"errors"
	"fmt"
	"time"

	"confab/internal/audio"
	"confab/internal/media"
)

// musicRate is the rate of the house's music, Hz.
const musicRate = 8000

// holdAgain is how often, at most, a hold document is heard from its beginning.
const holdAgain = time.Second

// canHear reports whether there is somebody to run d for p.
func (p *participant) canHear(d *Document) bool { return d.URL == "" || p.request.Prompter != nil }

// hear lets the participant hear a document to its end: nil is the house's
// music, which has none.
func (p *participant) hear(ctx context.Context, doc *Document) error {
	switch {
	case doc == nil:
		return p.request.Session.Play(ctx, audio.Music(musicRate))
	case doc.URL == "":
		return nil
	}
	d, c := *doc, p.conference
	d.Account, d.Conference, d.Name = p.request.Account, c.sid, p.request.Name
	return p.request.Prompter.Prompt(ctx, p.request.Session, d)
}

// waiting lets the participant hear what it is to hear until the conference
// starts (Twilio <Conference> waitUrl). A document that has ended is followed by
// silence; it is not repeated. One that cannot be run puts the participant out,
// but not one who has waited already.
func (p *participant) waiting(t turn) error {
	again := p.waited
	p.waited = true
	err := p.hear(t, t.document)
	switch {
	case err == nil, again && !errors.Is(err, media.ErrClosed):
		return nil
	case t.document == nil:
		return fmt.Errorf("wait music: %w", err)
	}
	return fmt.Errorf("%w: %w", ErrWait, err)
}

// onHold lets the participant hear what it is to hear while on hold (Twilio
// Participant resource, HoldUrl), from the beginning again whenever it has ended:
// in silence one who is held would think the call lost. The house's music stands
// for a document that cannot be run.
func (p *participant) onHold(t turn) error {
	doc := t.document
	for {
		again := time.Now().Add(holdAgain)
		err := p.hear(t, doc)
		switch {
		case errors.Is(err, media.ErrClosed):
			return err
		case t.Err() != nil:
			return nil
		case err != nil:
			p.conference.log.Info("hold document", "call", p.request.Call, "err", err)
			doc = nil
			continue
		case doc.URL == "":
			return nil
		}
		if err := sleepUntil(t, again); err != nil {
			return nil
		}
	}
}

// sleepUntil waits until at, or returns ctx's cause.
func sleepUntil(ctx context.Context, at time.Time) error {
	t := time.NewTimer(time.Until(at))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
