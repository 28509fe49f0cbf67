package api

import (
	"cmp"
	"errors"
	"net/http"
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
	script *call.Script
	status contract.CallStatus // completed or canceled: end it
}

// callUpdate reads the parameters (Twilio Call resource, update).
func (p *params) callUpdate() (u callUpdate, err error) {
	u.status = word(p, "Status", contract.CallCanceled, contract.CallCompleted)
	url, method := p.url("Url"), p.method("Method")
	fallback := call.Script{FallbackURL: p.url("FallbackUrl"), FallbackMethod: p.method("FallbackMethod")}
	body := p.text("Twiml")
	switch {
	case p.err != nil:
		return u, p.err
	case url != "" && body != "":
		return u, badRequest("Url and Twiml are mutually exclusive")
	case url != "":
		u.script = &call.Script{URL: url, Method: method, FallbackURL: fallback.FallbackURL, FallbackMethod: fallback.FallbackMethod}
	case body != "":
		if err := checkTwiml(body); err != nil {
			return u, err
		}
		u.script = &call.Script{Body: []byte(body), FallbackURL: fallback.FallbackURL, FallbackMethod: fallback.FallbackMethod}
	case fallback.FallbackURL != "" && u.status == "":
		return u, notServed("FallbackUrl without Url or Twiml is not served by this version of Confab")
	}
	for _, name := range []string{"StatusCallback", "StatusCallbackMethod", "TimeLimit"} {
		if p.given(name) {
			return u, notServed("%s of a call that is under way is not served by this version of Confab", name)
		}
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

// updateCall redirects or ends a live call.
func (a *API) updateCall(q *request) (answer, error) {
	sid := contract.CallSID(q.names[0])
	if _, err := a.findCall(q.Context(), sid); err != nil {
		return nil, err
	}
	p, err := q.form()
	if err != nil {
		return nil, err
	}
	u, err := p.callUpdate()
	if err != nil {
		return nil, err
	}
	if u.script != nil || u.status != "" {
		if err := a.change(sid, u); err != nil {
			return nil, err
		}
	}
	if err := a.written(q.Context()); err != nil {
		return nil, err
	}
	return a.fetchCall(q)
}

// change has u done to a call.
func (a *API) change(sid contract.CallSID, u callUpdate) error {
	notLive := &problem{status: http.StatusBadRequest, code: contract.CodeNotInProgress,
		message: "Call is not in-progress. Cannot redirect."}
	c, ok := a.cfg.Calls.Find(sid)
	if !ok || c.Info().Status.Terminal() {
		return notLive
	}
	switch {
	case u.status == contract.CallCompleted:
		c.End(contract.CauseAPI)
	case u.status == contract.CallCanceled:
		// Twilio Call resource, Status: canceled does nothing to a call that was
		// answered.
		if c.Ringing() {
			c.End(contract.CauseAPI)
		}
	case errors.Is(c.Redirect(withFallback(*u.script, c.Number())), call.ErrEnded):
		return notLive
	}
	return nil
}

// withFallback gives a script that names no fallback that of the number.
func withFallback(s call.Script, n contract.NumberInfo) call.Script {
	if s.FallbackURL == "" {
		s.FallbackURL, s.FallbackMethod = n.FallbackURL, cmp.Or(s.FallbackMethod, n.FallbackMethod)
	}
	return s
}
