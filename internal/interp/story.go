package interp

import (
	"context"
	"errors"

	"confab/internal/contract"
	"confab/internal/media"
	"confab/internal/story"
	"confab/internal/twiml"
	"confab/internal/webhook"
)

// made tells the call's story of the requests for a document: the first is of its
// URL, the one after it of its fallback.
func (r *reader) made() func(webhook.Made) {
	why := "document"
	return func(m webhook.Made) {
		r.tell(why, m)
		why = "fallback"
	}
}

// told tells the call's story of a request.
func (r *reader) told(why string) func(webhook.Made) {
	return func(m webhook.Made) { r.tell(why, m) }
}

func (r *reader) tell(why string, m webhook.Made) {
	f := story.Fetched{At: m.At, Took: m.Took, Why: why, Method: m.Method, URL: m.URL, Params: m.Params,
		Status: m.Status, Header: m.Header, Body: m.Body, Error: m.Err}
	for _, a := range m.Attempts {
		f.Attempts = append(f.Attempts, story.Tried(a))
	}
	r.cfg.Stories.Fetched(r.sid, f)
}

// begin tells the call's story of a verb that begins.
func (r *run) begin(v twiml.Verb) story.Running {
	if r.cfg.Stories == nil {
		return story.Running{}
	}
	d := twiml.Describe(v)
	told := story.Verb{Name: d.Name, Attributes: d.Attributes, Text: d.Text}
	for _, inside := range d.Inside {
		told.Nouns = append(told.Nouns, story.Noun{Name: inside.Name, Attributes: inside.Attributes, Text: inside.Text})
	}
	r.came = ""
	return r.cfg.Stories.Begin(r.sid, told)
}

// result says in words what came of a verb.
func (r *run) result(n next, err error) string {
	var ended *contract.Ended
	came := r.came
	switch {
	case err == nil && n.end:
		came = join(came, "the call ends")
	case err == nil && n.fetch != nil:
		came = join(came, "goes on with another document")
	case err == nil:
	case errors.As(err, &ended):
		came = join(came, "the call ended: "+ended.Cause.String())
	case errors.Is(err, contract.ErrRedirected):
		came = join(came, "cut off: the call was given another script")
	case errors.Is(err, media.ErrClosed), errors.Is(err, context.Canceled):
		came = join(came, "cut off: the voice ended")
	default:
		came = join(came, "failed")
	}
	return came
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// keyed tells the call's story what was entered.
func (r *run) keyed(g *twiml.Gather, got entry, forgotten int, full bool) {
	r.came = story.Keys(len(got.digits))
	r.cfg.Stories.Keyed(r.sid, story.Keyed{Verb: g.Element(), Keys: got.digits, Menu: g.NumDigits == 1, FinishedOn: got.finished,
		Timeout: got.finished == 0 && !full, Forgotten: forgotten})
}
