package interp

import (
	"context"
	"net/url"

	"confab/internal/conference"
	"confab/internal/twiml"
)

// waiting runs documents for the caller of a run while it waits
// (conference.Prompter). Only Say, Play, Pause and Redirect stand in them.
type waiting struct{ r *run }

// Prompt runs d into an ear until it has ended, which is silence from then on.
// Redirects may go round for ever, but not faster than one a second.
//
// An error says that d could not be run from the beginning. A later document
// that fails ends the prompt instead: who has waited for ten minutes is not put
// out because an application restarts.
func (w waiting) Prompt(ctx context.Context, into conference.Ear, d conference.Document) error {
	params := url.Values{"ConferenceSid": {string(d.Conference)}, "FriendlyName": {d.Name}}
	q := &request{address{d.URL, d.Method}, params}
	turns := newPace(waitTurns)
	for first := true; q != nil; first = false {
		if err := turns.wait(ctx); err != nil {
			return err
		}
		doc, err := w.fetch(ctx, *q)
		if err != nil {
			if first || ctx.Err() != nil {
				return err
			}
			return nil
		}
		if q, err = w.document(ctx, into, doc, params); err != nil {
			return err
		}
	}
	return nil
}

// fetch gets one document. Twilio <Conference> waitUrl: there is no fallback for
// it.
func (w waiting) fetch(ctx context.Context, q request) (*document, error) {
	a, err := w.r.ask(ctx, q, address{})
	if err != nil {
		return nil, err
	}
	return w.r.read(a, twiml.WaitFromResponse)
}

// document runs one document and returns the one to go on with, or nil.
func (w waiting) document(ctx context.Context, into conference.Ear, doc *document, params url.Values) (*request, error) {
	for _, v := range doc.Verbs {
		if v, ok := v.(*twiml.Redirect); ok {
			at, err := doc.resolve(v.URL)
			if err != nil {
				return nil, err
			}
			return &request{address{at, v.Method}, params}, nil
		}
		c, err := w.r.prepare(ctx, doc, v)
		if err != nil {
			return nil, err
		}
		if err := c.play(ctx, into); err != nil {
			return nil, err
		}
	}
	return nil, nil
}
