package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"confab/internal/call"
	"confab/internal/conference"
	"confab/internal/contract"
	"confab/internal/store"
	"confab/internal/turn"
)

// Root is the path below which all resources are.
const Root = "/2010-04-01/"

// apiVersion is what resources say of their version.
const apiVersion = "2010-04-01"

// maxBody bounds a request's form, in bytes. The longest parameter, a document
// (Twilio Call resource, Twiml), has at most 4,000 characters.
const maxBody = 256 << 10

// Config is what the API needs to know. Those up to Conferences are
// required.
type Config struct {
	Account contract.AccountSID
	Token   string // the AuthToken: password of Account

	Store       *store.Store
	Calls       *call.Calls
	Conferences *conference.Conferences

	// Prompter runs documents for all of a conference; nil: none can be
	// announced to all.
	Prompter conference.Prompter

	// Blocks are the numbers that can be bought (see CheckBlocks).
	Blocks []contract.NumberBlock

	// ICE are the servers that help browsers to find a way here.
	ICE turn.Config

	Keys     Keys         // nil: there are no API keys
	Sessions Sessions     // nil: nobody is signed in
	Log      *slog.Logger // nil discards
}

func (c Config) validate() error {
	switch {
	case !c.Account.Valid() || c.Token == "":
		return errors.New("api: account and token are required")
	case c.Store == nil || c.Calls == nil || c.Conferences == nil:
		return errors.New("api: store, calls and conferences are required")
	}
	return nil
}

// API serves the resources: an http.Handler for everything below Root.
type API struct {
	cfg      Config
	log      *slog.Logger
	blocks   []block
	underWay atomic.Int64 // requests
}

// New returns an API.
func New(c Config) (*API, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	blocks, err := newBlocks(c.Blocks)
	if err != nil {
		return nil, fmt.Errorf("api: blocks of numbers%w", err)
	}
	return &API{cfg: c, log: c.Log, blocks: blocks}, nil
}

// ServeHTTP answers a request for a resource: who asks must be the account, and
// the account in the path must be the one that asks.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begin := time.Now()
	head := &header{ResponseWriter: w, begin: begin, underWay: a.underWay.Add(1)}
	defer a.underWay.Add(-1)
	q := newRequest(head, r, a.cfg.Account)
	given, err := a.serve(q)
	if err != nil {
		q.refuse(head, a.problem(q, err))
	} else {
		q.reply(head, given)
	}
	a.log.Debug("API request", "method", r.Method, "path", r.URL.Path, "status", head.status, "took", time.Since(begin))
}

// serve finds out who asks, and what for, and has it done.
func (a *API) serve(q *request) (answer, error) {
	if err := a.authenticate(q); err != nil {
		return nil, err
	}
	if q.place.err != nil {
		return nil, q.place.err
	}
	return a.route(q)
}
