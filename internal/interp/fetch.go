package interp

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"time"

	"confab/internal/call"
	"confab/internal/contract"
	"confab/internal/story"
	"confab/internal/twiml"
	"confab/internal/webhook"
)

// request is a document to be fetched.
type request struct {
	address
	params url.Values // beside the standard ones
}

// document is a parsed document and where it came from.
type document struct {
	*twiml.Document
	url   string        // absolute, as it can be asked for again; empty of one that was not fetched
	asked webhook.Asked // how it was fetched
}

// first returns the document that a script begins with.
func (r *run) first(ctx context.Context, s call.Script) (*document, error) {
	if s.Body != nil {
		r.cfg.Stories.Fetched(r.sid, story.Fetched{At: time.Now(), Why: "given", Body: s.Body})
		doc, err := twiml.Parse(s.Body)
		return r.parsed(answer{Response: &webhook.Response{}}, doc, err)
	}
	at := s.Address
	if at.URL == "" {
		at = address{URL: r.cfg.Line}
	}
	return r.fetch(ctx, request{address: at, params: r.beside(s.Params)})
}

// beside returns what a call says of itself as parameters: none may stand in for a
// standard one, which the application believes.
func (r *run) beside(custom map[string]string) url.Values {
	params := url.Values{}
	for name, value := range custom {
		if !webhook.Standard(name) {
			params.Set(name, value)
		}
	}
	return params
}

// fetch gets the next document of the call. What is wrong is a warning on the
// call; when there is none after all, a *contract.Error, already warned of.
func (r *run) fetch(ctx context.Context, q request) (*document, error) {
	if !r.pace.turn() {
		err := &contract.Error{Code: contract.CodeTooManyRedirects, Message: fmt.Sprintf(
			"documents follow each other too fast: more than %d without anything to be heard", maxTurns)}
		r.warnError(err, q.URL)
		return nil, err
	}
	fallback := r.call.Fallback()
	a, err := r.ask(ctx, q, fallback)
	if err != nil {
		return nil, err
	}
	doc, err := r.read(a, twiml.FromResponse)
	var failure *contract.Error
	if !errors.As(err, &failure) || a.Failed != nil || fallback.URL == "" {
		return doc, err
	}
	// Twilio VoiceFallbackUrl: it is also asked when a document cannot be run.
	again := request{fallback, url.Values{"ErrorCode": {strconv.Itoa(int(failure.Code))}, "ErrorUrl": {bare(q.URL)}}}
	if a, err = r.ask(ctx, again, address{}); err != nil {
		return nil, err
	}
	return r.read(a, twiml.FromResponse)
}

// answer is what an application answered.
type answer struct {
	*webhook.Response
	url string // as it can be asked for again
}

// ask makes one request. A failure is noted; the error is a *contract.Error,
// or ctx's cause.
func (r *reader) ask(ctx context.Context, q request, fallback address) (answer, error) {
	asked := r.webhook(q, fallback)
	asked.Made = r.made()
	a, err := r.cfg.Webhook.Fetch(ctx, asked)
	if cause := context.Cause(ctx); cause != nil {
		return answer{}, cause
	}
	if err != nil {
		failure := asError(err, contract.CodeRetrieval, "document could not be fetched")
		r.warnError(failure, q.URL)
		return answer{}, failure
	}
	at := q.URL
	if a.Failed != nil {
		r.warnError(a.Failed, q.URL)
		at = fallback.URL
	}
	return answer{a, answered(at, a.URL)}, nil
}

// read makes a document of an answer.
func (r *reader) read(a answer, parse func(contentType string, body []byte) (*twiml.Document, error)) (*document, error) {
	doc, err := parse(a.ContentType, a.Body)
	return r.parsed(a, doc, err)
}

// asError returns err as what may be told; code and message are for one that
// is not.
func asError(err error, code contract.Code, message string) *contract.Error {
	var failure *contract.Error
	if errors.As(err, &failure) {
		return failure
	}
	return &contract.Error{Code: code, Message: message, Err: err}
}

