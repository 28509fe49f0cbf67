package api

import (
	"net/url"
	"strconv"

	"confab/internal/contract"
	"confab/internal/store"
)

// describeNotification describes the Notification resource of lists (Twilio
// Notification resource, properties).
func (a *API) describeNotification(q *request, n store.Notice) object {
	return object{
		{"account_sid", string(a.cfg.Account)},
		{"api_version", apiVersion},
		{"call_sid", text(n.Call)},
		{"date_created", date(n.At)},
		{"date_updated", date(n.At)},
		{"error_code", strconv.Itoa(int(n.Code))},
		{"log", strconv.Itoa(int(n.Code.Level()))},
		{"message_date", date(n.At)},
		{"message_text", n.Message},
		{"more_info", moreInfo(n.Code)},
		{"request_method", text(n.Method)},
		{"request_url", text(bare(n.URL))},
		{"sid", string(n.SID)},
		{"uri", q.uri("Notifications", string(n.SID))},
	}
}

// bare takes the secrets out of a URL.
func bare(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}

// ofCall returns the call whose notices a path asks for; none for those of the
// account.
func (a *API) ofCall(q *request) (contract.CallSID, error) {
	if q.place.steps[2] != "Calls" {
		return "", nil
	}
	item, err := a.findCall(q.Context(), contract.CallSID(q.names[0]))
	return item.Info.SID, err
}

// fetchNotification answers with one notice, and what was asked and answered when
// it arose.
func (a *API) fetchNotification(q *request) (answer, error) {
	call, err := a.ofCall(q)
	if err != nil {
		return nil, err
	}
	f := store.NoticeFilter{SID: contract.NotificationSID(q.names[len(q.names)-1]), Call: call}
	l, err := a.cfg.Store.Notices(q.Context(), f, store.Page{Size: 1})
	if err != nil {
		return nil, err
	}
	if len(l.Items) == 0 {
		return nil, errNotFound
	}
	x := l.Items[0].Info.Exchange
	if x == nil {
		x = &contract.Exchange{}
	}
	return resource{"Notification", append(a.describeNotification(q, l.Items[0].Info),
		property{"request_variables", text(x.Variables)}, property{"response_body", text(x.Body)}, property{"response_headers", text(x.Headers)})}, nil
}

// listNotifications lists the notices on a call or on all, the newest first
// (Twilio Notification resource, read multiple).
func (a *API) listNotifications(q *request) (answer, error) {
	p, err := q.query()
	if err != nil {
		return nil, err
	}
	f := store.NoticeFilter{At: p.days("MessageDate")}
	if p.given("Log") {
		level := contract.Level(p.number("Log", int(contract.LevelError), int(contract.LevelError), int(contract.LevelWarning)))
		f.Level = &level
	}
	g, err := p.page()
	if err != nil {
		return nil, err
	}
	if f.Call, err = a.ofCall(q); err != nil {
		return nil, err
	}
	a.settle(q.Context())
	l, err := a.cfg.Store.Notices(q.Context(), f, g.Page)
	if err != nil {
		return nil, err
	}
	return paged(g, q.uri(q.place.steps[2:]...), "notifications", "Notification", l, func(item store.Item[store.Notice]) (object, bool) {
		return a.describeNotification(q, item.Info), true
	}), nil
}
