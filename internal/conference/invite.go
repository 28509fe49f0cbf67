package conference

import (
	"errors"
	"time"

	"confab/internal/contract"
)

// Invitation is a place kept in a conference for a call that is being made. Join of
// that call takes it; Decline gives it up. It is there for as long as the conference
// is, and the conference for as long as it.
type Invitation struct {
	conference *Conference
	call       contract.CallSID
}

// Invite keeps a place for the call of r, which need not have a session yet, in the
// conference of r's name, which it makes if there is none (Twilio Participant
// resource, create). The conference's own attributes are then r's. An error says
// that the call could not be let in: ErrFull, ErrLabel, ErrCoach….
func (cs *Conferences) Invite(r Request) (*Invitation, error) {
	switch {
	case r.Account == "" || r.Name == "" || r.Call == "":
		return nil, errors.New("invite: account, name and call are required")
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.closed {
		return nil, ErrClosed
	}
	key := name{r.Account, r.Name}
	if c := cs.byName[key]; c != nil {
		err := c.invite(r)
		if !errors.Is(err, ErrEnded) {
			return cs.invitedLocked(c, r, err)
		}
		delete(cs.bySID, c.sid)
	}
	c := newConference(cs, r)
	if err := c.invite(r); err != nil {
		return nil, err
	}
	cs.byName[key], cs.bySID[c.sid] = c, c
	return cs.invitedLocked(c, r, nil)
}

func (cs *Conferences) invitedLocked(c *Conference, r Request, err error) (*Invitation, error) {
	if err != nil {
		return nil, err
	}
	cs.invited[r.Call] = c
	return &Invitation{c, r.Call}, nil
}

// invite keeps the place. The conference and the invited are in the journal from
// then on; nobody is called back (contract.EventParticipantInvite).
func (c *Conference) invite(r Request) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.mayEnterLocked(r); err != nil {
		return err
	}
	p := &participant{conference: c, request: r, info: c.infoOf(r)}
	p.info.Invited = true
	c.invited[r.Call] = p
	if r.Label != "" {
		c.labels[r.Label] = p
	}
	c.appendLocked(contract.Event{Type: contract.EventParticipantInvite}, p)
	return nil
}

// infoOf is a snapshot of one who comes now.
func (c *Conference) infoOf(r Request) contract.ParticipantInfo {
	return contract.ParticipantInfo{
		Conference: c.sid, Call: r.Call, Label: r.Label, Muted: r.Muted, Coaching: r.Coach != "", CallToCoach: r.Coach,
		StartOnEnter: r.StartOnEnter, EndOnExit: r.EndOnExit, Joined: time.Now(),
	}
}

// Conference returns the conference that the place is in.
func (v *Invitation) Conference() *Conference { return v.conference }

// Over is closed when the conference has ended: there is nothing to come to.
func (v *Invitation) Over() <-chan struct{} { return v.conference.life.Done() }

// Decline gives the place up, if the call never took it; status is what has become of
// the call. Twilio <Conference> statusCallback, ReasonParticipantLeft:
// participant_add_failed, without a participant-join before it.
func (v *Invitation) Decline(status contract.CallStatus) {
	c, cs := v.conference, v.conference.conferences
	cs.mu.Lock()
	if cs.invited[v.call] == c {
		delete(cs.invited, v.call)
	}
	cs.mu.Unlock()
	c.mu.Lock()
	if p := c.invited[v.call]; p != nil {
		c.declineLocked(p, status)
		if len(c.present)+len(c.invited) == 0 {
			c.endLocked(contract.EndedByLastLeft, nil)
		}
	}
	c.mu.Unlock()
	c.forgetIfEnded()
	c.takeDown()
}

func (c *Conference) declineLocked(p *participant, status contract.CallStatus) {
	c.uninviteLocked(p)
	c.appendLocked(contract.Event{Type: contract.EventParticipantLeave, LeaveReason: contract.LeftAddFailed, CallStatus: status}, p)
}

func (c *Conference) uninviteLocked(p *participant) {
	delete(c.invited, p.info.Call)
	if p.info.Label != "" && c.labels[p.info.Label] == p {
		delete(c.labels, p.info.Label)
	}
}

// Invited returns snapshots of those who are being called, in no order.
func (c *Conference) Invited() []contract.ParticipantInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []contract.ParticipantInfo
	for _, p := range c.invited {
		list = append(list, p.info)
	}
	return list
}
