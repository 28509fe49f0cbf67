package store

import (
	"context"
	"database/sql"
	"strings"

	"confab/internal/contract"
)

// EventFilter says which events are wanted; zero fields are not asked about.
type EventFilter struct {
	Conference contract.ConferenceSID // those of the conference
	Call       contract.CallSID       // the call's own, and those of its part in conferences
	Type       contract.EventType
}

// Events returns committed events after a position, in order, at most max.
func (r *Records) Events(ctx context.Context, f EventFilter, after contract.Pos, max int) ([]contract.Event, error) {
	where, args := []string{"pos > ?"}, []any{int64(after)}
	if f.Conference != "" {
		where, args = append(where, "stream = ?"), append(args, string(f.Conference))
	}
	if f.Call != "" {
		where = append(where, `(stream = ? OR stream IN (SELECT conference FROM participants WHERE call = ?)
			AND json_extract(body, '$.Participant.Call') = ?)`)
		args = append(args, string(f.Call), string(f.Call), string(f.Call))
	}
	if f.Type != "" {
		where, args = append(where, "type = ?"), append(args, string(f.Type))
	}
	return tail(ctx, r.db.read, strings.Join(where, " AND "), max, args...)
}

// Bounds returns the first and the last position that the journal has; 0 and 0
// when it has none. Those before the first were pruned.
func (r *Records) Bounds(ctx context.Context) (first, last contract.Pos, err error) {
	err = each(ctx, r.db.read, func(rows *sql.Rows) error {
		return rows.Scan(&first, &last)
	}, "SELECT coalesce(min(pos), 0), coalesce(max(pos), 0) FROM events")
	return first, last, wrap("read bounds of journal", err)
}
