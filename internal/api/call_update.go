package api

import (
	"errors"
	"net/http"
	"time"
	"unicode/utf8"

	"confab/internal/call"
	"confab/internal/contract"
	"confab/internal/twiml"
)

// maxTwiml is how long a document in a parameter may be, in characters (Twilio
// Call resource, Twiml).
const maxTwiml = 4000

// callUpdate is what a request wants of a live call.
type callUpdate struct {
	call.Change
	status contract.CallStatus // completed or canceled: end it
}

// callUpdate reads the parameters (Twilio Call resource, update). No call lasts
// longer than most.
func (p *params) callUpdate(most time.Duration) (u callUpdate, err error) {
	u.status = word(p, "Status", contract.CallCanceled, contract.CallCompleted)
	at := call.Address{URL: p.url("Url"), Method: p.method("Method")}
	body := p.text("Twiml")
	if url, method := p.url("FallbackUrl"), p.method("FallbackMethod"); p.given("FallbackUrl") {
		u.Fallback = &call.Address{URL: url, Method: method}
	}
	if url, method := p.url("StatusCallback"), p.method("StatusCallbackMethod"); p.given("StatusCallback") {
		u.StatusCallback = &contract.Callback{URL: url, Method: method}
	}
	u.TimeLimit = time.Duration(p.number("TimeLimit", 0, 1, int(most/time.Second))) * time.Second
	switch {
	case p.err != nil:
		return u, p.err
	case at.URL != "" && body != "":
		return u, badRequest("Url and Twiml are mutually exclusive")
	case at.URL != "":
		u.Script = &call.Script{Address: at}
	case body != "":
		if err := checkTwiml(body); err != nil {
			return u, err
		}
		u.Script = &call.Script{Body: []byte(body)}
	}
	return u, nil
}

// checkTwiml refuses a document that would end the call instead of going on
// with it.
//
// Deviation (Twilio Call resource, Twiml): that is found out here, not when the
// call runs it, because here there is somebody to be told.
func checkTwiml(body string) error {
	if n := utf8.RuneCountInString(body); n > maxTwiml {
		return badRequest("Twiml has %d characters: %d is the most", n, maxTwiml)
	}
	_, err := twiml.Parse([]byte(body))
	if wrong := new(twiml.ParseError); errors.As(err, &wrong) {
		return &problem{status: http.StatusBadRequest, code: contract.Code(wrong.Code), message: "Twiml: " + wrong.Message}
	}
	return err
}

// updateCall changes, redirects or ends a live call.
func (a *API) updateCall(q *request) (answer, error) {
	sid := contract.CallSID(q.names[0])
	if _, err := a.findCall(q.Context(), sid); err != nil {
		return nil, err
	}
	p, err := q.form()
	if err != nil {
		return nil, err
	}
	u, err := p.callUpdate(a.cfg.Calls.TimeLimit())
	if err != nil {
		return nil, err
	}
	if u != (callUpdate{}) {
		if err := a.change(sid, u); err != nil {
			return nil, err
		}
	}
	if err := a.written(q.Context()); err != nil {
		return nil, err
	}
	return a.fetchCall(q)
}

// change has u done to a call. What ends it is done last, so that whom u names
// is told of it.
func (a *API) change(sid contract.CallSID, u callUpdate) error {
	c, ok := a.cfg.Calls.Find(sid)
	if u.status != "" {
		u.Script = nil // there is nothing to go on with, or it is asked for something else
	}
	if !ok || errors.Is(c.Change(u.Change), call.ErrEnded) {
		return &problem{status: http.StatusBadRequest, code: contract.CodeNotInProgress,
			message: "Call is not in-progress. Cannot redirect."}
	}
	// Twilio Call resource, Status: canceled does nothing to a call that was
	// answered.
	if u.status == contract.CallCompleted || u.status == contract.CallCanceled && c.Ringing() {
		c.End(contract.CauseAPI)
	}
	return nil
}
