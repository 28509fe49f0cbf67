package store

import (
	"context"

	"confab/internal/contract"
)

// LastOf returns the last event of a stream (see contract.Event.Stream); ok is
// false when it has none.
func (r *Records) LastOf(ctx context.Context, stream string) (e contract.Event, ok bool, err error) {
	events, err := tail(ctx, r.db.read, "pos = (SELECT max(pos) FROM events WHERE stream = ?) AND pos > 0", 1, stream)
	if err != nil || len(events) == 0 {
		return e, false, err
	}
	return events[0], true, nil
}
