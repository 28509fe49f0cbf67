package api

import (
	"context"
	"time"

	"confab/internal/conference"
	"confab/internal/contract"
	"confab/internal/store"
)

// participantItem is a participant and when it last changed.
type participantItem = store.Item[contract.ParticipantInfo]

// describeParticipant describes the Participant resource (Twilio Participant
// resource, properties). Who waits is connected too; of is the status of its call.
func (q *request) describeParticipant(item participantItem, of contract.CallStatus) object {
	p := item.Info
	return object{
		{"account_sid", string(q.account)},
		{"call_sid", string(p.Call)},
		{"label", text(p.Label)},
		{"call_sid_to_coach", text(p.CallToCoach)},
		{"coaching", p.Coaching},
		{"conference_sid", string(p.Conference)},
		{"date_created", date(p.Joined)},
		{"date_updated", date(item.Updated)},
		{"end_conference_on_exit", p.EndOnExit},
		{"muted", p.Muted},
		{"hold", p.Hold},
		{"start_conference_on_enter", p.StartOnEnter},
		{"status", participantStatus(p, of)},
		{"queue_time", "0"},
		{"uri", q.uri("Conferences", string(p.Conference), "Participants", string(p.Call))},
	}
}

// participantStatus is the contract's word for where a participant is, whose call has
// a status (Twilio Participant resource, Status).
func participantStatus(p contract.ParticipantInfo, of contract.CallStatus) string {
	switch {
	case !p.Invited:
		return "connected"
	case of == contract.CallQueued, of == contract.CallRinging:
		return string(of)
	case of.Terminal():
		return "failed"
	}
	return "connecting"
}

// callStatus is the status of a call that lives, and empty of one that does not.
func (a *API) callStatus(sid contract.CallSID) contract.CallStatus {
	if c, ok := a.cfg.Calls.Find(sid); ok {
		return c.Info().Status
	}
	return ""
}

// seat is a participant of a live conference.
type seat struct {
	conference *conference.Conference
	call       contract.CallSID
}

// findSeat finds the participant that a path names, by its call's SID or by its
// label. Twilio Participant resource: only live ones are found.
func (a *API) findSeat(q *request) (s seat, err error) {
	live, ok := a.cfg.Conferences.Find(contract.ConferenceSID(q.names[0]))
	if !ok {
		return s, errNotFound
	}
	s = seat{live, contract.CallSID(q.names[1])}
	if !s.call.Valid() {
		if s.call, ok = live.Labelled(q.names[1]); !ok {
			return s, errNotFound
		}
	}
	if _, ok := live.Participant(s.call); !ok {
		return s, errNotFound
	}
	return s, nil
}

func (a *API) fetchParticipant(q *request) (answer, error) {
	s, err := a.findSeat(q)
	if err != nil {
		return nil, err
	}
	return a.participantResource(q, s)
}

func (a *API) participantResource(q *request, s seat) (answer, error) {
	a.settle(q.Context())
	updated, err := a.cfg.Store.ParticipantsUpdated(q.Context(), s.conference.SID())
	if err != nil {
		return nil, err
	}
	info, ok := s.conference.Participant(s.call)
	if !ok {
		return nil, errNotFound
	}
	return resource{"Participant", q.describeParticipant(participantItemOf(info, updated), a.callStatus(info.Call))}, nil
}

// listParticipants lists those who are in a conference, the last to join first;
// nobody is in one that has ended (Twilio Participant resource, read multiple).
func (a *API) listParticipants(q *request) (answer, error) {
	p, err := q.query()
	if err != nil {
		return nil, err
	}
	muted, hold, coaching := p.flag("Muted"), p.flag("Hold"), p.flag("Coaching")
	g, err := p.page()
	if err != nil {
		return nil, err
	}
	sid := contract.ConferenceSID(q.names[0])
	present, err := a.present(q.Context(), sid)
	if err != nil {
		return nil, err
	}
	var items []participantItem
	for _, item := range present {
		if is(muted, item.Info.Muted) && is(hold, item.Info.Hold) && is(coaching, item.Info.Coaching) {
			items = append(items, item)
		}
	}
	return paged(g, q.uri("Conferences", string(sid), "Participants"), "participants", "Participant", part(items, g.Page),
		func(item participantItem) (object, bool) {
			return q.describeParticipant(item, a.callStatus(item.Info.Call)), true
		}), nil
}

// is reports whether a filter, which may be nil, lets a value through.
func is(filter *bool, value bool) bool { return filter == nil || *filter == value }

// present returns who is in a conference, live or not, or is called into it.
func (a *API) present(ctx context.Context, sid contract.ConferenceSID) (items []participantItem, err error) {
	if _, err := a.findConference(ctx, sid); err != nil {
		return nil, err
	}
	live, ok := a.cfg.Conferences.Find(sid)
	if !ok {
		return nil, nil
	}
	updated, err := a.cfg.Store.ParticipantsUpdated(ctx, sid)
	if err != nil {
		return nil, err
	}
	for _, info := range append(live.Participants(), live.Invited()...) {
		items = append(items, participantItemOf(info, updated))
	}
	return items, nil
}

// participantItemOf puts a participant in its place in lists.
func participantItemOf(info contract.ParticipantInfo, updated map[contract.CallSID]time.Time) participantItem {
	item := participantItem{Info: info, Updated: updated[info.Call],
		Key: store.Key{At: info.Joined.UnixMicro(), Tie: string(info.Call)}}
	if item.Updated.Before(info.Joined) {
		item.Updated = info.Joined
	}
	return item
}
