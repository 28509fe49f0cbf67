package line

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

// Store is where the line finds its rooms. *Rooms is one.
type Store interface {
	// ByCode returns the room that code opens, and as whom, and whether there is
	// one. The time it takes does not tell whether there is, nor which.
	ByCode(ctx context.Context, code string) (Entry, bool, error)
}

// Config is what a line is made of.
type Config struct {
	Rooms Store

	// Token is the AuthToken that signs the requests. A request without its
	// signature is refused.
	Token string

	// Unsigned takes requests from anybody, when there is no Token. The counts of
	// wrong codes are then only as honest as whoever sends them.
	Unsigned bool

	// Public is the base URL under which the switch reaches the line, to verify
	// signatures by: "https://line.example.com/prefix". The line itself sees its
	// paths without the prefix. Empty: the scheme and the host of each request,
	// which is right when no proxy stands between.
	Public string

	Log *slog.Logger // nil: none
}

// Validate returns what is wrong with the configuration.
func (c Config) Validate() error {
	if c.Rooms == nil {
		return errors.New("line has no rooms")
	}
	if c.Token == "" && !c.Unsigned {
		return errors.New("line has no auth token to verify requests by")
	}
	if c.Token != "" && c.Unsigned {
		return errors.New("line has an auth token and is told to take unsigned requests")
	}
	if c.Public == "" {
		return nil
	}
	u, err := url.Parse(c.Public)
	if err != nil {
		return errors.New("public URL of the line is not a URL") // it may hold a password
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("public URL of the line is not an http or https address: %s", u.Redacted())
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("public URL of the line has a query or a fragment: %s", u.Redacted())
	}
	return nil
}

// Line is the application: an http.Handler for any number of requests at once.
type Line struct {
	rooms Store
	guard guard
	mux   *http.ServeMux
	log   *slog.Logger
}

// New makes a line.
func New(cfg Config) (*Line, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	l := &Line{
		rooms: cfg.Rooms,
		mux:   http.NewServeMux(),
		log:   cfg.Log,
	}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	l.guard = guard{token: cfg.Token, public: strings.TrimSuffix(cfg.Public, "/"), log: l.log}
	l.mux.Handle("/voice", l.document(l.voice))
	l.mux.Handle("/gather", l.document(l.gather))
	l.mux.Handle("/join", l.document(l.join))
	l.mux.Handle("/left", l.document(l.left))
	l.mux.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
	return l, nil
}

// ServeHTTP answers /voice, /gather, /join and /left with a document, and
// /healthz with 200. A request that is not signed as it should is answered with 403, one
// whose method is neither GET nor POST with 405.
func (l *Line) ServeHTTP(w http.ResponseWriter, r *http.Request) { l.mux.ServeHTTP(w, r) }
