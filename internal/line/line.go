// Package line is the conference line: a caller is greeted, keys an access code
// and stands in the conference of that code. It is an ordinary TwiML application
// over HTTP with its own store of rooms, and knows nothing of calls, voice or the
// switch.
package line

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
)

// Store is where the line finds its rooms. *Rooms is one.
type Store interface {
	// ByCode returns the room that code opens, and whether there is one. The
	// time it takes does not tell whether there is, nor which.
	ByCode(ctx context.Context, code string) (Room, bool, error)
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
	// signatures by: "https://line.example.com/prefix". Empty: the scheme and
	// the host of each request, which is right when no proxy stands between.
	Public string

	Log *slog.Logger // nil: none
}

// Line is the application: an http.Handler.
type Line struct {
	cfg Config
}

// New makes a line.
func New(cfg Config) (*Line, error) {
	return nil, errors.New("not implemented")
}

// ServeHTTP answers /voice, /gather and /join with a document, and /healthz.
func (l *Line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	http.NotFound(w, r)
}
