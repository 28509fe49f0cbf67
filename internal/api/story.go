package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"confab/internal/contract"
	"confab/internal/mask"
	"confab/internal/store"
	"confab/internal/story"
)

// toldCall is a call as stories and searches show it.
type toldCall struct {
	SID         contract.CallSID `json:"sid"`
	Parent      contract.CallSID `json:"parent_sid,omitempty"`
	From        string           `json:"from"`
	To          string           `json:"to"`
	Caller      string           `json:"caller"`
	Number      string           `json:"number"`
	NumberName  string           `json:"number_name"`
	Direction   string           `json:"direction"`
	Status      string           `json:"status"`
	Live        bool             `json:"live"`
	Refused     bool             `json:"refused"`
	Created     story.Time       `json:"created"`
	Answered    *story.Time      `json:"answered,omitempty"`
	Ended       *story.Time      `json:"ended,omitempty"`
	Duration    float64          `json:"duration_s"`
	Cause       string           `json:"cause"`
	SIPCode     int              `json:"sip_code"`
	SIPCallID   string           `json:"sip_call_id"`
	SourceIP    string           `json:"source_ip"`
	Conferences []string         `json:"conferences"`
	Warnings    int              `json:"warnings"`
	Quality     *quality         `json:"quality,omitempty"`
}

func showCall(f store.Found) toldCall {
	c := f.CallInfo
	shown := toldCall{SID: c.SID, Parent: c.Parent, From: c.From, To: c.To, Caller: c.Caller, Number: c.Number, NumberName: f.NumberName,
		Direction: string(c.Direction), Status: string(c.Status), Live: !c.Status.Terminal(), Refused: f.Refused,
		Created: story.Time{Time: c.Created}, Answered: moment(c.Answered), Ended: moment(c.Ended),
		Duration: float64(c.Duration(time.Now()).Milliseconds()) / 1000, Cause: c.Cause.String(), SIPCode: c.SIPCode,
		SIPCallID: c.SIPCallID, SourceIP: c.SourceIP, Conferences: f.Conferences, Warnings: f.Warnings}
	if shown.Conferences == nil {
		shown.Conferences = []string{}
	}
	if c.Cause == contract.CauseNone {
		shown.Cause = ""
	}
	if c.Quality != nil {
		shown.Quality = showQuality(*c.Quality)
	}
	return shown
}

// toldMessage is a message of a call's signalling, taken apart.
type toldMessage struct {
	At        story.Time   `json:"time"`
	Direction string       `json:"direction"`
	Transport string       `json:"transport"`
	From      string       `json:"from"`
	To        string       `json:"to"`
	Line      string       `json:"line"`
	Headers   []toldHeader `json:"headers"`
	Body      string       `json:"body"`
	Again     bool         `json:"retransmission"`
	Cut       int          `json:"cut"`
}

type toldHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func showMessage(m story.Message) toldMessage {
	shown := toldMessage{At: m.At, Direction: m.Direction, Transport: m.Transport, From: m.From, To: m.To,
		Headers: []toldHeader{}, Again: m.Again, Cut: m.Cut}
	if m.Transport == "ws" { // a frame is JSON: its type stands for the first line
		var frame struct{ Type string }
		_ = json.Unmarshal([]byte(m.Text), &frame) // one that cannot be read has none
		shown.Line, shown.Body = frame.Type, m.Text
		return shown
	}
	head, body, ok := strings.Cut(m.Text, "\r\n\r\n")
	if !ok {
		head, body, _ = strings.Cut(m.Text, "\n\n")
	}
	shown.Body = body
	lines := strings.Split(strings.ReplaceAll(head, "\r\n", "\n"), "\n")
	shown.Line = lines[0]
	for _, line := range lines[1:] {
		if last := len(shown.Headers) - 1; last >= 0 && line != "" && (line[0] == ' ' || line[0] == '\t') {
			shown.Headers[last].Value += " " + strings.TrimSpace(line) // RFC 3261 §7.3.1: folded
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		shown.Headers = append(shown.Headers, toldHeader{strings.TrimSpace(name), strings.TrimSpace(value)})
	}
	return shown
}

// webhook is an event that somebody asked to be told of, and what became of it.
type webhook struct {
	Position   contract.Pos           `json:"position"`
	At         story.Time             `json:"time"` // of the event
	Event      string                 `json:"event"`
	Sequence   int                    `json:"sequence"`
	Call       contract.CallSID       `json:"call_sid,omitempty"`
	Conference contract.ConferenceSID `json:"conference_sid,omitempty"`
	URL        string                 `json:"url"`
	Method     string                 `json:"method"`
	State      string                 `json:"state"` // waiting, trying, delivered, parked or due
	Params     map[string]string      `json:"params"`
	Attempts   []story.Delivery       `json:"attempts"`
}

// toldWarning is a notice, and where it is told what it means.
type toldWarning struct {
	At       story.Time       `json:"time"`
	SID      string           `json:"sid"`
	Call     contract.CallSID `json:"call_sid,omitempty"`
	Code     contract.Code    `json:"code"`
	Level    string           `json:"level"` // error or warning
	Message  string           `json:"message"`
	URL      string           `json:"url"`
	MoreInfo string           `json:"more_info"`
}

func showNotice(n store.Notice) toldWarning {
	level := "warning"
	if n.Code.Level() == contract.LevelError {
		level = "error"
	}
	return toldWarning{story.Time{Time: n.At}, string(n.SID), n.Call, n.Code, level, n.Message, bare(n.URL), moreInfo(n.Code)}
}

// stay is a call's time in a conference.
type stay struct {
	Conference   contract.ConferenceSID `json:"conference_sid"`
	FriendlyName string                 `json:"friendly_name"`
	Label        string                 `json:"label"`
	Joined       story.Time             `json:"joined"`
	Left         *story.Time            `json:"left,omitempty"`
	Reason       string                 `json:"left_because"`
}

// toldEvent is an event of the journal that concerns a call.
type toldEvent struct {
	Position     contract.Pos           `json:"position"`
	At           story.Time             `json:"time"`
	Event        string                 `json:"event"`
	Conference   contract.ConferenceSID `json:"conference_sid,omitempty"`
	FriendlyName string                 `json:"friendly_name,omitempty"`
	Muted        *bool                  `json:"muted,omitempty"`
	Hold         *bool                  `json:"hold,omitempty"`
	Coaching     *bool                  `json:"coaching,omitempty"`
	Reason       string                 `json:"reason,omitempty"` // of a leave
	Status       string                 `json:"status,omitempty"` // of the call, behind the event
}

func showCallEvent(of contract.Event) toldEvent {
	shown := toldEvent{Position: of.Pos, At: story.Time{Time: of.Time}, Event: string(of.Type)}
	if c := of.Conference; c != nil {
		shown.Conference, shown.FriendlyName, shown.Reason = c.SID, c.FriendlyName, string(of.LeaveReason)
	}
	if p := of.Participant; p != nil {
		shown.Muted, shown.Hold, shown.Coaching = &p.Muted, &p.Hold, &p.Coaching
	}
	if c := of.Call; c != nil {
		shown.Status = string(c.Status)
	}
	return shown
}

// toldStory is everything that happened to a call.
type toldStory struct {
	Call        toldCall         `json:"call"`
	Events      []toldEvent      `json:"events"`
	SIP         []toldMessage    `json:"sip"`
	Documents   []story.Document `json:"documents"`
	Verbs       []story.Verb     `json:"verbs"`
	Digits      []story.Digits   `json:"digits"`
	Webhooks    []webhook        `json:"webhooks"`
	Quality     []story.Sample   `json:"quality"`
	Warnings    []toldWarning    `json:"warnings"`
	Conferences []stay           `json:"conferences"`
	LeftOut     story.LeftOut    `json:"left_out"`
}

// kept returns the call that r names, which has no parameters, and what is kept of it.
func (e *Events) kept(r *http.Request) (info store.Found, part story.Part, err error) {
	q := query{values: r.URL.Query()}
	if err := q.done(); err != nil {
		return info, part, err
	}
	if info, err = e.told(r); err != nil {
		return info, part, err
	}
	live, _ := e.cfg.Stories.Live(info.SID)
	part, err = e.parts(r.Context(), string(info.SID), live)
	return info, part, err
}

// story answers with everything that happened to a call.
func (e *Events) story(w http.ResponseWriter, r *http.Request) error {
	info, part, err := e.kept(r)
	if err != nil {
		return err
	}
	answer := toldStory{Events: []toldEvent{}, SIP: []toldMessage{}, Documents: orNone(part.Documents), Verbs: orNone(part.Verbs),
		Digits: orNone(part.Digits), Quality: orNone(part.Quality), Warnings: []toldWarning{}, LeftOut: part.LeftOut}
	for _, m := range part.SIP {
		answer.SIP = append(answer.SIP, showMessage(m))
	}
	l, err := e.cfg.Store.Notices(r.Context(), store.NoticeFilter{Call: info.SID}, store.Page{Size: maxEvents})
	if err != nil {
		return err
	}
	for _, n := range slices.Backward(l.Items) {
		answer.Warnings = append(answer.Warnings, showNotice(n.Info))
	}
	events, err := e.cfg.Store.Events(r.Context(), store.EventFilter{Call: info.SID}, 0, maxEvents)
	if err != nil {
		return err
	}
	if answer.Webhooks, err = e.webhooks(r.Context(), events); err != nil {
		return err
	}
	for _, of := range events {
		answer.Events = append(answer.Events, showCallEvent(of))
	}
	answer.Conferences = stays(info.SID, events)
	for _, s := range answer.Conferences {
		if !slices.Contains(info.Conferences, s.FriendlyName) {
			info.Conferences = append(info.Conferences, s.FriendlyName)
		}
	}
	info.Warnings = len(answer.Warnings)
	answer.Call = showCall(info)
	send(w, http.StatusOK, answer)
	return nil
}

// capture answers with the messages of a call's signalling as a capture file.
func (e *Events) capture(w http.ResponseWriter, r *http.Request) error {
	info, part, err := e.kept(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/vnd.tcpdump.pcap")
	w.Header().Set("Content-Disposition", `attachment; filename="`+string(info.SID)+`.pcap"`)
	w.Header().Set("Cache-Control", "no-store")
	_ = story.WritePCAP(w, part.SIP) // who has gone reads no further
	return nil
}

// told returns the call that a path names.
func (e *Events) told(r *http.Request) (f store.Found, err error) {
	sid := contract.CallSID(r.PathValue("sid"))
	if !sid.Valid() {
		return f, errNotFound
	}
	a := e.cfg.API
	a.settle(r.Context())
	item, err := a.findCall(r.Context(), sid)
	f.CallInfo = item.Info
	if errors.Is(err, errNotFound) {
		var ok bool
		if f.CallInfo, ok, err = e.cfg.Store.Refused(r.Context(), sid); err == nil && !ok {
			err = errNotFound
		}
		f.Refused = ok
	}
	if err != nil {
		return f, err
	}
	numbers, err := e.cfg.Store.Numbers(r.Context())
	for _, n := range numbers {
		if n.Number == f.Number {
			f.NumberName = n.FriendlyName
		}
	}
	return f, err
}

// parts returns what was kept of a story, and what is still to be, by time. What
// is still to be must have been looked at before.
func (e *Events) parts(ctx context.Context, subject string, live story.Live) (all story.Part, err error) {
	kept, err := e.cfg.Store.Parts(ctx, subject)
	if err != nil {
		return all, err
	}
	parts := live.Parts
	if parts == nil {
		parts = make(map[int]story.Part)
	}
	for n, body := range kept {
		if parts[n], err = story.Decode(body); err != nil {
			return all, err
		}
	}
	for _, n := range slices.Sorted(maps.Keys(parts)) {
		all.Add(parts[n])
	}
	all.Add(live.Now)
	slices.SortStableFunc(all.SIP, func(a, b story.Message) int { return a.At.Compare(b.At.Time) })
	slices.SortStableFunc(all.Documents, func(a, b story.Document) int { return a.At.Compare(b.At.Time) })
	slices.SortStableFunc(all.Verbs, func(a, b story.Verb) int { return a.At.Compare(b.At.Time) })
	slices.SortStableFunc(all.Spurts, func(a, b story.Spurt) int { return a.At.Compare(b.At.Time) })
	return all, nil
}

// webhooks tells what became of those events that somebody asked to be told of.
func (e *Events) webhooks(ctx context.Context, events []contract.Event) ([]webhook, error) {
	var positions []contract.Pos
	for _, of := range events {
		if of.Callback != nil {
			positions = append(positions, of.Pos)
		}
	}
	deliveries, err := e.cfg.Store.Deliveries(ctx, positions)
	if err != nil {
		return nil, err
	}
	parked, err := e.cfg.Store.ParkedAt(ctx, positions)
	if err != nil {
		return nil, err
	}
	all := []webhook{}
	for _, of := range events {
		if of.Callback == nil {
			continue
		}
		shown := e.show(of)
		told := webhook{Position: of.Pos, At: story.Time{Time: of.Time}, Event: string(of.Type), Sequence: of.Sequence,
			Call: contract.CallSID(shown.Call), Conference: contract.ConferenceSID(shown.Conference),
			URL: mask.URL(of.Callback.URL), Method: cmp.Or(of.Callback.Method, http.MethodPost), State: "waiting",
			Params: shown.Params, Attempts: []story.Delivery{}}
		for _, body := range deliveries[of.Pos] {
			var d story.Delivery
			if err := json.Unmarshal(body, &d); err != nil {
				return nil, err
			}
			told.Attempts = append(told.Attempts, d)
			switch {
			case d.Error == "" && d.Status/100 == 2:
				told.State = "delivered"
			case told.State != "delivered":
				told.State = "trying"
			}
		}
		if p, ok := parked[of.Pos]; ok && p.Due {
			told.State = "due"
		} else if ok {
			told.State = "parked"
		}
		all = append(all, told)
	}
	return all, nil
}

// stays tells when a call stood in which conferences.
func stays(call contract.CallSID, events []contract.Event) []stay {
	all := []stay{}
	for _, of := range events {
		if of.Conference == nil || of.Participant == nil || of.Participant.Call != call {
			continue
		}
		at := story.Time{Time: of.Time}
		switch of.Type {
		case contract.EventParticipantJoin:
			all = append(all, stay{Conference: of.Conference.SID, FriendlyName: of.Conference.FriendlyName, Label: of.Participant.Label, Joined: at})
		case contract.EventParticipantLeave:
			for i := range all {
				if s := &all[i]; s.Conference == of.Conference.SID && s.Left == nil {
					s.Left, s.Reason = &at, string(of.LeaveReason)
				}
			}
		}
	}
	return all
}

func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
