package store

import (
	"context"
	"errors"
	"log/slog"

	"confab/internal/contract"
)

// What callers branch on.
var (
	// ErrInUse: another process owns the data directory.
	ErrInUse = errors.New("data directory is in use by another confab")
	// ErrClosed: the store was closed before the event was committed.
	ErrClosed = errors.New("store is closed")
	// ErrBacklog: more events wait to be committed than the bound allows.
	ErrBacklog = errors.New("journal backlog is full")
)

// Store is the journal and the records of the process that owns the data
// directory. All methods may be called at any time from any goroutine.
type Store struct {
	*Records
}

// Open makes dir (mode 0700) if need be, takes possession of it, brings its
// database to the current schema and starts the journal's writer, which ends
// with Close. A directory that cannot be written, that another process owns
// (ErrInUse) or that a newer confab has written is an error in one line. A nil
// log discards.
func Open(ctx context.Context, dir string, log *slog.Logger) (*Store, error) {
	panic("unwritten")
}

// Close commits what was appended, stops the writer and gives the directory
// back. Its error says how many events could not be committed.
func (s *Store) Close() error { panic("unwritten") }

// Append gives e the next position and queues it for the next commit. It never
// blocks and may be called under the lock of the event's subject: positions
// follow the order of the calls. The event is not durable until Wait says so;
// after Close it never will be. What e points at must not be changed afterwards.
func (s *Store) Append(e contract.Event) contract.Pos { panic("unwritten") }

// Wait blocks until everything up to pos is committed. Its errors are those of
// ctx, and ErrClosed. Position 0 is always committed.
func (s *Store) Wait(ctx context.Context, pos contract.Pos) error { panic("unwritten") }

// Committed returns the position of the last committed event; 0 in an empty
// journal.
func (s *Store) Committed() contract.Pos { panic("unwritten") }

// More returns a channel that is closed when an event after the given position
// is committed, or the store closed.
func (s *Store) More(after contract.Pos) <-chan struct{} { panic("unwritten") }

// Tail returns committed events after the given position in order, at most max.
// None, with no error, means that there are no more for now (see More).
func (s *Store) Tail(ctx context.Context, after contract.Pos, max int) ([]contract.Event, error) {
	panic("unwritten")
}

// TailCallbacks is Tail without the events that have no Callback, which cost
// nothing to pass over.
func (s *Store) TailCallbacks(ctx context.Context, after contract.Pos, max int) ([]contract.Event, error) {
	panic("unwritten")
}

// TailStream is TailCallbacks within one stream (see contract.Event.Stream).
func (s *Store) TailStream(ctx context.Context, stream string, after contract.Pos, max int) ([]contract.Event, error) {
	panic("unwritten")
}

// Cursors returns how far delivery has come in each stream, and under "" the
// position up to which all streams are done; streams that have no cursor beyond
// that are left out.
func (s *Store) Cursors(ctx context.Context) (map[string]contract.Pos, error) { panic("unwritten") }

// SetCursor notes how far delivery has come in a stream; under "" in all of
// them. It never blocks: the note is committed with the next transaction, the
// last one of a stream wins, and one lost in a crash means that events are
// delivered again.
func (s *Store) SetCursor(stream string, pos contract.Pos) { panic("unwritten") }

// Warn records a notice that came up after its event was committed, as of a
// callback that could not be delivered. It never blocks.
func (s *Store) Warn(e contract.Event, w contract.Warning) { panic("unwritten") }

// Healthy returns nil while the journal keeps up: else ErrBacklog, or why the
// disk refuses. The switch refuses new calls meanwhile.
func (s *Store) Healthy() error { panic("unwritten") }
