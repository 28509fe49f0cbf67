package api

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"confab/internal/contract"
)

// Root is the path below which all resources are.
const Root = "/2010-04-01/"

// maxBody bounds a request's form, in bytes. The longest parameter, a document
// (Twilio Calls resource, Twiml), has at most 4,000 characters.
const maxBody = 256 << 10

// Config is what the API needs to know. Account and Token are required.
type Config struct {
	Account contract.AccountSID
	Token   string    // the AuthToken: password of Account
	Created time.Time // of the account; zero when it is not known

	Log *slog.Logger // nil discards
}

// API serves the resources: an http.Handler for everything below Root.
type API struct {
	cfg Config
	log *slog.Logger
}

// New returns an API.
func New(c Config) *API {
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &API{cfg: c, log: log}
}

// ServeHTTP answers a request for a resource: who asks must be the account,
// and the account in the path must be the one that asks.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begin := time.Now()
	head := &header{ResponseWriter: w, begin: begin}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	a.serve(head, r)
	a.log.Debug("API request", "method", r.Method, "path", r.URL.Path, "status", head.status, "took", time.Since(begin))
}

func (a *API) serve(w http.ResponseWriter, r *http.Request) {
	if !a.authentic(r) {
		// RFC 7235 §4.1: a 401 says how to authenticate.
		w.Header().Set("WWW-Authenticate", `Basic realm="Confab API"`)
		refuse(w, r, http.StatusUnauthorized, contract.CodeAuthenticateREST, "Authenticate")
		return
	}
	path, _ := format(r.URL.Path)
	steps := strings.Split(strings.TrimPrefix(path, Root), "/")
	switch {
	case steps[0] != "Accounts":
		notFound(w, r)
	case len(steps) == 1:
		notServed(w, r)
	case steps[1] != string(a.cfg.Account):
		notFound(w, r)
	case len(steps) == 2:
		a.account(w, r)
	case documented(steps[2]):
		notServed(w, r)
	default:
		notFound(w, r)
	}
}

// documented reports whether the contract has a resource of this name below an
// account (Twilio REST API 2010-04-01).
func documented(name string) bool {
	switch name {
	case "Addresses", "Applications", "AuthorizedConnectApps", "AvailablePhoneNumbers", "Balance", "Calls",
		"Conferences", "ConnectApps", "IncomingPhoneNumbers", "Keys", "Messages", "Notifications",
		"OutgoingCallerIds", "Queues", "Recordings", "SIP", "SMS", "SigningKeys", "Tokens", "Transcriptions", "Usage":
		return true
	}
	return false
}
