package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"confab/internal/contract"
	"confab/internal/store"
)

// callItem is what is known of a call: its snapshot while it lives, else its
// record.
type callItem = store.Item[contract.CallInfo]

// describeCall describes the Call resource (Twilio Call resource, properties).
// Nothing is charged for a call, so it has no price.
func (q *request) describeCall(item callItem, number contract.NumberSID) object {
	c := item.Info
	return object{
		{"sid", string(c.SID)},
		{"date_created", date(c.Created)},
		{"date_updated", date(item.Updated)},
		{"parent_call_sid", text(c.Parent)},
		{"account_sid", string(c.Account)},
		{"to", c.To},
		{"to_formatted", formatted(c.To)},
		{"from", c.From},
		{"from_formatted", formatted(c.From)},
		{"phone_number_sid", text(number)},
		{"status", string(shown(c.Status))},
		{"start_time", date(c.Created)},
		{"end_time", date(c.Ended)},
		{"duration", duration(c)},
		{"price", nil},
		{"price_unit", nil},
		{"direction", string(c.Direction)},
		{"answered_by", nil},
		{"api_version", apiVersion},
		{"forwarded_from", text(c.Forwarded)},
		{"group_sid", nil},
		{"caller_name", text(c.Caller)},
		{"queue_time", "0"},
		{"trunk_sid", nil},
		{"uri", q.uri("Calls", string(c.SID))},
		{"subresource_uris", q.below("Calls/"+string(c.SID), "notifications", "recordings", "payments", "events", "siprec",
			"streams", "transcriptions", "user_defined_message_subscriptions", "user_defined_messages")},
	}
}

// shown is the status that REST has for a call. Twilio Call resource, Status:
// initiated is for callbacks.
func shown(s contract.CallStatus) contract.CallStatus {
	if s == contract.CallInitiated {
		return contract.CallQueued
	}
	return s
}

// duration is in whole seconds; null until the call has ended (Twilio Call
// resource, Duration: a string).
func duration(c contract.CallInfo) any {
	if c.Ended.IsZero() {
		return nil
	}
	return strconv.FormatInt(int64(c.Duration(c.Ended).Round(time.Second)/time.Second), 10)
}

// below are the URIs of subresources.
func (q *request) below(resource string, names ...string) (uris object) {
	base := Root + "Accounts/" + string(q.account) + "/" + resource + "/"
	for _, name := range names {
		uri := base + elementName(name)
		if q.place.json {
			uri += ".json"
		}
		uris = append(uris, property{name, uri})
	}
	return uris
}

// findCall finds a call, live or not.
func (a *API) findCall(ctx context.Context, sid contract.CallSID) (callItem, error) {
	if !sid.Valid() {
		return callItem{}, errNotFound
	}
	live, isLive := a.cfg.Calls.Find(sid)
	a.settle(ctx)
	l, err := a.cfg.Store.Calls(ctx, store.CallFilter{Account: a.cfg.Account, SID: sid}, store.Page{Size: 1})
	switch {
	case err != nil:
		return callItem{}, err
	case !isLive && len(l.Items) == 0:
		return callItem{}, errNotFound
	case !isLive:
		return l.Items[0], nil
	}
	item := callItem{Info: live.Info()}
	if item.Updated = item.Info.Created; len(l.Items) == 1 {
		item.Updated = l.Items[0].Updated
	}
	return item, nil
}

func (a *API) fetchCall(q *request) (answer, error) {
	item, err := a.findCall(q.Context(), contract.CallSID(q.names[0]))
	if err != nil {
		return nil, err
	}
	return a.callResource(q, item), nil
}

func (a *API) callResource(q *request, item callItem) resource {
	return resource{"Call", q.describeCall(item, a.numbers(q.Context()).of(item.Info))}
}

// listCalls lists calls, newest first (Twilio Call resource, read multiple).
func (a *API) listCalls(q *request) (answer, error) {
	p, err := q.query()
	if err != nil {
		return nil, err
	}
	f := store.CallFilter{
		Account: a.cfg.Account,
		From:    p.text("From"), To: p.text("To"), Parent: contract.CallSID(p.text("ParentCallSid")),
		Status: word(p, "Status", contract.CallQueued, contract.CallRinging, contract.CallInProgress, contract.CallCompleted,
			contract.CallBusy, contract.CallFailed, contract.CallNoAnswer, contract.CallCanceled),
		Created: p.times("StartTime"), Ended: p.times("EndTime"),
	}
	g, err := p.page()
	if err != nil {
		return nil, err
	}
	a.settle(q.Context())
	l, err := a.cfg.Store.Calls(q.Context(), f, g.Page)
	if err != nil {
		return nil, err
	}
	numbers := a.numbers(q.Context())
	return paged(g, q.uri("Calls"), "calls", "Call", l, func(item callItem) (object, bool) {
		if live, ok := a.cfg.Calls.Find(item.Info.SID); ok {
			item.Info = live.Info()
		}
		return q.describeCall(item, numbers.of(item.Info)), f.Status == "" || item.Info.Status == f.Status
	}), nil
}

// endTime is how long the far end of a call that is over may take to say so.
const endTime = 5 * time.Second

// deleteCall removes the record of a call that has ended.
func (a *API) deleteCall(q *request) (answer, error) {
	item, err := a.findCall(q.Context(), contract.CallSID(q.names[0]))
	if err != nil {
		return nil, err
	}
	incomplete := &problem{status: http.StatusConflict, code: contract.CodeNotCompleteREST,
		message: "Cannot delete this resource before it is complete"}
	if !item.Info.Status.Terminal() {
		return nil, incomplete
	}
	// Its end may still be on the way: to its far end, which is known as the call, and to
	// the records.
	if live, ok := a.cfg.Calls.Find(item.Info.SID); ok {
		select {
		case <-live.Done():
		case <-time.After(endTime):
			return nil, incomplete
		case <-q.Context().Done():
			return nil, context.Cause(q.Context())
		}
	}
	if err := a.written(q.Context()); err != nil {
		return nil, err
	}
	_, err = a.cfg.Store.RemoveCall(q.Context(), item.Info.SID) // another may have been faster
	return nil, err
}
