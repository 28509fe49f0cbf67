package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"confab/internal/contract"
)

// Profile is what is known of an account beside its credentials.
type Profile struct {
	FriendlyName     string
	Created, Updated time.Time
}

// Profile returns the profile of an account. The first time it is asked for,
// it is made: it has the given name, and the account is as old as that moment.
func (r *Records) Profile(ctx context.Context, sid contract.AccountSID, name string) (Profile, error) {
	p, err := r.profile(ctx, sid)
	if !errors.Is(err, sql.ErrNoRows) {
		return p, wrap("read profile", err)
	}
	now := time.Now().UnixMicro()
	if _, err := r.db.changeRow(ctx, `INSERT INTO accounts (sid, friendly_name, created, updated) VALUES (?, ?, ?, ?)
		ON CONFLICT (sid) DO NOTHING`, string(sid), name, now, now); err != nil {
		return Profile{}, wrap("make profile", err)
	}
	p, err = r.profile(ctx, sid)
	return p, wrap("read profile", err)
}

func (r *Records) profile(ctx context.Context, sid contract.AccountSID) (p Profile, err error) {
	var created, updated int64
	err = r.db.read.QueryRowContext(ctx, "SELECT friendly_name, created, updated FROM accounts WHERE sid = ?", string(sid)).
		Scan(&p.FriendlyName, &created, &updated)
	p.Created, p.Updated = time.UnixMicro(created), time.UnixMicro(updated)
	return p, err
}

// SetFriendlyName names an account that has a profile.
func (r *Records) SetFriendlyName(ctx context.Context, sid contract.AccountSID, name string) error {
	_, err := r.db.changeRow(ctx, "UPDATE accounts SET friendly_name = ?, updated = ? WHERE sid = ?",
		name, time.Now().UnixMicro(), string(sid))
	return wrap("name account", err)
}
