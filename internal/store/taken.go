package store

import (
	"context"
	"database/sql"
)

// Taken returns which numbers of a run somebody has, those of the configuration
// included: from first to last, both E.164 and of the same length.
func (r *Records) Taken(ctx context.Context, first, last string) (map[string]bool, error) {
	taken := make(map[string]bool)
	within := func(key string) bool { return first <= key && key <= last && len(key) == len(first) }
	for key := range r.configured() {
		if within(key) {
			taken[key] = true
		}
	}
	err := each(ctx, r.db.read, func(rows *sql.Rows) error {
		var key string
		err := rows.Scan(&key)
		if within(key) {
			taken[key] = true
		}
		return err
	}, "SELECT key FROM numbers WHERE key BETWEEN ? AND ? AND length(key) = ?", first, last, len(first))
	return taken, wrap("read numbers", err)
}
