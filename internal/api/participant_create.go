package api

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"confab/internal/call"
	"confab/internal/conference"
	"confab/internal/contract"
	"confab/internal/twiml"
)

// createParticipant calls a client into a conference (Twilio Participant resource,
// create). The call is one whose document is a <Dial> with a <Conference>; its place
// is kept from now on.
func (a *API) createParticipant(q *request) (answer, error) {
	name, err := a.conferenceName(q.names[0])
	if err != nil {
		return nil, err
	}
	p, err := q.form()
	if err != nil {
		return nil, err
	}
	p.refuseNotDone()
	o := p.dial(a.cfg.Calls.TimeLimit())
	o.SID, o.Name = contract.NewCallSID(), p.text("CallerDisplayName")
	doc, noun := p.joining(name)
	if p.err != nil {
		return nil, p.err
	}
	o.Script = call.Script{Body: []byte(doc.String())}
	if !held(o.Script.Body, noun) {
		return nil, badRequest("the name of the conference or the label has characters that a document cannot hold")
	}
	place, err := a.cfg.Conferences.Invite(conference.Request{
		Account: a.cfg.Account, Name: name, Call: o.SID, Label: noun.Label, Muted: noun.Muted,
		StartOnEnter: noun.StartOnEnter, EndOnExit: noun.EndOnExit, Coach: contract.CallSID(noun.Coach), MaxParticipants: noun.MaxParticipants,
		Callbacks: conference.Callbacks{URL: noun.StatusCallback, Method: noun.StatusCallbackMethod, Events: noun.StatusCallbackEvents},
	})
	if err != nil {
		return nil, conferenceProblem(err)
	}
	o.Until = place.Over()
	o.Over = func(c contract.CallInfo) { place.Decline(c.Status) }
	invited, _ := place.Conference().Participant(o.SID)
	if _, err := a.cfg.Calls.Dial(o); err != nil {
		place.Decline(contract.CallFailed)
		return nil, dialProblem(err)
	}
	if err := a.written(q.Context()); err != nil {
		return nil, err
	}
	item := participantItem{Info: invited, Updated: invited.Joined}
	return created{resource{"Participant", q.describeParticipant(item, contract.CallQueued)}}, nil
}

// held reports whether a document says what it was made to: XML has no control
// characters.
func held(body []byte, noun *twiml.Conference) bool {
	doc, err := twiml.Parse(body)
	if err != nil || len(doc.Warnings) > 0 {
		return false
	}
	d, ok := doc.Verbs[0].(*twiml.Dial)
	return ok && d.Conference != nil && d.Conference.Name == noun.Name && d.Conference.Label == noun.Label && d.Conference.WaitURL == noun.WaitURL
}

// maxConferenceName is the longest name of a conference, in characters (Twilio
// <Conference> name).
const maxConferenceName = 128

// conferenceName returns the name of the conference that a path names: by the SID of
// one that lives, or by itself.
func (a *API) conferenceName(step string) (string, error) {
	if sid := contract.ConferenceSID(step); sid.Valid() {
		live, ok := a.cfg.Conferences.Find(sid)
		if !ok {
			return "", errNotFound
		}
		return live.Info().FriendlyName, nil
	}
	name := strings.TrimSpace(step)
	if n := utf8.RuneCountInString(name); n == 0 || n > maxConferenceName {
		return "", badRequest("the name of a conference has 1 to %d characters", maxConferenceName)
	}
	return name, nil
}

// joining is the document of one who is called into a conference, and its noun.
func (p *params) joining(name string) (doc twiml.Response, c *twiml.Conference) {
	c = doc.Dial().Join(name)
	c.Label = p.label()
	yes := func(name string, at *bool) {
		if given := p.flag(name); given != nil {
			*at = *given
		}
	}
	yes("Muted", &c.Muted)
	yes("StartConferenceOnEnter", &c.StartOnEnter)
	yes("EndConferenceOnExit", &c.EndOnExit)
	if beep := word(p, "Beep", twiml.BeepBoth, twiml.BeepNever, twiml.BeepOnEnter, twiml.BeepOnExit); beep != "" {
		c.Beep = beep
	}
	c.HasWaitURL, c.WaitURL = p.given("WaitUrl"), p.url("WaitUrl") // Twilio <Conference> waitUrl: empty is silence
	c.MaxParticipants = p.number("MaxParticipants", 0, 2, 250)
	if whom := p.coach(); whom != nil {
		c.Coach = string(*whom)
	}
	c.StatusCallback = p.url("ConferenceStatusCallback")
	c.StatusCallbackEvents = p.words("ConferenceStatusCallbackEvent",
		"start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement")
	if c.StatusCallbackEvents == nil { // Twilio Participant resource, ConferenceStatusCallbackEvent
		c.StatusCallbackEvents = []string{"start", "end"}
	}
	for name, at := range map[string]*string{"WaitMethod": &c.WaitMethod, "ConferenceStatusCallbackMethod": &c.StatusCallbackMethod} {
		if method := p.method(name); method != "" {
			*at = method
		}
	}
	word(p, "JitterBufferSize", "off", "small", "medium", "large") // ours suits itself
	return doc, c
}

// label reads Label (Twilio 16023: at most 128 characters, no slash, not the form of
// a call's SID).
func (p *params) label() string {
	label := strings.TrimSpace(p.text("Label"))
	if utf8.RuneCountInString(label) > maxConferenceName || contract.CallSID(label).Valid() ||
		strings.Contains(label, "/") || strings.Contains(strings.ToUpper(label), "%2F") {
		p.fail(&problem{status: http.StatusBadRequest, code: contract.CodeLabelInvalid,
			message: "Label is longer than 128 characters, has a slash or looks like the SID of a call"})
	}
	return label
}

// cancelInvited ends the call of one who has not come yet.
func (a *API) cancelInvited(sid contract.CallSID) error {
	c, ok := a.cfg.Calls.Find(sid)
	if !ok {
		return errNotFound
	}
	c.End(contract.CauseAPI)
	return nil
}
