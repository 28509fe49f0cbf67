package interp

import (
	"context"
	"net/url"

	"confab/internal/conference"
	"confab/internal/contract"
	"confab/internal/twiml"
)

// prompter runs the documents that are heard in a conference: while waiting, on
// hold, and as announcements (conference.Prompter). Only Say, Play, Pause and
// Redirect stand in them. It may be used from any goroutine.
type prompter struct{ *reader }

// Prompt runs d into an ear until it has ended. Redirects may go round for ever,
// but not faster than one a second.
//
// An error says that d could not be run from the beginning: a *contract.Error
// where that is the application's fault. A later document that fails ends the
// prompt instead: who has waited for ten minutes is not put out because an
// application restarts.
func (p prompter) Prompt(ctx context.Context, into conference.Ear, d conference.Document) error {
	params := url.Values{"ConferenceSid": {string(d.Conference)}, "FriendlyName": {d.Name}}
	q := &request{address{URL: d.URL, Method: d.Method}, params}
	turns := newPace(waitTurns)
	for first := true; q != nil; first = false {
		if err := turns.wait(ctx); err != nil {
			return err
		}
		doc, err := p.fetch(ctx, *q)
		if err != nil {
			if first || ctx.Err() != nil {
				return err
			}
			return nil
		}
		if q, err = p.document(ctx, into, doc, params); err != nil {
			return err
		}
	}
	return nil
}

// fetch gets one document. Twilio <Conference> waitUrl: there is no fallback for
// it.
func (p prompter) fetch(ctx context.Context, q request) (*document, error) {
	a, err := p.ask(ctx, q, address{})
	if err != nil {
		return nil, err
	}
	return p.read(a, twiml.WaitFromResponse)
}

// document runs one document and returns the one to go on with, or nil. One that
// leads nowhere has ended.
func (p prompter) document(ctx context.Context, into conference.Ear, doc *document, params url.Values) (*request, error) {
	for _, v := range doc.Verbs {
		if v, ok := v.(*twiml.Redirect); ok {
			at, err := doc.resolve(v.URL)
			if err != nil {
				p.warnError(&contract.Error{Code: contract.CodeURL, Message: "next document has no usable URL", Err: err, Exchange: doc.asked.Exchange()}, v.URL)
				return nil, nil
			}
			return &request{address{URL: at, Method: v.Method}, params}, nil
		}
		c, err := p.prepare(ctx, doc, v)
		if err != nil {
			return nil, err
		}
		if err := c.play(ctx, into); err != nil {
			return nil, err
		}
	}
	return nil, nil
}
