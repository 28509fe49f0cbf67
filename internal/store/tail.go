package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"confab/internal/contract"
)

// Tail returns committed events after the given position in order, at most max.
// None, with no error, means that there are no more for now (see More).
func (s *Store) Tail(ctx context.Context, after contract.Pos, max int) ([]contract.Event, error) {
	return tail(ctx, s.db.read, "pos > ?", max, int64(after))
}

// TailCallbacks is Tail without the events that have no Callback, which cost
// nothing to pass over.
func (s *Store) TailCallbacks(ctx context.Context, after contract.Pos, max int) ([]contract.Event, error) {
	return s.tails.read(ctx, s.tails.callbacks, max, int64(after))
}

// TailStream is TailCallbacks within one stream (see contract.Event.Stream).
func (s *Store) TailStream(ctx context.Context, stream string, after contract.Pos, max int) ([]contract.Event, error) {
	return s.tails.read(ctx, s.tails.stream, max, stream, int64(after))
}

// tails are the queries of delivery, prepared once. They have no LIMIT, for
// SQLite compiles a query anew whenever the value of one is bound: who has read
// enough stops.
type tails struct{ callbacks, stream *sql.Stmt }

func prepareTails(ctx context.Context, db *sql.DB) (t tails, err error) {
	if t.callbacks, err = db.PrepareContext(ctx, "SELECT pos, body FROM events WHERE callback = 1 AND pos > ? ORDER BY pos"); err != nil {
		return tails{}, wrap("prepare to read journal", err)
	}
	t.stream, err = db.PrepareContext(ctx, "SELECT pos, body FROM events WHERE stream = ? AND callback = 1 AND pos > ? ORDER BY pos")
	if err != nil {
		return tails{}, errors.Join(wrap("prepare to read journal", err), t.callbacks.Close())
	}
	return t, nil
}

func (t tails) close() error { return errors.Join(t.callbacks.Close(), t.stream.Close()) }

func (t tails) read(ctx context.Context, query *sql.Stmt, max int, args ...any) (events []contract.Event, err error) {
	defer func() { err = wrap("read journal", err) }()
	rows, err := query.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for len(events) < max && rows.Next() {
		e, err := scanEvent(rows)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, rows.Err()
}

// scanEvent reads a row of "pos, body".
func scanEvent(rows *sql.Rows) (e contract.Event, err error) {
	var pos int64
	var body []byte
	if err := rows.Scan(&pos, &body); err != nil {
		return e, err
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return e, fmt.Errorf("event %d: %w", pos, err)
	}
	e.Pos = contract.Pos(pos)
	return e, nil
}

func tail(ctx context.Context, db *sql.DB, where string, max int, args ...any) (events []contract.Event, err error) {
	if max <= 0 {
		return nil, nil // to SQL it would mean all
	}
	err = each(ctx, db, func(rows *sql.Rows) error {
		e, err := scanEvent(rows)
		events = append(events, e)
		return err
	}, "SELECT pos, body FROM events WHERE "+where+" ORDER BY pos LIMIT ?", append(args, max)...)
	return events, wrap("read journal", err)
}

// Cursors returns how far delivery has come in each stream, and under "" the
// position up to which all streams are done; streams that have no cursor beyond
// that are left out.
func (s *Store) Cursors(ctx context.Context) (map[string]contract.Pos, error) {
	cursors := make(map[string]contract.Pos)
	err := each(ctx, s.db.read, func(rows *sql.Rows) error {
		var stream string
		var pos int64
		if err := rows.Scan(&stream, &pos); err != nil {
			return err
		}
		cursors[stream] = contract.Pos(pos)
		return nil
	}, "SELECT stream, pos FROM cursors")
	return cursors, wrap("read cursors", err)
}

// lastPos returns the position from which a journal that is opened goes on.
func lastPos(ctx context.Context, db *sql.DB) (contract.Pos, error) {
	var pos int64
	err := db.QueryRowContext(ctx, "SELECT coalesce(max(pos), 0) FROM events").Scan(&pos)
	return contract.Pos(pos), wrap("read end of journal", err)
}
