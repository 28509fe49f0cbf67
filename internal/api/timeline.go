package api

import (
	"net/http"

	"confab/internal/contract"
	"confab/internal/store"
	"confab/internal/story"
)

// maxTimeline is how many events a timeline has at once.
const maxTimeline = 5000

// toldConference is a conference as its timeline shows it.
type toldConference struct {
	SID          contract.ConferenceSID `json:"sid"`
	FriendlyName string                 `json:"friendly_name"`
	Status       string                 `json:"status"`
	Live         bool                   `json:"live"`
	Created      story.Time             `json:"created"`
	Started      *story.Time            `json:"started,omitempty"`
	Ended        *story.Time            `json:"ended,omitempty"`
	ReasonEnded  string                 `json:"reason_ended"`
	CallEnding   contract.CallSID       `json:"call_sid_ending,omitempty"`
	Participants int                    `json:"participants"` // now
}

// lane is one call's place in a timeline.
type lane struct {
	Call   contract.CallSID `json:"call_sid"`
	Label  string           `json:"label"`
	From   string           `json:"from"`
	To     string           `json:"to"`
	Caller string           `json:"caller"`
}

// timelineEvent is what happened, and who was told.
type timelineEvent struct {
	Position contract.Pos     `json:"position"`
	At       story.Time       `json:"time"`
	Event    string           `json:"event"`
	Sequence int              `json:"sequence"`
	Call     contract.CallSID `json:"call_sid,omitempty"`
	Status   string           `json:"conference_status"`
	Muted    *bool            `json:"muted,omitempty"`
	Hold     *bool            `json:"hold,omitempty"`
	Coaching *bool            `json:"coaching,omitempty"`
	Reason   string           `json:"reason,omitempty"` // of a leave, an end, an announcement that failed
	Warning  *warning         `json:"warning,omitempty"`
	Webhook  *webhook         `json:"webhook,omitempty"`
}

// timeline answers with what happened in a conference, live or past.
func (e *Events) timeline(w http.ResponseWriter, r *http.Request) error {
	q := query{values: r.URL.Query()}
	after, limit := q.position("after", 0), q.limitOf(maxTimeline, maxTimeline)
	if err := q.done(); err != nil {
		return err
	}
	sid := contract.ConferenceSID(r.PathValue("sid"))
	if !sid.Valid() {
		return errNotFound
	}
	item, err := e.cfg.API.findConference(r.Context(), sid)
	if err != nil {
		return err
	}
	events, err := e.cfg.Store.Events(r.Context(), store.EventFilter{Conference: sid}, after, limit)
	if err != nil {
		return err
	}
	told, err := e.webhooks(r.Context(), events)
	if err != nil {
		return err
	}
	live, _ := e.cfg.Stories.Speech(sid)
	part, err := e.parts(r.Context(), string(sid), live)
	if err != nil {
		return err
	}
	answer := struct {
		Conference   toldConference  `json:"conference"`
		Participants []lane          `json:"participants"` // by the order of joining
		Events       []timelineEvent `json:"events"`
		Speech       []story.Spurt   `json:"speech"`
		LeftOut      int             `json:"speech_left_out"`
		Next         contract.Pos    `json:"next"`
		More         bool            `json:"more"`
	}{Conference: showConference(item.Info), Participants: []lane{}, Events: []timelineEvent{}, Speech: orNone(part.Spurts),
		LeftOut: part.LeftOut.Spurts, Next: after, More: len(events) == limit}
	lanes := make(map[contract.CallSID]int)
	byPos := make(map[contract.Pos]*webhook, len(told))
	for i := range told {
		byPos[told[i].Position] = &told[i]
	}
	for _, of := range events {
		answer.Events = append(answer.Events, showInTimeline(of, byPos[of.Pos]))
		answer.Next = of.Pos
		p := of.Participant
		if p == nil || of.Type == contract.EventConferenceEnd {
			continue
		}
		at, known := lanes[p.Call]
		if !known {
			at = len(answer.Participants)
			lanes[p.Call] = at
			answer.Participants = append(answer.Participants, lane{Call: p.Call})
		}
		answer.Participants[at].Label = p.Label
	}
	for i := range answer.Participants {
		l := &answer.Participants[i]
		c, ok, err := e.cfg.Store.Call(r.Context(), l.Call)
		if err != nil {
			return err
		}
		if ok {
			l.From, l.To, l.Caller = c.From, c.To, c.Caller
		}
	}
	send(w, http.StatusOK, answer)
	return nil
}

func showConference(c contract.ConferenceInfo) toldConference {
	return toldConference{SID: c.SID, FriendlyName: c.FriendlyName, Status: string(c.Status), Live: c.Status != contract.ConferenceCompleted,
		Created: story.Time{Time: c.Created}, Started: moment(c.Started), Ended: moment(c.Ended), ReasonEnded: string(c.ReasonEnded),
		CallEnding: c.CallEnding, Participants: c.Participants}
}

func showInTimeline(of contract.Event, told *webhook) timelineEvent {
	shown := timelineEvent{Position: of.Pos, At: story.Time{Time: of.Time}, Event: string(of.Type), Sequence: of.Sequence,
		Status: string(of.Conference.Status), Reason: of.AnnounceFailure, Webhook: told}
	switch of.Type {
	case contract.EventParticipantLeave:
		shown.Reason = string(of.LeaveReason)
	case contract.EventConferenceEnd:
		shown.Reason = string(of.Conference.ReasonEnded)
	}
	if p := of.Participant; p != nil {
		shown.Call, shown.Muted, shown.Hold, shown.Coaching = p.Call, &p.Muted, &p.Hold, &p.Coaching
	}
	if w := of.Warning; w != nil {
		shown.Warning = &warning{w.Code, w.Message, w.URL}
	}
	return shown
}
