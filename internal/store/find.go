package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"confab/internal/contract"
)

// CallFilter says which calls are wanted; zero fields are not asked about.
type CallFilter struct {
	Account  contract.AccountSID
	SID      contract.CallSID
	From, To string
	Parent   contract.CallSID
	Status   contract.CallStatus
	Created  Span
	Ended    Span
}

// Calls returns a part of the calls that the journal has named, newest first.
func (r *Records) Calls(ctx context.Context, f CallFilter, p Page) (List[contract.CallInfo], error) {
	s := selection{columns: "updated, body", from: "calls", at: "created", tie: "sid"}
	s.is("account", string(f.Account))
	s.is("sid", string(f.SID))
	s.is("from_", f.From)
	s.is("to_", f.To)
	s.is("parent", string(f.Parent))
	s.is("status", string(f.Status))
	s.within("created", f.Created)
	s.within("ended", f.Ended)
	return read(ctx, r.db.read, s, p, scanRecord[contract.CallInfo])
}

// ConferenceFilter says which conferences are wanted; zero fields are not asked
// about.
type ConferenceFilter struct {
	Account          contract.AccountSID
	SID              contract.ConferenceSID
	FriendlyName     string
	Status           contract.ConferenceStatus
	Created, Updated Span
}

// Conferences returns a part of the conferences that the journal has named,
// newest first.
func (r *Records) Conferences(ctx context.Context, f ConferenceFilter, p Page) (List[contract.ConferenceInfo], error) {
	s := selection{columns: "updated, body", from: "conferences", at: "created", tie: "sid"}
	s.is("account", string(f.Account))
	s.is("sid", string(f.SID))
	s.is("friendly_name", f.FriendlyName)
	s.is("status", string(f.Status))
	s.within("created", f.Created)
	s.within("updated", f.Updated)
	return read(ctx, r.db.read, s, p, scanRecord[contract.ConferenceInfo])
}

// ParticipantsUpdated returns when the journal last spoke of each of those who
// are in a conference.
func (r *Records) ParticipantsUpdated(ctx context.Context, sid contract.ConferenceSID) (map[contract.CallSID]time.Time, error) {
	updated := make(map[contract.CallSID]time.Time)
	err := each(ctx, r.db.read, func(rows *sql.Rows) error {
		var call string
		var at int64
		err := rows.Scan(&call, &at)
		updated[contract.CallSID(call)] = time.UnixMicro(at)
		return err
	}, "SELECT call, updated FROM participants WHERE conference = ? AND live = 1", string(sid))
	return updated, wrap("read participants", err)
}

// scanRecord reads a row of "updated, body".
func scanRecord[T any](rows *sql.Rows, place ...any) (item Item[T], err error) {
	var updated int64
	var body []byte
	if err := rows.Scan(append(place, &updated, &body)...); err != nil {
		return item, err
	}
	item.Updated = time.UnixMicro(updated)
	return item, json.Unmarshal(body, &item.Info)
}
