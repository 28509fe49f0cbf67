package api

import (
	"confab/internal/contract"
	"confab/internal/store"
)

// describeCallerID describes the OutgoingCallerId resource (Twilio
// OutgoingCallerId resource, properties).
func (a *API) describeCallerID(q *request, item store.CallerIDItem) object {
	c := item.Info
	return object{
		{"sid", string(c.SID)},
		{"date_created", date(c.Created)},
		{"date_updated", date(item.Updated)},
		{"friendly_name", friendly(c.FriendlyName, c.Number)},
		{"account_sid", string(a.cfg.Account)},
		{"phone_number", c.Number},
		{"uri", q.uri("OutgoingCallerIds", string(c.SID))},
	}
}

// listCallerIDs lists caller IDs, newest first (Twilio OutgoingCallerId
// resource, read multiple).
func (a *API) listCallerIDs(q *request) (answer, error) {
	p, err := q.query()
	if err != nil {
		return nil, err
	}
	f := store.CallerIDFilter{Number: p.text("PhoneNumber"), FriendlyName: p.text("FriendlyName")}
	g, err := p.page()
	if err != nil {
		return nil, err
	}
	l, err := a.cfg.Store.CallerIDs(q.Context(), f, g.Page)
	if err != nil {
		return nil, err
	}
	return paged(g, q.uri("OutgoingCallerIds"), "outgoing_caller_ids", "OutgoingCallerId", l,
		func(item store.CallerIDItem) (object, bool) { return a.describeCallerID(q, item), true }), nil
}

func (a *API) fetchCallerID(q *request) (answer, error) {
	l, err := a.cfg.Store.CallerIDs(q.Context(), store.CallerIDFilter{SID: contract.NumberSID(q.names[0])}, store.Page{Size: 1})
	if err != nil {
		return nil, err
	}
	if len(l.Items) == 0 {
		return nil, errNotFound
	}
	return resource{"OutgoingCallerId", a.describeCallerID(q, l.Items[0])}, nil
}

// validateCallerID refuses: a number is validated by a call to it (Twilio
// OutgoingCallerId resource, create), and the switch makes none yet.
func (a *API) validateCallerID(q *request) (answer, error) {
	p, err := q.form()
	if err != nil {
		return nil, err
	}
	number := p.text("PhoneNumber")
	switch {
	case p.err != nil:
		return nil, p.err
	case number == "":
		return nil, badRequest("PhoneNumber is required")
	}
	return nil, notServed("A number is validated by a call to it, and this version of Confab makes no calls: " +
		"`confab caller-id add` on the server makes a caller ID of it")
}

func (a *API) updateCallerID(q *request) (answer, error) {
	if _, err := a.fetchCallerID(q); err != nil {
		return nil, err
	}
	p, err := q.form()
	if err != nil {
		return nil, err
	}
	name := p.name()
	if p.err != nil {
		return nil, p.err
	}
	if name != nil {
		if _, err := a.cfg.Store.NameCallerID(q.Context(), contract.NumberSID(q.names[0]), *name); err != nil {
			return nil, err
		}
	}
	return a.fetchCallerID(q)
}

// deleteCallerID removes a caller ID.
func (a *API) deleteCallerID(q *request) (answer, error) {
	if _, err := a.fetchCallerID(q); err != nil {
		return nil, err
	}
	ok, err := a.cfg.Store.RemoveCallerID(q.Context(), q.names[0])
	if err == nil && !ok {
		err = errNotFound
	}
	return nil, err
}
