package api

import (
	"net/http"

	"confab/internal/conference"
	"confab/internal/contract"
)

// participantUpdate is what a request wants of a participant; nil is left as it
// is.
type participantUpdate struct {
	changes  conference.Changes
	muted    *bool
	hold     *bool
	music    *conference.Document // while on hold; nil: the house's
	announce *conference.Document
}

// participantUpdate reads the parameters (Twilio Participant resource, update).
func (p *params) participantUpdate() (u participantUpdate, err error) {
	u.muted, u.hold = p.flag("Muted"), p.flag("Hold")
	u.changes.BeepOnExit, u.changes.EndOnExit = p.flag("BeepOnExit"), p.flag("EndConferenceOnExit")
	document := func(name, method string) *conference.Document {
		if url, method := p.url(name), p.method(method); url != "" {
			return &conference.Document{URL: url, Method: method}
		}
		return nil
	}
	u.music = document("HoldUrl", "HoldMethod")
	u.announce = document("AnnounceUrl", "AnnounceMethod")
	u.changes.Wait = document("WaitUrl", "WaitMethod")
	if u.changes.Wait == nil && p.given("WaitUrl") { // Twilio <Conference> waitUrl: empty is silence
		u.changes.Wait = &conference.Document{}
	}
	u.changes.Coach = p.coach()
	u.changes.Label = p.newLabel()
	return u, p.err
}

// newLabel reads what a participant is to be called; nil when nothing is said of
// it, empty for no name. The contract gives a label when somebody joins; that it
// may change is ours.
func (p *params) newLabel() *string {
	if !p.given("Label") {
		return nil
	}
	label := p.label()
	return &label
}

// coach reads who is to be coached; nil when nothing is said of it.
func (p *params) coach() *contract.CallSID {
	coaching, whom := p.flag("Coaching"), contract.CallSID(p.text("CallSidToCoach"))
	switch {
	case coaching == nil && whom == "":
		return nil
	case coaching != nil && !*coaching:
		whom = ""
	case !whom.Valid():
		p.fail(&problem{status: http.StatusBadRequest, code: contract.CodeCoach, message: "CallSidToCoach must be the SID of a call"})
	}
	return &whom
}

// updateParticipant changes a participant. What can be refused is done first.
func (a *API) updateParticipant(q *request) (answer, error) {
	s, err := a.findSeat(q)
	if err != nil {
		return nil, err
	}
	p, err := q.form()
	if err != nil {
		return nil, err
	}
	u, err := p.participantUpdate()
	if err != nil {
		return nil, err
	}
	if who, ok := s.conference.Participant(s.call); ok && who.Invited {
		return nil, &problem{status: http.StatusBadRequest, code: contract.CodeConferenceStatus, message: "The participant has not joined the conference yet"}
	}
	if err := s.update(u); err != nil {
		return nil, conferenceProblem(err)
	}
	if err := a.written(q.Context()); err != nil {
		return nil, err
	}
	return a.participantResource(q, s)
}

func (s seat) update(u participantUpdate) error {
	if u.changes != (conference.Changes{}) {
		if _, err := s.conference.Modify(s.call, u.changes); err != nil {
			return err
		}
	}
	if u.hold != nil {
		if _, err := s.conference.Hold(s.call, *u.hold, u.music); err != nil {
			return err
		}
	}
	if u.muted != nil {
		if _, err := s.conference.SetMuted(s.call, *u.muted); err != nil {
			return err
		}
	}
	if u.announce != nil {
		if _, err := s.conference.Announce(s.call, *u.announce); err != nil {
			return err
		}
	}
	return nil
}

// kickParticipant makes a participant leave; its call goes on with its document. The
// call of one who is still called is given up.
func (a *API) kickParticipant(q *request) (answer, error) {
	s, err := a.findSeat(q)
	if err != nil {
		return nil, err
	}
	if who, ok := s.conference.Participant(s.call); ok && who.Invited {
		if err := a.cancelInvited(s.call); err != nil {
			return nil, err
		}
		return nil, a.written(q.Context())
	}
	if _, err := s.conference.Kick(s.call); err != nil {
		return nil, conferenceProblem(err)
	}
	return nil, a.written(q.Context())
}
