package store

import (
	"context"

	"confab/internal/contract"
)

// Sync blocks until everything that was appended before it is committed. Its
// errors are those of Wait.
func (s *Store) Sync(ctx context.Context) error { return s.Wait(ctx, s.journal.appended()) }

// appended returns the last position given.
func (j *journal) appended() contract.Pos {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}
