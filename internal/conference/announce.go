package conference

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime/debug"
	"slices"

	"confab/internal/audio"
	"confab/internal/contract"
	"confab/internal/media"
)

// maxAnnouncements is how many announcements of a conference are heard at once.
const maxAnnouncements = 32

// announcement is a document that is being heard by somebody who did not wait
// for it. An event tells of its end, once.
type announcement struct {
	url  string       // for the events
	to   *participant // nil: everybody
	stop context.CancelFunc
}

// Announce lets one participant hear a document over whatever it hears, the
// others not (Twilio Participant resource, AnnounceUrl). It does not wait, and
// there is no event yet: the position is 0.
func (c *Conference) Announce(call contract.CallSID, d Document) (contract.Pos, error) {
	return c.control(call, func(p *participant) (contract.Pos, error) {
		if p.request.Prompter == nil {
			return 0, ErrPrompter
		}
		return 0, c.announceLocked(p, d, p.request.Prompter, p.request.Session)
	})
}

// AnnounceAll lets all who stand in the conference hear a document, which by
// runs; those on hold do not hear it (Twilio Conference resource, AnnounceUrl).
// by is bound to no call. Before the start it is ErrNotStarted. It does not wait,
// and there is no event yet: the position is 0.
func (c *Conference) AnnounceAll(d Document, by Prompter) (contract.Pos, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.endedLocked():
		return 0, ErrEnded
	case c.bridge == nil:
		return 0, ErrNotStarted
	case by == nil:
		return 0, ErrPrompter
	}
	return 0, c.announceLocked(nil, d, by, everybody{c})
}

// everybody is the ear of all who stand at the bridge.
type everybody struct{ c *Conference }

// Play waits for the first at the bridge: after the start they are on their way.
func (e everybody) Play(ctx context.Context, src audio.Source) error {
	select {
	case <-e.c.manned:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return e.c.bridge.Play(ctx, src)
}

// announceLocked begins an announcement, on a goroutine of the conference's. The
// participant, or the last one out, waits for it.
func (c *Conference) announceLocked(to *participant, d Document, by Prompter, ear Ear) error {
	if len(c.announcements) == maxAnnouncements {
		return fmt.Errorf("%w: %d", ErrAnnouncements, maxAnnouncements)
	}
	u, err := url.Parse(d.URL)
	if err != nil || !u.IsAbs() {
		return errors.New("announce: the document has no absolute URL")
	}
	u.User, u.Fragment = nil, ""
	a := &announcement{url: u.String(), to: to}
	var ctx context.Context
	ctx, a.stop = context.WithCancel(c.life)
	d.Account, d.Conference, d.Name = c.info.Account, c.sid, c.info.FriendlyName
	c.announcements = append(c.announcements, a)
	owner := &c.sounding
	if to != nil {
		owner = &to.hearing
	}
	owner.Go(func() {
		err := c.run(ctx, by, ear, d)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.announcedLocked(a, err)
	})
	return nil
}

// run lets ear hear d. A panic, which is a fault in a document's run, ends the
// announcement alone.
func (c *Conference) run(ctx context.Context, by Prompter, ear Ear, d Document) (err error) {
	defer func() {
		if v := recover(); v != nil {
			c.conferences.panics.Add(1)
			c.log.Error("panic in an announcement", "panic", v, "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	return by.Prompt(ctx, ear, d)
}

var errPanic = errors.New("panic")

// failed is what customers are told of an error of ours.
const failed = "the announcement could not be played: internal error"

// announcedLocked tells of the end of an announcement, unless that has been
// told. Twilio <Conference> statusCallback, announcement-fail: only for errors
// within; of a document that cannot be had or read, which is noted where
// warnings are, no event tells.
func (c *Conference) announcedLocked(a *announcement, err error) {
	i := slices.Index(c.announcements, a)
	if i < 0 {
		return
	}
	c.announcements = slices.Delete(c.announcements, i, i+1)
	a.stop()
	e := contract.Event{Type: contract.EventAnnouncementEnd, AnnounceURL: a.url}
	var theirs *contract.Error
	switch {
	case err == nil, errors.Is(err, media.ErrClosed): // whose call has just gone hears no more of it
	case errors.As(err, &theirs):
		c.log.Info("announcement", "url", a.url, "err", err)
		return
	default:
		c.log.Error("announcement", "url", a.url, "err", err)
		e.Type, e.AnnounceFailure = contract.EventAnnouncementFail, failed
	}
	to := a.to
	if to != nil && to.gone != nil { // the participant is told of only while it is in
		to = nil
	}
	c.appendLocked(e, to)
}

// silenceLocked cuts off the announcements to a participant, or to everybody.
func (c *Conference) silenceLocked(to *participant) {
	for _, a := range slices.Clone(c.announcements) {
		if a.to == to {
			c.announcedLocked(a, nil)
		}
	}
}
