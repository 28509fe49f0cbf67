package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"confab/internal/contract"
)

// maxKept is how many bytes of stories may wait for the disk. What comes beyond
// it is not kept: stories tell, the journal counts.
const maxKept = 32 << 20

// kept is a part of a story, a refused call, or an attempt at telling an event,
// that waits to be written.
type kept struct {
	subject string // of a part
	part    int
	at      time.Time
	body    []byte

	refused *contract.CallInfo

	pos     contract.Pos // of an event
	attempt int
}

func (k kept) size() int { return len(k.body) + 200 }

// KeepPart keeps a part of the story of a call or conference that has a record, in
// place of one of the same number. It never blocks: it is committed with the next transaction, or
// by itself when there is none for 100 ms. It reports false when too much waits
// already, and then keeps nothing; body must not be changed afterwards.
func (s *Store) KeepPart(subject string, part int, at time.Time, body []byte) bool {
	return s.journal.keep(kept{subject: subject, part: part, at: at, body: body})
}

// KeepRefused keeps a call that was refused before it became one, as KeepPart
// keeps. Its Status, Created and Ended are set.
func (s *Store) KeepRefused(c contract.CallInfo) bool {
	return s.journal.keep(kept{refused: &c, at: c.Created})
}

// KeepDelivery keeps the attempt of that number at telling an event, as KeepPart
// keeps.
func (s *Store) KeepDelivery(pos contract.Pos, attempt int, body []byte) bool {
	return s.journal.keep(kept{pos: pos, attempt: attempt, body: body})
}

func (j *journal) keep(k kept) bool {
	j.mu.Lock()
	if j.closed || j.keeping+k.size() > maxKept {
		j.mu.Unlock()
		return false
	}
	j.keeping += k.size()
	first := j.patientLocked()
	j.kept = append(j.kept, k)
	j.mu.Unlock()
	if first {
		j.signal()
	}
	return true
}

// patientLocked notes since when there is something that can wait; it reports
// whether that is from now on.
func (j *journal) patientLocked() (first bool) {
	if first = len(j.cursors)+len(j.kept) == 0; first {
		j.since = time.Now()
	}
	return first
}

// keep writes what was kept of stories.
func (w *writer) keep(ctx context.Context, all []kept) error {
	for _, k := range all {
		var err error
		switch {
		case k.refused != nil:
			c := *k.refused
			err = w.exec(ctx, "INSERT INTO refused (sid, at, body) VALUES (?, ?, ?) ON CONFLICT (sid) DO NOTHING",
				string(c.SID), c.Created.UnixMicro(), w.encode(c, contract.CallInfo{SID: c.SID, Status: c.Status}))
			if err == nil {
				err = w.text(ctx, c)
			}
		case k.pos != 0:
			// Of an event that was pruned meanwhile nothing is kept.
			err = w.exec(ctx, `INSERT INTO deliveries (pos, attempt, body) SELECT pos, ?, ? FROM events WHERE pos = ?
				ON CONFLICT (pos, attempt) DO UPDATE SET body = excluded.body`, k.attempt, k.body, int64(k.pos))
		default:
			// Of what was removed meanwhile nothing is kept: it has no subject then, which
			// the table does not take. (INSERT with SELECT ... WHERE would be one of many rows
			// to SQLite, which then keeps a journal of the statement: half of what it costs.)
			err = w.exec(ctx, `INSERT OR IGNORE INTO stories (subject, part, at, body) VALUES (
				coalesce((SELECT sid FROM calls WHERE sid = ?1), (SELECT sid FROM refused WHERE sid = ?1), (SELECT sid FROM conferences WHERE sid = ?1)),
				?2, ?3, ?4) ON CONFLICT (subject, part) DO UPDATE SET at = excluded.at, body = excluded.body`,
				k.subject, k.part, k.at.UnixMicro(), k.body)
		}
		if err != nil {
			return fmt.Errorf("write story: %w", err)
		}
	}
	return nil
}

// Parts returns the parts of the story of a call or conference, by their numbers.
func (r *Records) Parts(ctx context.Context, subject string) (map[int][]byte, error) {
	parts := make(map[int][]byte)
	err := each(ctx, r.db.read, func(rows *sql.Rows) error {
		var part int
		var body []byte
		err := rows.Scan(&part, &body)
		parts[part] = body
		return err
	}, "SELECT part, body FROM stories WHERE subject = ?", subject)
	return parts, wrap("read story", err)
}

// Deliveries returns the attempts at telling events that were kept, in order, by
// the events' positions.
func (r *Records) Deliveries(ctx context.Context, positions []contract.Pos) (map[contract.Pos][][]byte, error) {
	all := make(map[contract.Pos][][]byte)
	list, err := json.Marshal(positions)
	if err == nil {
		err = each(ctx, r.db.read, func(rows *sql.Rows) error {
			var pos int64
			var body []byte
			err := rows.Scan(&pos, &body)
			all[contract.Pos(pos)] = append(all[contract.Pos(pos)], body)
			return err
		}, "SELECT pos, body FROM deliveries WHERE pos IN (SELECT value FROM json_each(?)) ORDER BY pos, attempt", string(list))
	}
	return all, wrap("read attempts at callbacks", err)
}

// ParkedAt returns which of the events at some positions are parked.
func (r *Records) ParkedAt(ctx context.Context, positions []contract.Pos) (map[contract.Pos]Parked, error) {
	all := make(map[contract.Pos]Parked)
	list, err := json.Marshal(positions)
	if err != nil {
		return nil, err
	}
	found, err := r.parked(ctx, "p.pos IN (SELECT value FROM json_each(?))", len(positions), string(list))
	for _, p := range found {
		all[p.Event.Pos] = p
	}
	return all, err
}

// Refused returns a call that was refused before it became one.
func (r *Records) Refused(ctx context.Context, sid contract.CallSID) (c contract.CallInfo, ok bool, err error) {
	ok, err = r.one(ctx, &c, "SELECT body FROM refused WHERE sid = ?", string(sid))
	return c, ok, err
}
