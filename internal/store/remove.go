package store

import (
	"context"
	"fmt"

	"confab/internal/contract"
)

// RemoveCall removes the record of a call that has ended, and the notices on
// it; it reports whether there was one. The journal keeps its events.
func (r *Records) RemoveCall(ctx context.Context, sid contract.CallSID) (bool, error) {
	_, err := r.db.changeRow(ctx, `DELETE FROM warnings WHERE call = ?
		AND EXISTS (SELECT 1 FROM calls WHERE sid = ? AND live = 0)`, string(sid), string(sid))
	if err != nil {
		return false, fmt.Errorf("remove notices on call %s: %w", sid, err)
	}
	done, err := r.db.changeRow(ctx, "DELETE FROM calls WHERE sid = ? AND live = 0", string(sid))
	return done, wrap("remove call "+string(sid), err)
}
