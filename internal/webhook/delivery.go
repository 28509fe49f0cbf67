package webhook

import (
	"context"
	"log/slog"

	"confab/internal/contract"
)

// Journal is what delivery needs of the store: store.Store meets it.
type Journal interface {
	// TailCallbacks returns committed events that have a Callback, after a
	// position, in order.
	TailCallbacks(ctx context.Context, after contract.Pos, max int) ([]contract.Event, error)
	// TailStream is the same within one stream.
	TailStream(ctx context.Context, stream string, after contract.Pos, max int) ([]contract.Event, error)
	// More is closed when something after a position is committed.
	More(after contract.Pos) <-chan struct{}
	// Committed is the last committed position.
	Committed() contract.Pos
	// Cursors returns how far each stream has come; under "" all of them.
	Cursors(ctx context.Context) (map[string]contract.Pos, error)
	// SetCursor notes how far a stream has come, without blocking.
	SetCursor(stream string, pos contract.Pos)
}

// DeliveryConfig says what to deliver and how. Client and Journal are required.
type DeliveryConfig struct {
	Client  *Client
	Journal Journal
	// Failed is told of an event that was given up; may be nil.
	Failed func(contract.Event, contract.Warning)
	// InFlight bounds the callbacks in flight; 0 means 256. One host gets at
	// most half of them, so that a dead one does not hold up the others.
	InFlight int
	// Log gets failures as warnings; nil discards.
	Log *slog.Logger
}

// Delivery tells applications of events, in order and one at a time within a
// stream, streams independent of each other, each event at least once.
type Delivery struct{}

// NewDelivery returns a delivery that does nothing before Run.
func NewDelivery(c DeliveryConfig) *Delivery { panic("unwritten") }

// Run delivers what the journal has and gets, from where the last run left off,
// until ctx ends; then it lets callbacks in flight end and returns nil. It may
// be called once. Other errors are the journal's.
func (d *Delivery) Run(ctx context.Context) error { panic("unwritten") }

// Flush waits until everything that was committed when it was called has been
// delivered or given up.
func (d *Delivery) Flush(ctx context.Context) error { panic("unwritten") }
