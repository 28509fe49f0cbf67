package store

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"

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
	journal *journal
	tails   tails
	owner   *os.File // the lock of the directory

	writer sync.WaitGroup
	once   sync.Once
	closed error // what Close returned
}

// Open makes dir (mode 0700) if need be, takes possession of it, brings its
// database to the current schema and starts the journal's writer, which ends
// with Close. A directory that cannot be written, that another process owns
// (ErrInUse) or that a newer confab has written is an error in one line. A nil
// log discards.
func Open(ctx context.Context, dir string, log *slog.Logger) (*Store, error) {
	r, owner, err := openRecords(ctx, dir, log, true)
	if err != nil {
		return nil, err
	}
	fail := func(err error) (*Store, error) {
		return nil, errors.Join(err, r.Close(), owner.Close())
	}
	sign(owner)
	last, err := lastPos(ctx, r.db.read)
	if err != nil {
		return fail(err)
	}
	tails, err := prepareTails(ctx, r.db.read)
	if err != nil {
		return fail(err)
	}
	s := &Store{Records: r, owner: owner, tails: tails, journal: newJournal(last)}
	w := &writer{db: r.db.write, journal: s.journal, log: r.log}
	s.writer.Go(w.run)
	return s, nil
}

// Close commits what was appended, stops the writer and gives the directory
// back. Its error says how many events could not be committed. A second Close
// returns what the first did.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.journal.close()
		s.writer.Wait()
		s.closed = errors.Join(s.journal.end(), s.tails.close(), s.Records.Close(), s.owner.Close())
	})
	return s.closed
}

// Append gives e the next position and queues it for the next commit. It never
// blocks and may be called under the lock of the event's subject: positions
// follow the order of the calls. The event is not durable until Wait says so;
// after Close it never will be. What e points at must not be changed afterwards.
func (s *Store) Append(e contract.Event) contract.Pos { return s.journal.append(e) }

// Wait blocks until everything up to pos is committed. Its errors are those of
// ctx, and ErrClosed. Position 0 is always committed.
func (s *Store) Wait(ctx context.Context, pos contract.Pos) error {
	if s.journal.committedTo() >= pos {
		return nil
	}
	select {
	case <-s.journal.more(pos - 1):
		if s.journal.committedTo() < pos {
			return ErrClosed
		}
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Committed returns the position of the last committed event; 0 in an empty
// journal.
func (s *Store) Committed() contract.Pos { return s.journal.committedTo() }

// More returns a channel that is closed when an event after the given position
// is committed, or the store closed.
func (s *Store) More(after contract.Pos) <-chan struct{} { return s.journal.more(after) }

// SetCursor notes how far delivery has come in a stream; under "" in all of
// them, which removes the cursors of streams that are not beyond it. It never
// blocks: the note is committed with the next transaction, or by itself when
// there is none for 100 ms; the last one of a stream wins, and one lost in a
// crash means that events are delivered again.
func (s *Store) SetCursor(stream string, pos contract.Pos) { s.journal.setCursor(stream, pos) }

// Warn records a notice that came up after its event was committed, as of a
// callback that could not be delivered. It never blocks.
func (s *Store) Warn(e contract.Event, w contract.Warning) { s.journal.warn(e, w) }

// Backlog returns how many events wait to be committed.
func (s *Store) Backlog() int { return s.journal.backlog() }

// Healthy returns nil while the journal keeps up: else ErrBacklog, or why the
// disk refuses. The switch refuses new calls meanwhile.
func (s *Store) Healthy() error { return s.journal.healthy() }
