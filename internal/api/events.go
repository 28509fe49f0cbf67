package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"confab/internal/contract"
	"confab/internal/store"
	"confab/internal/story"
)

// EventsRoot is the path below which is what the contract does not have: the
// journal's events, as pages and as a stream, the parked callbacks, the live
// levels, and access tokens for browsers. docs/openapi-v1.yaml describes it.
const EventsRoot = "/v1/"

const (
	defaultEvents = 100
	maxEvents     = 1000
)

// EventsConfig is what the events API needs beside the API whose credentials
// open it. All are required but Host and Stories.
type EventsConfig struct {
	API   *API
	Store *store.Store
	// Stories has what of stories is not in the store yet; nil: nothing.
	Stories *story.Book
	// Params returns the form by which an event is called back, and Token its
	// I-Twilio-Idempotency-Token.
	Params func(contract.Event) url.Values
	Token  func(contract.Event) string
	// Host tells how this host is reached; nil: nothing is known of it.
	Host HostFunc
	// Stopping is closed when the streams are to end.
	Stopping <-chan struct{}
}

// Events serves what is below EventsRoot.
type Events struct {
	cfg    EventsConfig
	mux    *http.ServeMux
	places chan struct{} // one for each stream
}

// eventRoutes are what Events serves, by method and path.
var eventRoutes = map[string]func(*Events, http.ResponseWriter, *http.Request) error{
	"GET /v1/events":        (*Events).list,
	"GET /v1/events/stream": (*Events).stream,
	"GET /v1/host":          (*Events).host,
	"GET /v1/live":          (*Events).live,
	"GET /v1/quality":       (*Events).quality,
	"GET /v1/parked":        (*Events).parked,
	"POST /v1/parked":       (*Events).replay,
	"POST /v1/tokens":       (*Events).token,

	"GET /v1/calls":                      (*Events).search,
	"GET /v1/calls/{sid}/story":          (*Events).story,
	"GET /v1/calls/{sid}/sip.pcap":       (*Events).capture,
	"GET /v1/conferences/{sid}/timeline": (*Events).timeline,
}

// NewEvents returns the events API.
func NewEvents(c EventsConfig) *Events {
	e := &Events{cfg: c, mux: http.NewServeMux(), places: make(chan struct{}, maxStreams)}
	for pattern, serve := range eventRoutes {
		e.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := serve(e, w, r); err != nil {
				e.refuse(w, r, err)
			}
		})
	}
	return e
}

// ServeHTTP answers who has the credentials of the account, or a session.
func (e *Events) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := e.authenticate(r); err != nil {
		e.refuse(w, r, err)
		return
	}
	e.mux.ServeHTTP(w, r)
}

// authenticate finds out whether the request may do what it asks for. An API key
// opens what is not the account's own (Twilio API keys).
func (e *Events) authenticate(r *http.Request) error {
	g, err := e.cfg.API.grant(r)
	if err != nil {
		return err
	}
	return g.permit(e.roleFor(r))
}

// refuse answers with an error in JSON.
func (e *Events) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e.cfg.API.refuseJSON(w, r, err)
}

// refuseJSON answers with an error in JSON; what is not a *problem is ours, and
// only logged.
func (a *API) refuseJSON(w http.ResponseWriter, r *http.Request, err error) {
	p := new(problem)
	switch {
	case errors.As(err, &p):
	case errors.Is(err, errNotFound):
		p = &problem{status: http.StatusNotFound, code: contract.CodeNotFoundREST, message: r.URL.Path + " was not found"}
	default:
		if r.Context().Err() == nil {
			a.log.Error("request failed", "path", r.URL.Path, "err", err)
		}
		p = internal()
	}
	if p.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", challenge(r))
	}
	send(w, p.status, map[string]any{"status": p.status, "code": p.code, "message": p.message})
}

// send answers in JSON.
func send(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "internal server error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(append(text, '\n'))
}

// event is an event of the journal as this API shows it.
type event struct {
	Position   contract.Pos      `json:"position"`
	Type       string            `json:"type"`
	Sequence   int               `json:"sequence"` // of its conference or call
	Time       time.Time         `json:"time"`
	Conference string            `json:"conference_sid,omitempty"`
	Call       string            `json:"call_sid,omitempty"`
	Params     map[string]string `json:"params"` // of its callback, whether there was one or not
	Token      string            `json:"token"`  // and its idempotency token
	CalledBack bool              `json:"called_back"`
	Warning    *warning          `json:"warning,omitempty"`
	Quality    *quality          `json:"quality,omitempty"`
}

