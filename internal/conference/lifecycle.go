package conference

import (
	"fmt"
	"time"

	"confab/internal/contract"
)

// departure is how one participant goes.
type departure struct {
	reason contract.LeaveReason
	status contract.CallStatus // of the participant's call as it goes
}

// add lets a call in: the event of its joining comes before that of the start
// which it may bring about.
func (c *Conference) add(r Request) (*participant, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.mayEnterLocked(r); err != nil {
		return nil, err
	}
	if p := c.invited[r.Call]; p != nil {
		c.uninviteLocked(p)
	}
	c.joined++
	c.inside++
	p := &participant{conference: c, request: r, number: c.joined, wait: r.Wait, beepExit: r.BeepExit, info: c.infoOf(r)}
	c.present[r.Call] = p
	if r.Label != "" {
		c.labels[r.Label] = p
	}
	if r.StartOnEnter {
		c.starters++
	}
	if c.joined == 1 {
		c.log.Info("conference made", "name", c.info.FriendlyName)
	}
	c.appendLocked(contract.Event{Type: contract.EventParticipantJoin}, p)
	// Twilio <Conference> startConferenceOnEnter: at least two are present, and
	// at least one of them may start it.
	if c.info.Status == contract.ConferenceInit && len(c.present) >= 2 && c.starters >= 1 {
		c.startLocked()
	}
	return p, nil
}

// mayEnterLocked says whether a call may come in. A place that is kept for it is
// not one that is taken.
func (c *Conference) mayEnterLocked(r Request) error {
	taken := len(c.present) + len(c.invited)
	if c.invited[r.Call] != nil {
		taken--
	}
	switch {
	case c.endedLocked():
		return ErrEnded
	case c.present[r.Call] != nil:
		return fmt.Errorf("join conference: call %s is in it already", r.Call)
	case taken >= c.max:
		return fmt.Errorf("%w: %d of %d", ErrFull, taken, c.max)
	case r.Label != "" && c.labels[r.Label] != nil && c.labels[r.Label].info.Call != r.Call:
		return fmt.Errorf("%w: %q", ErrLabel, r.Label)
	}
	if r.Coach != "" {
		if err := c.mayCoachLocked(r.Call, r.Coach); err != nil {
			return fmt.Errorf("join conference as a coach: %w", err)
		}
	}
	return nil
}

// startLocked begins the mixing: whoever waits is woken to go to the bridge.
func (c *Conference) startLocked() {
	c.info.Status, c.info.Started = contract.ConferenceInProgress, time.Now()
	c.bridge = c.conferences.cfg.Plane.NewBridge()
	for _, p := range c.present {
		p.retuneLocked()
	}
	c.appendLocked(contract.Event{Type: contract.EventConferenceStart}, nil)
	for _, p := range c.inOrderLocked() {
		c.heedLocked(p)
	}
	c.log.Info("conference started", "participants", len(c.present))
}

// leave is the going of a participant of its own; nothing when it has gone.
func (c *Conference) leave(p *participant, how departure) {
	c.mu.Lock()
	c.removeLocked(p, how, false)
	c.mu.Unlock()
	c.forgetIfEnded()
}

// removeLocked takes p out, with all that comes of it, and returns the position
// of the last event.
func (c *Conference) removeLocked(p *participant, how departure, kicked bool) contract.Pos {
	if p.gone != nil {
		return 0
	}
	pos := c.goLocked(p, how)
	reason := func(left, byForce contract.EndReason) contract.EndReason {
		if kicked {
			return byForce
		}
		return left
	}
	switch {
	case p.info.EndOnExit: // Twilio <Conference> endConferenceOnExit
		return c.endLocked(reason(contract.EndedByModeratorLeft, contract.EndedByModeratorKicked), p)
	case len(c.present)+len(c.invited) == 0:
		return c.endLocked(reason(contract.EndedByLastLeft, contract.EndedByLastKicked), p)
	case p.beepExit:
		c.beepLocked(beepExit)
	}
	return pos
}

// endLocked ends the conference, because of the leaving of by unless that is nil:
// those who are still in it, or are being called, leave first.
func (c *Conference) endLocked(reason contract.EndReason, by *participant) contract.Pos {
	others := departure{contract.LeftModeratorEnded, contract.CallInProgress}
	if reason == contract.EndedByAPI {
		others.reason = contract.LeftConferenceEnded
	}
	for _, p := range c.inOrderLocked() {
		c.goLocked(p, others)
	}
	for _, p := range c.invited {
		c.declineLocked(p, contract.CallCanceled)
	}
	c.silenceLocked(nil)
	c.info.Status, c.info.Ended = contract.ConferenceCompleted, time.Now()
	c.info.ReasonEnded = reason
	if by != nil {
		c.info.CallEnding = by.info.Call
	}
	pos := c.appendLocked(contract.Event{Type: contract.EventConferenceEnd}, by)
	c.log.Info("conference ended", "reason", reason, "joined", c.joined)
	c.kill()
	return pos
}

// goLocked takes one participant off the list, tells of it and wakes it.
func (c *Conference) goLocked(p *participant, how departure) contract.Pos {
	p.speaking = false
	c.heedLocked(p)
	p.gone = &Left{Conference: c.sid, Reason: how.reason, Started: c.bridge != nil}
	delete(c.present, p.info.Call)
	if p.info.Label != "" {
		delete(c.labels, p.info.Label)
	}
	if p.info.StartOnEnter {
		c.starters--
	}
	p.wakeLocked()
	pos := c.appendLocked(contract.Event{
		Type: contract.EventParticipantLeave, LeaveReason: how.reason, CallStatus: how.status,
	}, p)
	c.silenceLocked(p)
	return pos
}
