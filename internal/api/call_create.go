package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"confab/internal/call"
	"confab/internal/contract"
)

// createCall calls a client, and runs a document when it answers (Twilio Call
// resource, create).
func (a *API) createCall(q *request) (answer, error) {
	p, err := q.form()
	if err != nil {
		return nil, err
	}
	o, err := a.callOrder(q.Context(), p)
	if err != nil {
		return nil, err
	}
	c, err := a.cfg.Calls.Dial(o)
	if err != nil {
		return nil, dialProblem(err)
	}
	made := c.Info()
	// Twilio Call resource, create: queued, whatever has become of it by now.
	made.Status, made.Answered, made.Ended = contract.CallQueued, time.Time{}, time.Time{}
	if err := a.written(q.Context()); err != nil {
		return nil, err
	}
	return created{a.callResource(q, callItem{Info: made, Updated: made.Created})}, nil
}

// callOrder reads the parameters.
func (a *API) callOrder(ctx context.Context, p *params) (o call.Order, err error) {
	p.refuseNotDone()
	o = p.dial(a.cfg.Calls.TimeLimit())
	at := call.Address{URL: p.url("Url"), Method: p.method("Method")}
	o.Fallback = call.Address{URL: p.url("FallbackUrl"), Method: p.method("FallbackMethod")}
	body, application := p.text("Twiml"), contract.ApplicationSID(strings.TrimSpace(p.text("ApplicationSid")))
	switch {
	case p.err != nil:
		return o, p.err
	case at.URL != "":
		o.Script = call.Script{Address: at} // Twilio Call resource, Twiml: ignored beside Url
	case body != "":
		if err := checkTwiml(body); err != nil {
			return o, err
		}
		o.Script = call.Script{Body: []byte(body)}
	case application != "":
		return o, a.runApplication(ctx, &o, application)
	default:
		return o, &problem{status: http.StatusBadRequest, code: contract.CodeURLREST, message: "Url, Twiml or ApplicationSid is required: what is the call to do?"}
	}
	return o, nil
}

// runApplication lets an application answer for a call: all of its addresses count,
// and none of the request (Twilio Call resource, ApplicationSid).
func (a *API) runApplication(ctx context.Context, o *call.Order, sid contract.ApplicationSID) error {
	item, ok, err := a.cfg.Store.Application(ctx, sid)
	switch {
	case err != nil:
		return err
	case !ok:
		return badRequest("ApplicationSid %q is not an application of this account", string(sid))
	}
	app := item.Info
	o.Script = call.Script{Address: call.Address{URL: app.VoiceURL, Method: app.VoiceMethod}}
	o.Fallback = call.Address{URL: app.FallbackURL, Method: app.FallbackMethod}
	o.Callback = contract.Callback{URL: app.StatusCallback, Method: app.StatusMethod}
	return nil
}
