package api

import (
	"context"
	"errors"
	"net/http"

	"confab/internal/conference"
	"confab/internal/contract"
	"confab/internal/store"
)

// conferenceItem is what is known of a conference: its snapshot while it lives,
// else its record.
type conferenceItem = store.Item[contract.ConferenceInfo]

// describeConference describes the Conference resource (Twilio Conference
// resource, properties).
func (q *request) describeConference(item conferenceItem) object {
	c := item.Info
	return object{
		{"sid", string(c.SID)},
		{"account_sid", string(c.Account)},
		{"friendly_name", c.FriendlyName},
		{"status", string(c.Status)},
		{"date_created", date(c.Created)},
		{"date_updated", date(item.Updated)},
		{"api_version", apiVersion},
		{"region", "unknown"}, // there are none; the contract's word for it
		{"reason_conference_ended", text(c.ReasonEnded)},
		{"call_sid_ending_conference", text(c.CallEnding)},
		{"uri", q.uri("Conferences", string(c.SID))},
		{"subresource_uris", q.below("Conferences/"+string(c.SID), "participants", "recordings")},
	}
}

// findConference finds a conference, live or not.
func (a *API) findConference(ctx context.Context, sid contract.ConferenceSID) (conferenceItem, error) {
	if !sid.Valid() {
		return conferenceItem{}, errNotFound
	}
	live, isLive := a.cfg.Conferences.Find(sid)
	a.settle(ctx)
	l, err := a.cfg.Store.Conferences(ctx, store.ConferenceFilter{Account: a.cfg.Account, SID: sid}, store.Page{Size: 1})
	switch {
	case err != nil:
		return conferenceItem{}, err
	case !isLive && len(l.Items) == 0:
		return conferenceItem{}, errNotFound
	case !isLive:
		return l.Items[0], nil
	}
	item := conferenceItem{Info: live.Info()}
	if item.Updated = item.Info.Created; len(l.Items) == 1 {
		item.Updated = l.Items[0].Updated
	}
	return item, nil
}

func (a *API) fetchConference(q *request) (answer, error) {
	item, err := a.findConference(q.Context(), contract.ConferenceSID(q.names[0]))
	if err != nil {
		return nil, err
	}
	return resource{"Conference", q.describeConference(item)}, nil
}

// listConferences lists conferences, newest first (Twilio Conference resource,
// read multiple).
func (a *API) listConferences(q *request) (answer, error) {
	p, err := q.query()
	if err != nil {
		return nil, err
	}
	f := store.ConferenceFilter{
		Account:      a.cfg.Account,
		FriendlyName: p.text("FriendlyName"),
		Status:       word(p, "Status", contract.ConferenceInit, contract.ConferenceInProgress, contract.ConferenceCompleted),
		Created:      p.days("DateCreated"), Updated: p.days("DateUpdated"),
	}
	g, err := p.page()
	if err != nil {
		return nil, err
	}
	a.settle(q.Context())
	l, err := a.cfg.Store.Conferences(q.Context(), f, g.Page)
	if err != nil {
		return nil, err
	}
	return paged(g, q.uri("Conferences"), "conferences", "Conference", l, func(item conferenceItem) (object, bool) {
		if live, ok := a.cfg.Conferences.Find(item.Info.SID); ok {
			item.Info = live.Info()
		}
		return q.describeConference(item), f.Status == "" || item.Info.Status == f.Status
	}), nil
}

// updateConference ends a conference, or lets all in it hear a document.
func (a *API) updateConference(q *request) (answer, error) {
	sid := contract.ConferenceSID(q.names[0])
	if _, err := a.findConference(q.Context(), sid); err != nil {
		return nil, err
	}
	p, err := q.form()
	if err != nil {
		return nil, err
	}
	status := word(p, "Status", contract.ConferenceCompleted)
	announce := conference.Document{URL: p.url("AnnounceUrl"), Method: p.method("AnnounceMethod")}
	if p.err != nil {
		return nil, p.err
	}
	if status != "" || announce.URL != "" {
		live, ok := a.cfg.Conferences.Find(sid)
		if !ok {
			return nil, errConferenceEnded()
		}
		if status != "" {
			_, err = live.End()
		} else {
			_, err = live.AnnounceAll(announce, a.cfg.Prompter)
		}
		if errors.Is(err, conference.ErrEnded) {
			return nil, errConferenceEnded()
		}
		if err != nil {
			return nil, conferenceProblem(err)
		}
	}
	if err := a.written(q.Context()); err != nil {
		return nil, err
	}
	return a.fetchConference(q)
}

func errConferenceEnded() *problem {
	return &problem{status: http.StatusBadRequest, code: contract.CodeNoConference, message: "The conference has ended"}
}

// conferenceProblem makes a refusal of what a live conference says.
func conferenceProblem(err error) error {
	refusal := func(status int, code contract.Code, message string) error {
		return &problem{status: status, code: code, message: message}
	}
	switch {
	case errors.Is(err, conference.ErrEnded), errors.Is(err, conference.ErrParticipant):
		return errNotFound // Twilio Participant resource: only live participants are found
	case errors.Is(err, conference.ErrNotStarted):
		return refusal(http.StatusBadRequest, contract.CodeConferenceStatus, "The conference is not in-progress yet")
	case errors.Is(err, conference.ErrCoach):
		return refusal(http.StatusBadRequest, contract.CodeCoach, "CallSidToCoach must be another participant of a conference that is in-progress")
	case errors.Is(err, conference.ErrCoachAbsent):
		return refusal(http.StatusBadRequest, contract.CodeCoachAbsent, "The participant to coach is not in the conference")
	case errors.Is(err, conference.ErrCoachHeld):
		return refusal(http.StatusBadRequest, contract.CodeCoachHeld, "The participant to coach is on hold")
	case errors.Is(err, conference.ErrFull):
		return refusal(http.StatusBadRequest, contract.CodeConferenceFull, "The conference has as many participants as it may have")
	case errors.Is(err, conference.ErrLabel):
		return refusal(http.StatusBadRequest, contract.CodeLabelDuplicate, "Another participant of the conference has that label")
	case errors.Is(err, conference.ErrClosed):
		return refusal(http.StatusServiceUnavailable, contract.CodeInternalREST, "The server is stopping")
	case errors.Is(err, conference.ErrPrompter):
		return notServed("There is nothing here that could run the document")
	case errors.Is(err, conference.ErrAnnouncements):
		return refusal(http.StatusTooManyRequests, contract.CodeTooManyREST, "As many announcements are heard as may be at once")
	}
	return err
}
