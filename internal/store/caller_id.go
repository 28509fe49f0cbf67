package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"confab/internal/contract"
)

// What callers of the caller IDs branch on.
var (
	ErrCallerIDExists = errors.New("caller ID exists already")
	ErrNotE164        = errors.New("not an E.164 number")
)

// CallerIDItem is a caller ID, its place in a list of all, and when it was
// changed.
type CallerIDItem = Item[contract.CallerIDInfo]

// CallerIDFilter says which caller IDs are wanted; zero fields are not asked
// about.
type CallerIDFilter struct {
	SID          contract.NumberSID
	Number       string
	FriendlyName string
}

// CallerIDs returns a part of the caller IDs, newest first.
func (r *Records) CallerIDs(ctx context.Context, f CallerIDFilter, p Page) (List[contract.CallerIDInfo], error) {
	s := selection{from: "caller_ids", at: "created", tie: "sid", columns: "updated, created, sid, key, friendly_name"}
	s.is("sid", string(f.SID))
	s.is("friendly_name", f.FriendlyName)
	if f.Number != "" {
		number := e164(f.Number)
		if number == "" {
			number = f.Number // there is none
		}
		s.is("key", number)
	}
	return read(ctx, r.db.read, s, p, func(rows *sql.Rows, place ...any) (item CallerIDItem, err error) {
		c := &item.Info
		var updated, created int64
		err = rows.Scan(append(place, &updated, &created, &c.SID, &c.Number, &c.FriendlyName)...)
		item.Updated, c.Created = time.UnixMicro(updated), time.UnixMicro(created)
		return item, err
	})
}

// AddCallerID stores a caller ID under a new SID and returns it as stored, in
// normal form. ErrCallerIDExists, ErrNotE164.
func (r *Records) AddCallerID(ctx context.Context, c contract.CallerIDInfo) (contract.CallerIDInfo, error) {
	key := e164(c.Number)
	if key == "" {
		return contract.CallerIDInfo{}, fmt.Errorf("add caller ID %q: %w", c.Number, ErrNotE164)
	}
	now := time.Now().UnixMicro()
	c.SID, c.Number, c.Created = contract.NewNumberSID(), key, time.UnixMicro(now)
	done, err := r.db.changeRow(ctx, `INSERT INTO caller_ids (sid, key, friendly_name, created, updated) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (key) DO NOTHING`, string(c.SID), key, c.FriendlyName, now, now)
	if err == nil && !done {
		err = ErrCallerIDExists
	}
	if err != nil {
		return contract.CallerIDInfo{}, fmt.Errorf("add caller ID %s: %w", key, err)
	}
	return c, nil
}

// NameCallerID names a caller ID; it reports whether there is one of that SID.
func (r *Records) NameCallerID(ctx context.Context, sid contract.NumberSID, friendlyName string) (bool, error) {
	done, err := r.db.changeRow(ctx, "UPDATE caller_ids SET friendly_name = ?, updated = ? WHERE sid = ?",
		friendlyName, time.Now().UnixMicro(), string(sid))
	return done, wrap("name caller ID "+string(sid), err)
}

// RemoveCallerID removes a caller ID, named by its number or its SID; it
// reports whether there was one.
func (r *Records) RemoveCallerID(ctx context.Context, number string) (bool, error) {
	done, err := r.db.changeRow(ctx, "DELETE FROM caller_ids WHERE key = ? OR sid = ?", e164(number), number)
	return done, wrap("remove caller ID "+number, err)
}
