package api

import (
	"net/http"

	"confab/internal/contract"
)

// parkedCallback is a callback that was given up, and is kept.
type parkedCallback struct {
	Event    event         `json:"event"`
	Attempts int           `json:"attempts"`
	Code     contract.Code `json:"code"`
	Message  string        `json:"message"`
	Due      bool          `json:"due"` // it is being sent again
}

// parked answers with a page of the parked callbacks.
func (e *Events) parked(w http.ResponseWriter, r *http.Request) error {
	q := query{values: r.URL.Query()}
	stream, after, limit := q.stream(), q.position("after", 0), q.limit()
	if err := q.done(); err != nil {
		return err
	}
	found, err := e.cfg.Store.Parked(r.Context(), stream, after, limit)
	if err != nil {
		return err
	}
	page := struct {
		Parked []parkedCallback `json:"parked"`
		Next   contract.Pos     `json:"next"`
		More   bool             `json:"more"`
	}{Parked: []parkedCallback{}, Next: after, More: len(found) == limit}
	for _, p := range found {
		page.Parked = append(page.Parked, parkedCallback{e.show(p.Event), p.Attempts, p.Code, p.Message, p.Due})
		page.Next = p.Event.Pos
	}
	send(w, http.StatusOK, page)
	return nil
}

// replay asks for parked callbacks to be sent again.
func (e *Events) replay(w http.ResponseWriter, r *http.Request) error {
	q := query{values: r.URL.Query()}
	stream := q.stream()
	if err := q.done(); err != nil {
		return err
	}
	n, err := e.cfg.Store.Replay(r.Context(), stream)
	if err != nil {
		return err
	}
	send(w, http.StatusAccepted, map[string]int{"sent_again": n})
	return nil
}

// stream is that of a conference or of a call; empty: all.
func (q *query) stream() string {
	f := q.conference()
	call := contract.CallSID(q.get("call"))
	switch {
	case call != "" && !call.Valid():
		q.wrong("call", "a CallSid")
	case call != "" && f != "":
		q.wrong("call", "possible beside conference")
	case call != "":
		return string(call)
	}
	return string(f)
}
