package call

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"confab/internal/contract"
	"confab/internal/leg"
)

// DefaultTimeLimit is how long a call may last after its answer (Twilio call
// length limit: 4 hours).
const DefaultTimeLimit = 4 * time.Hour

const (
	// hangupTime is how long a far end has to confirm.
	hangupTime = 35 * time.Second // RFC 3261 §17.1.2.2: a BYE is given up after 64*T1 = 32 s

	// confirmTime is how long they have when the switch stops.
	confirmTime = 5 * time.Second

	// lookupTime is how long a number may be looked for.
	lookupTime = 5 * time.Second
)

// Journal keeps events; store.Store is one.
type Journal interface {
	// Append takes an event without blocking and returns its position.
	Append(contract.Event) contract.Pos
	// Healthy is nil while events can be kept: new calls are refused meanwhile.
	Healthy() error
}

// Numbers finds who is called; store.Records is one.
type Numbers interface {
	// Number returns the number for the user part of a request URI.
	Number(ctx context.Context, user string) (n contract.NumberInfo, ok bool, err error)
}

// Applications finds the application that answers a call by itself, without a
// number; store.Records is one.
type Applications interface {
	// Answering returns the addresses of the application, as those of a number that
	// nobody dials.
	Answering(ctx context.Context, sid contract.ApplicationSID) (n contract.NumberInfo, ok bool, err error)
}

// Handler runs the scripts of calls.
type Handler interface {
	// ServeCall runs what Call.Next says until there is nothing more. ctx is
	// the life of the call: it ends, with a *contract.Ended as its cause, when
	// the call does. A call whose handler has returned is hung up.
	ServeCall(ctx context.Context, c *Call)
}

// Config is what Calls is made of. Account, Journal, Numbers and Handler are
// required.
type Config struct {
	Account contract.AccountSID
	Journal Journal
	Numbers Numbers
	// Applications answer the calls of legs that name one; nil: there are none.
	Applications Applications
	Handler      Handler
	// Dialers make calls, by the scheme of the address that they dial ("client");
	// nil: none are made.
	Dialers   map[string]leg.Dialer
	MaxCalls  int           // live at a time; 0: no bound
	TimeLimit time.Duration // after the answer; 0: DefaultTimeLimit
	Log       *slog.Logger  // nil discards
}

func (c Config) validate() error {
	switch {
	case !c.Account.Valid():
		return errors.New("calls: no account")
	case c.Journal == nil || c.Numbers == nil || c.Handler == nil:
		return errors.New("calls: journal, numbers and handler are required")
	case c.MaxCalls < 0 || c.TimeLimit < 0:
		return errors.New("calls: a bound is negative")
	}
	return nil
}

// Stats is a snapshot of what Calls holds and has counted.
type Stats struct {
	Live    int    // calls now
	Taken   uint64 // calls that became a call resource, ours among them
	Refused uint64 // refused before: no such number, a bound, stopping
	Panics  uint64 // handlers that panicked; each ended its call
}
