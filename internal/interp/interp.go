package interp

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"confab/internal/call"
	"confab/internal/conference"
	"confab/internal/contract"
	"confab/internal/media"
	"confab/internal/speech"
	"confab/internal/story"
	"confab/internal/webhook"
)

// Config is what an interpreter is made of. All but Stories and Log are required.
type Config struct {
	Webhook     *webhook.Client
	Speech      *speech.Speaker
	Conferences *conference.Conferences
	Plane       *media.Plane // where those who are dialled and their callers meet

	// Line is the absolute URL of the document of a number that names none: the
	// built-in line's.
	Line string

	// Stories is told what calls do; nil: nobody is.
	Stories *story.Book

	Log *slog.Logger // nil discards
}

// Interp runs the documents of calls (call.Handler).
type Interp struct {
	cfg Config
	log *slog.Logger
}

// New returns an interpreter. It holds nothing between calls.
func New(c Config) (*Interp, error) {
	if c.Webhook == nil || c.Speech == nil || c.Conferences == nil || c.Plane == nil || c.Line == "" {
		return nil, errors.New("interpreter: webhook, speech, conferences, plane and line are required")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Interp{cfg: c, log: c.Log}, nil
}

// ServeCall runs what c is told to run, one script after the other, until the
// last has ended or the call has.
func (i *Interp) ServeCall(_ context.Context, c *call.Call) { i.newRun(c).scripts() }

func (i *Interp) newRun(c *call.Call) *run {
	return &run{
		reader: &reader{
			Interp: i, subject: slog.Any("call", c.SID()), jar: webhook.NewJar(), account: c.Info().Account,
			params: func() url.Values { return webhook.CallParams(c.Info()) }, notice: c.Warn, rate: c.Session().Rate, sid: c.SID(),
		},
		call: c, session: c.Session(), pace: newPace(maxTurns),
	}
}

// scripts runs one script after the other.
func (r *run) scripts() {
	for {
		ctx, script, ok := r.call.Next()
		if !ok {
			return
		}
		r.script(ctx, script)
	}
}

// reader fetches documents and makes what stands in them ready to be heard, on
// behalf of a call or of a conference. It may be used from any goroutine.
type reader struct {
	*Interp
	subject slog.Attr      // of what is logged: the call, or the conference
	jar     http.CookieJar // of the call (Twilio: cookies are kept per call), or of the announcement
	account contract.AccountSID
	sid     contract.CallSID       // empty: of no call
	params  func() url.Values      // the standard ones
	notice  func(contract.Warning) // takes what is wrong with a document
	rate    func() int             // of the one who hears it, Hz; nil: of nobody alone
}

// log returns the logger of what is said of the reader's work: made when something is.
func (r *reader) log() *slog.Logger { return r.Interp.log.With(r.subject) }

// warn notes what is wrong with a document.
func (r *reader) warn(doc *document, code contract.Code, message string) {
	r.notice(contract.Warning{Code: code, Message: message, URL: shown(doc.url), Exchange: doc.asked.Exchange()})
}

// run is the interpreter of one call.
type run struct {
	*reader
	call    *call.Call
	session *media.Session
	pace    *pace
	said    time.Time // when the last prompt ended; zero before the first
	came    string    // what came of the verb that runs, in words, for its story

	whispering bool // what runs is heard by one who is about to be connected
}

// address is a URL to fetch a document from.
type address = call.Address
