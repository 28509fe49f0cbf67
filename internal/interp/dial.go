package interp

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"

	"confab/internal/conference"
	"confab/internal/contract"
	"confab/internal/twiml"
)

// outcome is what a Dial tells its action.
type outcome struct {
	status     string           // Twilio <Dial> DialCallStatus
	bridged    bool             // DialBridged
	call       contract.CallSID // DialCallSid; empty: of a conference, or nobody was called
	duration   time.Duration    // DialCallDuration
	redirected bool             // the called was given another document
}

// params are what the action of the Dial is told (Twilio <Dial> action). Twilio
// DialCallDuration: not of a called who went on to another document.
func (o outcome) params() url.Values {
	v := url.Values{"DialCallStatus": {o.status}, "DialBridged": {strconv.FormatBool(o.bridged)}}
	if o.call != "" {
		v.Set("DialCallSid", string(o.call))
		if !o.redirected {
			v.Set("DialCallDuration", strconv.FormatInt(int64(o.duration.Round(time.Second)/time.Second), 10))
		}
	}
	return v
}

// dial connects the call to its noun and returns when it no longer is. With an
// action, its answer replaces the document; without, the next verb runs.
func (r *run) dial(ctx context.Context, doc *document, d *twiml.Dial) (next, error) {
	r.notDialled(doc, d)
	got := outcome{status: string(contract.CallFailed)}
	if d.Conference == nil && len(d.Clients) > 0 {
		got = r.callClients(ctx, doc, d)
		r.awaitEnd(ctx)
	}
	if d.Conference != nil {
		left, err := r.join(ctx, doc, d)
		r.awaitEnd(ctx)
		if r.came = "was not let in"; left.Reason != "" {
			r.came = "left: " + string(left.Reason)
		}
		switch {
		case errors.Is(err, conference.ErrFull):
			r.warn(doc, contract.CodeConferenceFull, "the conference "+short(d.Conference.Name)+" is full: the call goes on with the next verb")
			return next{}, nil
		case errors.Is(err, conference.ErrLabel): // Twilio 16025
			r.warn(doc, contract.CodeLabelDuplicate, "another participant has the label "+short(d.Conference.Label)+": the call goes on with the next verb")
			return next{}, nil
		case errors.Is(err, conference.ErrCoachHeld): // Twilio 16027
			r.warn(doc, contract.CodeCoachHeld, "the call to be coached is on hold: the conference "+short(d.Conference.Name)+" was not joined")
		case errors.Is(err, conference.ErrCoach), errors.Is(err, conference.ErrCoachAbsent): // Twilio <Conference> coach: 13240
			r.warn(doc, contract.CodeCoach, "the call to be coached is not in the conference "+short(d.Conference.Name)+", or that has not started: it was not joined")
		case err != nil && ctx.Err() == nil:
			r.log().Info("conference", "name", d.Conference.Name, "err", err)
			r.warn(doc, contract.CodeNotBridged, "the call did not get into the conference "+short(d.Conference.Name))
		default: // Twilio <Dial> DialCallStatus: of a conference it is answered
			got = outcome{status: "answered", bridged: left.Started}
		}
	}
	if !d.HasAction {
		return next{}, context.Cause(ctx)
	}
	n, err := r.follow(doc, d.Action, d.Method, got.params())
	if err != nil {
		return n, err
	}
	return n, r.dialled(ctx, n.fetch)
}

// dialled looks after the action of a Dial whose call has no next document. A
// caller who hung up ran no further verb, but the action is told so; a call that
// was given another script has nothing to tell.
func (r *run) dialled(ctx context.Context, action *request) error {
	cause := context.Cause(ctx)
	var ended *contract.Ended
	if !errors.As(cause, &ended) {
		return cause
	}
	// The request has limits of its own and must outlive the call.
	asked := r.webhook(*action, address{})
	asked.Made = r.told("action")
	err := r.cfg.Webhook.Tell(context.WithoutCancel(ctx), asked)
	if err != nil {
		r.warnError(asError(err, contract.CodeRetrieval, "action of <Dial> could not be told"), action.URL)
	}
	return cause
}

// notDialled warns of what a Dial asks for and does not get yet.
func (r *run) notDialled(doc *document, d *twiml.Dial) {
	for _, noun := range d.Nouns {
		r.warn(doc, contract.CodeUnsupportedVerb, "<"+noun.Name+"> cannot be dialled here: it was not called")
	}
	record := d.Record
	if c := d.Conference; c != nil && record == twiml.DoNotRecord {
		record = c.Record
	}
	if record != twiml.DoNotRecord {
		r.warn(doc, contract.CodeDialRecord, "nothing is recorded here: record="+short(record)+" was passed over")
	}
	if c := d.Conference; c != nil && c.EventCallbackURL != "" {
		r.warn(doc, contract.CodeDialRecord, "nothing is recorded here: eventCallbackUrl of <Conference> is told of no conference-record-end")
	}
}

// join stands in the conference until the call leaves it.
func (r *run) join(ctx context.Context, doc *document, d *twiml.Dial) (conference.Left, error) {
	c := d.Conference
	q := conference.Request{
		Account: r.call.Info().Account, Name: c.Name, Call: r.call.SID(), Session: r.session,
		Label: c.Label, Muted: c.Muted, StartOnEnter: c.StartOnEnter, EndOnExit: c.EndOnExit,
		BeepEnter: c.Beep.Enter(), BeepExit: c.Beep.Exit(),
		HangupOnStar: d.HangupOnStar, TimeLimit: d.TimeLimit, MaxParticipants: c.MaxParticipants,
		Callbacks: conference.Callbacks{Method: c.StatusCallbackMethod, Events: c.StatusCallbackEvents},
		Wait:      r.wait(doc, c), Prompter: prompter{r.reader}, Coach: contract.CallSID(c.Coach),
	}
	if c.StatusCallback != "" {
		at, err := doc.resolve(c.StatusCallback)
		if err != nil {
			r.warn(doc, contract.CodeConferenceAttr, "statusCallback of <Conference> leads nowhere: "+err.Error())
		}
		q.Callbacks.URL = at
	}
	return r.cfg.Conferences.Join(ctx, q)
}

// wait is what is heard until the conference starts. Twilio <Conference>
// waitUrl: empty is silence, none given is the house's music.
func (r *run) wait(doc *document, c *twiml.Conference) *conference.Document {
	if !c.HasWaitURL {
		return nil
	}
	if c.WaitURL == "" {
		return &conference.Document{}
	}
	at, err := doc.resolve(c.WaitURL)
	if err != nil {
		r.warn(doc, contract.CodeWaitURL, "waitUrl of <Conference> leads nowhere: "+err.Error())
		return nil
	}
	return &conference.Document{URL: at, Method: c.WaitMethod}
}