type warning struct {
	Code    contract.Code `json:"code"`
	Message string        `json:"message"`
	URL     string        `json:"url,omitempty"`
}

func (e *Events) show(of contract.Event) event {
	shown := event{Position: of.Pos, Type: string(of.Type), Sequence: of.Sequence, Time: of.Time.UTC(),
		Params: make(map[string]string), Token: e.cfg.Token(of), CalledBack: of.Callback != nil}
	for name, values := range e.cfg.Params(of) {
		shown.Params[name] = values[0] // a callback repeats no name
	}
	if of.Conference != nil {
		shown.Conference = string(of.Conference.SID)
	}
	switch {
	case of.Call != nil:
		shown.Call = string(of.Call.SID)
	case of.Participant != nil:
		shown.Call = string(of.Participant.Call)
	}
	if w := of.Warning; w != nil {
		shown.Warning = &warning{w.Code, w.Message, w.URL}
	}
	if c := of.Call; c != nil && of.Type == contract.EventCallQuality && c.Quality != nil {
		shown.Quality = showQuality(*c.Quality)
	}
	return shown
}

// list answers with a page of the journal.
func (e *Events) list(w http.ResponseWriter, r *http.Request) error {
	q := query{values: r.URL.Query()}
	filter, after, limit := q.filter(), q.position("after", 0), q.limit()
	if err := q.done(); err != nil {
		return err
	}
	events, err := e.cfg.Store.Events(r.Context(), filter, after, limit)
	if err != nil {
		return err
	}
	first, last, err := e.cfg.Store.Bounds(r.Context())
	if err != nil {
		return err
	}
	page := struct {
		Events []event      `json:"events"`
		Next   contract.Pos `json:"next"`  // after which the next page begins
		More   bool         `json:"more"`  // it has some already
		First  contract.Pos `json:"first"` // what is before it was pruned
		Last   contract.Pos `json:"last"`
	}{Events: []event{}, Next: after, First: first, Last: last, More: len(events) == limit}
	for _, of := range events {
		page.Events = append(page.Events, e.show(of))
		page.Next = of.Pos
	}
	send(w, http.StatusOK, page)
	return nil
}

// query reads the parameters of a request; a wrong one is found by done.
type query struct {
	values url.Values
	known  []string
	err    error
}

func (q *query) get(name string) string {
	q.known = append(q.known, name)
	return q.values.Get(name)
}

func (q *query) wrong(name, want string) {
	if q.err == nil {
		q.err = &problem{status: http.StatusBadRequest, code: contract.CodeParameterREST,
			message: fmt.Sprintf("%s=%q is not %s", name, q.values.Get(name), want)}
	}
}

func (q *query) conference() contract.ConferenceSID {
	sid := contract.ConferenceSID(q.get("conference"))
	if sid != "" && !sid.Valid() {
		q.wrong("conference", "a ConferenceSid")
	}
	return sid
}

func (q *query) call() contract.CallSID {
	sid := contract.CallSID(q.get("call"))
	if sid != "" && !sid.Valid() {
		q.wrong("call", "a CallSid")
	}
	return sid
}

func (q *query) filter() (f store.EventFilter) {
	f.Conference, f.Call, f.Type = q.conference(), q.call(), contract.EventType(q.get("type"))
	return f
}

func (q *query) position(name string, otherwise contract.Pos) contract.Pos {
	text := q.get(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		q.wrong(name, "a position")
	}
	return contract.Pos(n)
}

func (q *query) limit() int { return q.limitOf(defaultEvents, maxEvents) }

func (q *query) limitOf(otherwise, most int) int {
	text := q.get("limit")
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		q.wrong("limit", fmt.Sprintf("a number from 1 to %d", most))
	}
	return n
}

// done returns what was wrong. Unlike the contract's API, a parameter that is
// not known is an error: it is most likely a filter that would not filter.
func (q *query) done() error {
	for name := range q.values {
		if !slices.Contains(q.known, name) && q.err == nil {
			q.err = &problem{status: http.StatusBadRequest, code: contract.CodeParameterREST,
				message: fmt.Sprintf("there is no parameter %q here; there are %s", name, strings.Join(q.known, ", "))}
		}
	}
	return q.err
}
