package store

import (
	"context"
	"fmt"
	"os"
	"time"
)

// pruneStep is how many rows are removed at once: the journal's writer has its
// turn between two steps.
const pruneStep = 500

// Limits says up to when things may be removed; a zero time removes none.
type Limits struct {
	Calls    time.Time // of calls and conferences, by when the journal last spoke of them
	Events   time.Time
	Warnings time.Time
	Stories  time.Time // of parts of stories, and of calls that were refused
	Refused  int       // how many of those stay, the newest; 0: all
}

// Pruned says how much was removed.
type Pruned struct{ Calls, Conferences, Events, Warnings, Stories int } // Stories: parts of them

// Prune removes what is older than the limits. What lives stays, with its
// events; so do the events that are still to be delivered, and the newest one.
// It may be called beside a running switch.
func (r *Records) Prune(ctx context.Context, l Limits) (done Pruned, err error) {
	for _, p := range []struct {
		what   string
		before time.Time
		count  *int
		query  string
	}{
		{"warnings", l.Warnings, &done.Warnings, "DELETE FROM warnings WHERE rowid IN (SELECT rowid FROM warnings WHERE at < ? LIMIT ?)"},
		{"parked callbacks", l.Events, nil, "DELETE FROM parked WHERE pos IN (SELECT p.pos FROM parked p JOIN events e ON e.pos = p.pos WHERE e.at < ? LIMIT ?)"},
		{"events", l.Events, &done.Events, `DELETE FROM events WHERE pos IN (SELECT pos FROM events WHERE at < ?
			AND pos < (SELECT max(pos) FROM events)
			AND (callback = 0 OR pos <= coalesce((SELECT pos FROM cursors WHERE stream = ''), 0))
			AND stream NOT IN (SELECT sid FROM calls WHERE live = 1 UNION ALL SELECT sid FROM conferences WHERE live = 1)
			AND pos NOT IN (SELECT pos FROM parked) LIMIT ?)`},
		{"calls", l.Calls, &done.Calls, "DELETE FROM calls WHERE sid IN (SELECT sid FROM calls WHERE live = 0 AND updated < ? LIMIT ?)"},
		{"stories", l.Stories, &done.Stories, "DELETE FROM stories WHERE (subject, part) IN (SELECT subject, part FROM stories WHERE at < ? LIMIT ?)"},
		{"refused calls", l.Stories, nil, "DELETE FROM refused WHERE sid IN (SELECT sid FROM refused WHERE at < ? LIMIT ?)"},
		{"conferences", l.Calls, &done.Conferences, "DELETE FROM conferences WHERE sid IN (SELECT sid FROM conferences WHERE live = 0 AND updated < ? LIMIT ?)"},
	} {
		if p.before.IsZero() {
			continue
		}
		for {
			n, err := r.db.changeRows(ctx, p.query, p.before.UnixMicro(), pruneStep)
			if err != nil {
				return done, fmt.Errorf("prune %s: %w", p.what, err)
			}
			if p.count != nil {
				*p.count += n
			}
			if n < pruneStep {
				break
			}
		}
	}
	if l.Refused > 0 {
		if _, err := r.db.changeRows(ctx, "DELETE FROM refused WHERE at < (SELECT at FROM refused ORDER BY at DESC LIMIT 1 OFFSET ?)", l.Refused-1); err != nil {
			return done, fmt.Errorf("prune refused calls: %w", err)
		}
	}
	return done, nil
}

// Backup writes a copy of the database, as of one moment, to a file that must
// not exist yet. It may be called beside a running switch, and takes no lock
// that the journal needs.
func (r *Records) Backup(ctx context.Context, file string) error {
	// SQLite makes the file; one made here before it is empty, which it accepts,
	// and ours alone.
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("back up to %s: %w", file, reason(err))
	}
	f.Close()
	if _, err := r.db.change.ExecContext(ctx, "VACUUM INTO ?", file); err != nil {
		os.Remove(file)
		return fmt.Errorf("back up to %s: %w", file, err)
	}
	return nil
}
