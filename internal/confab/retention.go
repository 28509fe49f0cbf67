package confab

import (
	"context"
	"time"

	"confab/internal/store"
)

// pruneEvery is how often what is too old is removed; the first time is a while
// after the start, when others have had their turn.
const (
	pruneEvery = time.Hour
	pruneFirst = time.Minute
)

// keptRefused is how many calls that were refused before they became one are kept:
// what scans for numbers must not fill the disk.
const keptRefused = 10_000

// Limits returns up to when things may be removed now.
func (r Retention) Limits(now time.Time) store.Limits {
	before := func(age time.Duration) time.Time {
		if age <= 0 {
			return time.Time{}
		}
		return now.Add(-age)
	}
	return store.Limits{Calls: before(r.Calls), Events: before(r.Events), Warnings: before(r.Warnings), Stories: before(r.Stories), Refused: keptRefused}
}

// forget removes what is too old, until ctx ends.
func (s *Switch) forget(ctx context.Context) {
	next := time.NewTimer(pruneFirst)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
		done, err := s.store.Prune(ctx, s.cfg.Retention.Limits(time.Now()))
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.log.Error("what is too old cannot be removed", "err", err)
		case done != store.Pruned{}:
			s.log.Info("removed what was too old", "events", done.Events, "calls", done.Calls, "conferences", done.Conferences, "warnings", done.Warnings, "stories", done.Stories)
		}
		next.Reset(pruneEvery)
	}
}
