package conference

import (
	"confab/internal/contract"
	"confab/internal/media"
)

// place is somebody's standing at the bridge. Who comes back has another one.
type place struct {
	session *media.Session
	number  int
}

// mayCoachLocked says whether call may be heard by coachee alone (Twilio
// <Conference> coach: a participant of a conference in progress).
func (c *Conference) mayCoachLocked(call, coachee contract.CallSID) error {
	other := c.present[coachee]
	switch {
	case call == coachee, c.bridge == nil:
		return ErrCoach
	case other == nil:
		return ErrCoachAbsent
	case other.info.Hold:
		return ErrCoachHeld
	}
	return nil
}

// coachLocked lets p be heard by coachee alone; by everybody when that is empty.
func (p *participant) coachLocked(coachee contract.CallSID) {
	p.info.Coaching, p.info.CallToCoach = coachee != "", coachee
	p.retuneLocked()
}

// Coach lets a participant be heard by coachee alone, whom it hears as it hears
// everybody; with none given everybody hears it again. While coachee is on hold,
// or when it has left, nobody hears the coach. (Twilio Participant resource,
// Coaching, CallSidToCoach.)
func (c *Conference) Coach(call, coachee contract.CallSID) (contract.Pos, error) {
	return c.Modify(call, Changes{Coach: &coachee})
}

// listenerLocked returns where the one stands who alone hears p; zero: nowhere,
// or p is no coach.
func (p *participant) listenerLocked() place {
	if other := p.conference.present[p.info.CallToCoach]; p.info.Coaching && other != nil {
		return other.place
	}
	return place{}
}

// arrived notes that p stands at the bridge: its coaches can find it there.
func (c *Conference) arrived(p *participant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.places++; c.places == 1 {
		close(c.manned)
	}
	p.place = place{p.request.Session, c.places}
	for _, other := range c.present {
		if other.info.Coaching && other.info.CallToCoach == p.info.Call {
			other.retuneLocked()
		}
	}
}

// withdraw takes p away from the bridge. Who coaches it is heard by nobody from
// then on.
func (p *participant) withdraw() {
	if p.bridge == nil {
		return
	}
	c := p.conference
	c.mu.Lock()
	p.place = place{}
	c.mu.Unlock()
	p.bridge.Leave(p.request.Session)
	p.bridge = nil
}

// tune lets the bridge follow what t says of who hears p. In between, p is never
// heard by somebody who should not hear it.
func (p *participant) tune(t turn) {
	b, session := p.bridge, p.request.Session
	mute := func(muted bool) {
		if p.muted != muted {
			b.SetMuted(session, muted)
			p.muted = muted
		}
	}
	alone := t.coaching && t.listener == place{}
	if t.muted || alone {
		mute(true)
	}
	if t.listener != p.listener && !alone {
		var only []*media.Session
		if t.coaching {
			only = append(only, t.listener.session)
		}
		if err := b.HeardOnlyBy(session, only...); err != nil {
			mute(true) // the listener is leaving; it wakes its coach when it is back
			return
		}
		p.listener = t.listener
	}
	if !t.muted && !alone {
		mute(false)
	}
}