// webhook builds a request with the standard parameters.
func (r *reader) webhook(q request, fallback address) webhook.Request {
	params := r.params()
	maps.Copy(params, q.params)
	return webhook.Request{
		Account: r.account, URL: q.URL, Method: q.Method, Params: params,
		FallbackURL: fallback.URL, FallbackMethod: fallback.Method, Jar: r.jar,
	}
}

// parsed notes what the parser found wrong.
func (r *reader) parsed(a answer, doc *twiml.Document, err error) (*document, error) {
	if err != nil {
		failure := asError(err, contract.CodeParse, "document could not be read")
		var p *twiml.ParseError
		if errors.As(err, &p) {
			failure = &contract.Error{Code: contract.Code(p.Code), Message: inLine(p.Message, p.Line)}
		}
		failure.Exchange = a.Exchange()
		r.warnError(failure, a.url)
		return nil, failure
	}
	if len(doc.Warnings) > 0 {
		exchange := a.Exchange()
		for _, w := range doc.Warnings {
			r.notice(contract.Warning{Code: contract.Code(w.Code), Message: inLine(w.Message, w.Line), URL: shown(a.url), Exchange: exchange})
		}
	}
	return &document{Document: doc, url: a.url, asked: a.Asked}, nil
}

func inLine(message string, line int) string {
	if line == 0 {
		return message
	}
	return fmt.Sprintf("%s (line %d)", message, line)
}

func (r *reader) warnError(err *contract.Error, at string) {
	r.log().Info("document", "url", shown(at), "err", err)
	r.notice(contract.Warning{Code: err.Code, Message: err.Message, URL: shown(at), Exchange: err.Exchange})
}

// resolve makes a URL in doc absolute (Twilio: relative to the URL of the
// current document; empty is the current document itself).
func (d *document) resolve(ref string) (string, error) {
	if d.url == "" {
		u, err := url.Parse(ref)
		if err != nil || !u.IsAbs() {
			return "", errRelative
		}
		return ref, nil
	}
	if ref == "" {
		return d.url, nil
	}
	base, err := url.Parse(d.url)
	if err != nil {
		return "", fmt.Errorf("resolve: %w", err)
	}
	u, err := base.Parse(ref)
	if err != nil {
		return "", fmt.Errorf("resolve: %w", err)
	}
	return u.String(), nil
}

// errRelative: Twilio 15004: a document that came without a URL.
var errRelative = errors.New("URL is not absolute, in a document that has no URL itself")

// follow is the request for a document that doc names. An address that leads
// nowhere ends the script with a *contract.Error, warned of.
func (r *run) follow(doc *document, ref, method string, params url.Values) (next, error) {
	at, err := doc.resolve(ref)
	if err != nil {
		failure := &contract.Error{Code: contract.CodeURL, Message: "next document has no usable URL", Err: err, Exchange: doc.asked.Exchange()}
		if errors.Is(err, errRelative) {
			failure.Code, failure.Message = contract.CodeActionRelative, err.Error()
		}
		r.warnError(failure, ref)
		return next{}, failure
	}
	return next{fetch: &request{address{URL: at, Method: method}, params}}, nil
}

// answered is the URL of a document as it can be asked for again: as it was
// asked for, user:password@ and all, unless another answered after redirects.
func answered(asked string, by *url.URL) string {
	u, err := url.Parse(asked)
	if by == nil || err == nil && u.Scheme == by.Scheme && u.Host == by.Host && u.Path == by.Path && u.RawQuery == by.RawQuery {
		return asked
	}
	return by.String()
}

// bare is a URL without user:password@ and fragment, which are nobody's business
// but the server's and ours.
func bare(at string) string {
	u, err := url.Parse(at)
	if err != nil {
		return ""
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	return u.String()
}

// shown is a URL as it may be read in a warning or a log: a query may hold what a
// caller keyed.
func shown(at string) string {
	at, _, _ = strings.Cut(bare(at), "?")
	return at
}
