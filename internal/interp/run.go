package interp

import (
	"context"
	"errors"
	"time"

	"confab/internal/call"
	"confab/internal/contract"
	"confab/internal/media"
	"confab/internal/twiml"
)

// next is what a verb says comes after it. The zero value is the next verb.
type next struct {
	fetch *request // another document, in place of this one
	end   bool     // nothing: the call has been ended
}

// over reports whether the document is over by it.
func (n next) over() bool { return n.end || n.fetch != nil }

// script runs the documents of a script: fetch, parse, run the verbs, and again
// where they say so. It returns when there is no next one, which hangs the call
// up, or when ctx has ended.
func (r *run) script(ctx context.Context, s call.Script) {
	doc, err := r.first(ctx, s)
	_, err = r.documents(ctx, doc, err)
	r.stopped(ctx, err)
}

// documents runs a document, if there was no error in getting it, and those that it
// leads to. It returns what the last verb said, or what kept one from its end.
func (r *run) documents(ctx context.Context, doc *document, err error) (n next, _ error) {
	for err == nil {
		n, err = r.document(ctx, doc)
		if err != nil || n.fetch == nil {
			break
		}
		doc, err = r.fetch(ctx, *n.fetch)
	}
	return n, err
}

// stopped looks after what kept a script from its end.
func (r *run) stopped(ctx context.Context, err error) {
	var failure *contract.Error
	switch {
	case ctx.Err() != nil:
	case err == nil:
		_ = r.outlast(ctx) // whatever ends the wait is what comes next
	case errors.Is(err, media.ErrClosed):
		r.awaitEnd(ctx)
	case errors.As(err, &failure): // it is on the call already
		r.apologise(ctx)
	default:
		r.log().Error("document", "err", err)
		r.notice(contract.Warning{Code: contract.CodeInternalDocument, Message: "the document could not be run to its end"})
		r.apologise(ctx)
	}
}

// awaitEnd gives the hang-up of a far end whose voice has gone already the time
// to be noticed, so that it is what the call ends by.
func (r *run) awaitEnd(ctx context.Context) {
	select {
	case <-r.session.Done():
	default:
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	<-ctx.Done()
}

// document runs the verbs of a document, and says what comes after it. The error
// is ctx's cause, media.ErrClosed or another that ends the script.
func (r *run) document(ctx context.Context, doc *document) (next, error) {
	for _, v := range doc.Verbs {
		if err := context.Cause(ctx); err != nil {
			return next{}, err
		}
		running := r.begin(v)
		n, err := r.verb(ctx, doc, v)
		running.End(r.result(n, err))
		if err != nil || n.over() {
			return n, err
		}
	}
	// Twilio: a document without verbs is one that hangs up, which answers first.
	return next{}, r.call.Answer(ctx)
}

// verb runs one verb, having answered the call before all but those that do
// without or answer it themselves. (Twilio SIP: "When does a call get answered?")
func (r *run) verb(ctx context.Context, doc *document, v twiml.Verb) (next, error) {
	switch v := v.(type) {
	case *twiml.Reject:
		return r.reject(ctx, v)
	case *twiml.Redirect:
		return r.redirect(doc, v)
	case *twiml.Pause:
		return next{}, r.pause(ctx, v)
	case *twiml.Gather:
		return r.gather(ctx, doc, v)
	case *twiml.Dial:
		switch {
		case r.whispering: // Twilio <Client> url: such a document has no Dial
			r.warn(doc, contract.CodeDialInWhisper, "<Dial> cannot stand in a document that is heard before one who was called is connected")
			return next{}, nil
		case v.AnswerOnBridge && v.Conference == nil && len(v.Clients) > 0: // Twilio <Dial> answerOnBridge: it rings on
			return r.dial(ctx, doc, v)
		}
	}
	if err := r.call.Answer(ctx); err != nil {
		return next{}, err
	}
	switch v := v.(type) {
	case *twiml.Say, *twiml.Play:
		return next{}, r.prompt(ctx, doc, v)
	case *twiml.Dial:
		return r.dial(ctx, doc, v)
	case *twiml.Hangup:
		return r.hangup(ctx)
	}
	return r.unsupported(doc, v)
}
