package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"confab/internal/contract"
)

// never is when a parked callback is due that nobody has asked to send again.
const never = math.MaxInt64

// Parked is a callback that was given up, and is kept.
type Parked struct {
	Event    contract.Event
	Attempts int           // requests made in all
	Code     contract.Code // of the last failure
	Message  string        // and in words
	Due      bool          // it was asked to be sent again
}

// parking is what becomes of a callback that was given up; attempts is 0 for one
// that was taken at last.
type parking struct {
	event    contract.Event
	attempts int
	warning  contract.Warning
}

// Park keeps a callback that was given up after so many attempts in all; w says
// how the last one failed. What stands behind it in its stream
// is due no more. It never blocks: it is committed with the next transaction, before any cursor that is
// set after it.
func (s *Store) Park(e contract.Event, attempts int, w contract.Warning) {
	s.journal.park(parking{event: e, attempts: max(attempts, 1), warning: w})
}

// Unpark drops a parked callback that was taken at last. It never blocks.
func (s *Store) Unpark(e contract.Event) { s.journal.park(parking{event: e}) }

// DueStreams returns the streams, at most max, that have parked callbacks which
// were asked to be sent again, those asked for first before the others.
func (s *Store) DueStreams(ctx context.Context, max int) (streams []string, err error) {
	err = each(ctx, s.db.read, func(rows *sql.Rows) error {
		var stream string
		err := rows.Scan(&stream)
		streams = append(streams, stream)
		return err
	}, "SELECT stream FROM parked WHERE next_at < ? GROUP BY stream ORDER BY min(next_at), min(pos) LIMIT ?", int64(never), max)
	return streams, wrap("read parked callbacks", err)
}

// Due returns the first parked callback of a stream, after a position, that was
// asked to be sent again, and the attempts made at it; ok is false when there is
// none.
func (s *Store) Due(ctx context.Context, stream string, after contract.Pos) (e contract.Event, attempts int, ok bool, err error) {
	found, err := s.parked(ctx, "p.stream = ? AND p.pos > ? AND p.next_at < ?", 1, stream, int64(after), int64(never))
	if err != nil || len(found) == 0 {
		return contract.Event{}, 0, false, err
	}
	return found[0].Event, found[0].Attempts, true, nil
}

// Parked returns the parked callbacks after a position, in order, at most max;
// of one stream, unless that is empty.
func (r *Records) Parked(ctx context.Context, stream string, after contract.Pos, max int) ([]Parked, error) {
	return r.parked(ctx, "(? = '' OR p.stream = ?) AND p.pos > ?", max, stream, stream, int64(after))
}

// Replay asks for the parked callbacks of a stream, or of all if that is empty,
// to be sent again; it returns how many they are. The switch that owns the
// directory sends them within moments, in order, or the next one when it starts.
func (r *Records) Replay(ctx context.Context, stream string) (int, error) {
	n, err := r.db.changeRows(ctx, "UPDATE parked SET next_at = ? WHERE ? = '' OR stream = ?", time.Now().UnixMicro(), stream, stream)
	return n, wrap("send parked callbacks again", err)
}

func (r *Records) parked(ctx context.Context, where string, max int, args ...any) (all []Parked, err error) {
	err = each(ctx, r.db.read, func(rows *sql.Rows) error {
		var (
			p    Parked
			pos  int64
			body []byte
		)
		if err := rows.Scan(&pos, &p.Attempts, &p.Code, &p.Message, &p.Due, &body); err != nil {
			return err
		}
		if err := json.Unmarshal(body, &p.Event); err != nil {
			return fmt.Errorf("event %d: %w", pos, err)
		}
		p.Event.Pos = contract.Pos(pos)
		all = append(all, p)
		return nil
	}, fmt.Sprintf(`SELECT p.pos, p.attempts, p.code, p.message, p.next_at < %d, e.body
		FROM parked p JOIN events e ON e.pos = p.pos WHERE %s ORDER BY p.pos LIMIT ?`, int64(never), where), append(args, max)...)
	return all, wrap("read parked callbacks", err)
}

func (j *journal) park(p parking) {
	j.mu.Lock()
	j.parkings = append(j.parkings, p)
	j.mu.Unlock()
	j.signal()
}

// park writes what became of callbacks, in the order in which it did.
func (w *writer) park(ctx context.Context, parkings []parking) error {
	for _, p := range parkings {
		pos := int64(p.event.Pos)
		if p.attempts == 0 {
			if err := w.exec(ctx, "DELETE FROM parked WHERE pos = ?", pos); err != nil {
				return fmt.Errorf("drop parked callback %d: %w", pos, err)
			}
			continue
		}
		// An event that was pruned meanwhile is parked no more.
		err := w.exec(ctx, `INSERT INTO parked (pos, stream, attempts, next_at, code, message)
			SELECT pos, stream, ?, ?, ?, ? FROM events WHERE pos = ?
			ON CONFLICT (pos) DO UPDATE SET attempts = excluded.attempts, next_at = excluded.next_at,
			code = excluded.code, message = excluded.message`,
			p.attempts, int64(never), int(p.warning.Code), p.warning.Message, pos)
		if err == nil {
			err = w.exec(ctx, "UPDATE parked SET next_at = ? WHERE stream = ? AND pos > ?", int64(never), p.event.Stream(), pos)
		}
		if err != nil {
			return fmt.Errorf("park callback %d: %w", pos, err)
		}
	}
	return nil
}
