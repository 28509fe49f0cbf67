package conference

import (
	"context"
	"fmt"

	"confab/internal/contract"
	"confab/internal/media"
)

// control does what is asked for one who is present, under the lock.
func (c *Conference) control(call contract.CallSID, do func(p *participant) (contract.Pos, error)) (contract.Pos, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.present[call]
	switch {
	case c.endedLocked():
		return 0, ErrEnded
	case p == nil:
		return 0, ErrParticipant
	}
	return do(p)
}

// SetMuted says whether a participant is heard. It returns the position of the
// event that tells of it; 0 when nothing changed. The bridge follows at once,
// but not before it returns.
func (c *Conference) SetMuted(call contract.CallSID, muted bool) (contract.Pos, error) {
	return c.control(call, func(p *participant) (contract.Pos, error) {
		if p.info.Muted == muted {
			return 0, nil
		}
		p.info.Muted = muted
		p.retuneLocked()
		t := contract.EventParticipantUnmute
		if muted {
			t = contract.EventParticipantMute
		}
		pos := c.appendLocked(contract.Event{Type: t}, p)
		c.heedLocked(p)
		return pos, nil
	})
}

// Hold puts a participant on hold or takes it off (Twilio Participant resource,
// Hold): who is held neither hears the conference nor is heard by it, but hears
// the document (nil: the house's music; an empty Method means GET). Another
// document for one who is held is heard from now on, and no event tells of it.
// It returns the position of the event; 0 when there is none.
func (c *Conference) Hold(call contract.CallSID, on bool, music *Document) (contract.Pos, error) {
	return c.control(call, func(p *participant) (contract.Pos, error) {
		if on && music != nil {
			d := *music
			if d.Method == "" { // Twilio Participant resource, HoldMethod
				d.Method = "GET"
			}
			music = &d
			if !p.canHear(music) {
				return 0, ErrPrompter
			}
		}
		switch {
		case p.info.Hold && on && music != nil:
			p.hold = music
			p.wakeLocked()
			return 0, nil
		case p.info.Hold == on:
			return 0, nil
		}
		p.info.Hold, p.hold = on, music
		p.wakeLocked()
		t := contract.EventParticipantUnhold
		if on {
			t = contract.EventParticipantHold
		}
		pos := c.appendLocked(contract.Event{Type: t}, p)
		c.heedLocked(p)
		return pos, nil
	})
}

// Changes are what Modify changes of a participant; nil is left as it is.
type Changes struct {
	BeepOnExit *bool
	EndOnExit  *bool
	Wait       *Document         // heard until the start; an empty URL is silence
	Label      *string           // empty: it has none
	Coach      *contract.CallSID // the participant who alone hears this one; empty: everybody hears it
}

// Modify changes what belongs to a participant, all or nothing, and tells of it
// once (Twilio Participant resource, BeepOnExit, EndConferenceOnExit, WaitUrl,
// CallSidToCoach; the label is ours). It returns the position of the event; 0 when nothing changed.
func (c *Conference) Modify(call contract.CallSID, ch Changes) (contract.Pos, error) {
	return c.control(call, func(p *participant) (contract.Pos, error) {
		if ch.Wait != nil && !p.canHear(ch.Wait) {
			return 0, ErrPrompter
		}
		coaching := ch.Coach != nil && *ch.Coach != p.info.CallToCoach
		if coaching && *ch.Coach != "" {
			if err := c.mayCoachLocked(call, *ch.Coach); err != nil {
				return 0, err
			}
		}
		if ch.Label != nil && *ch.Label != "" && c.labels[*ch.Label] != nil && c.labels[*ch.Label] != p {
			return 0, fmt.Errorf("%w: %q", ErrLabel, *ch.Label)
		}
		changed := set(&p.beepExit, ch.BeepOnExit)
		changed = set(&p.info.EndOnExit, ch.EndOnExit) || changed
		if coaching {
			p.coachLocked(*ch.Coach)
			changed = true
		}
		if ch.Label != nil && *ch.Label != p.info.Label {
			if p.info.Label != "" {
				delete(c.labels, p.info.Label)
			}
			if p.info.Label = *ch.Label; p.info.Label != "" {
				c.labels[p.info.Label] = p
			}
			changed = true
		}
		if ch.Wait != nil && (p.wait == nil || *p.wait != *ch.Wait) {
			d := *ch.Wait
			p.wait = &d
			if c.bridge == nil && !p.info.Hold {
				p.wakeLocked()
			}
			changed = true
		}
		if !changed {
			return 0, nil
		}
		return c.appendLocked(contract.Event{Type: contract.EventParticipantModify}, p), nil
	})
}

// set sets at to what was asked for, if it was, and reports whether it differs.
func set(at, to *bool) (changed bool) {
	if to == nil || *at == *to {
		return false
	}
	*at = *to
	return true
}

// Kick makes a participant leave (Twilio Participant resource, DELETE): its Join
// returns and its call goes on. It returns the position of the last event that
// came of it.
func (c *Conference) Kick(call contract.CallSID) (contract.Pos, error) {
	pos, err := c.control(call, func(p *participant) (contract.Pos, error) {
		return c.removeLocked(p, departure{contract.LeftUpdatedByAPI, contract.CallInProgress}, true), nil
	})
	c.forgetIfEnded()
	return pos, err
}

// End ends the conference (Twilio Conference resource, Status=completed): all
// participants leave and their calls go on. It returns the position of the last
// event.
func (c *Conference) End() (contract.Pos, error) {
	c.mu.Lock()
	if c.endedLocked() {
		c.mu.Unlock()
		return 0, ErrEnded
	}
	pos := c.endLocked(contract.EndedByAPI, nil)
	c.mu.Unlock()
	c.forgetIfEnded()
	c.takeDown()
	return pos, nil
}

// Level is how loud somebody is.
type Level struct {
	Call    contract.CallSID
	Talking bool    // and heard: not muted, not held, after the start
	DBov    float64 // of the last frame, heard or not: 0 loudest, −127 silence (RFC 6464)
}

// Levels returns how loud those present are now, by the order of joining. It is
// cheap enough to be asked ten times a second.
func (c *Conference) Levels(ctx context.Context) ([]Level, error) {
	c.mu.Lock()
	present := c.inOrderLocked()
	levels := make([]Level, len(present))
	sessions := make([]*media.Session, len(present))
	for i, p := range present {
		sessions[i] = p.request.Session
		levels[i] = Level{Call: p.info.Call, Talking: p.audibleLocked()}
	}
	c.mu.Unlock()
	heard, err := c.conferences.cfg.Plane.Levels(ctx, sessions)
	if err != nil {
		return nil, err
	}
	for i, h := range heard {
		levels[i].Talking = levels[i].Talking && h.Talking
		levels[i].DBov = h.DBov
	}
	return levels, nil
}
