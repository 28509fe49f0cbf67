package api

import (
	"net/http"
	"time"

	"confab/internal/contract"
	"confab/internal/store"
	"confab/internal/story"
)

// moment is a time as stories tell it; nil for the zero time.
func moment(t time.Time) *story.Time {
	if t.IsZero() {
		return nil
	}
	return &story.Time{Time: t}
}

// search answers with a page of the calls that are found, newest first.
func (e *Events) search(w http.ResponseWriter, r *http.Request) error {
	q := query{values: r.URL.Query()}
	f := store.Search{Account: e.cfg.API.cfg.Account, Text: q.get("text"), Status: contract.CallStatus(q.get("status")),
		Live: q.yes("live"), Refused: q.yes("refused"), Created: store.Span{From: q.time("from"), To: q.time("until")}}
	if f.Status != "" && !f.Status.Valid() {
		q.wrong("status", "a status of calls")
	}
	var g page
	if token := q.get("page"); token != "" && !g.readToken(token) {
		q.wrong("page", "one that an answer gave as next")
	}
	g.Size = q.limit()
	if err := q.done(); err != nil {
		return err
	}
	e.cfg.API.settle(r.Context())
	l, err := e.cfg.Store.Search(r.Context(), f, g.Page)
	if err != nil {
		return err
	}
	answer := struct {
		Calls []toldCall `json:"calls"`
		Next  string     `json:"next"`
		More  bool       `json:"more"`
	}{Calls: []toldCall{}, More: l.More}
	for _, item := range l.Items {
		answer.Calls = append(answer.Calls, showCall(item.Info))
		answer.Next = token("PA", item.Key)
	}
	send(w, http.StatusOK, answer)
	return nil
}

// yes reads true or false; nil when it is not asked about.
func (q *query) yes(name string) *bool {
	answer := false
	switch q.get(name) {
	case "":
		return nil
	case "true":
		answer = true
	case "false":
	default:
		q.wrong(name, "true or false")
	}
	return &answer
}

// time reads a moment; zero when none is given.
func (q *query) time(name string) time.Time {
	text := q.get(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		q.wrong(name, "a time as RFC 3339 has it, such as 2026-11-20T12:00:00Z")
	}
	return t
}
