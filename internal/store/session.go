package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"confab/internal/contract"
)

// maxSessions is how many sessions are kept; with more the oldest end.
const maxSessions = 1000

// Session is somebody's being signed in at the console.
type Session struct {
	Role    contract.Role     // what it may do; that of the key, if it has one
	Key     contract.KeySID   // the key that it was made with; empty: the account itself
	Proof   [sha256.Size]byte // of the AuthToken it was made with; zero with a key
	Created time.Time
	Expires time.Time
}

// AddSession keeps a session under the digest of its secret.
func (r *Records) AddSession(ctx context.Context, digest [sha256.Size]byte, s Session) error {
	_, err := r.db.changeRow(ctx, "INSERT INTO sessions (digest, role, key, proof, created, expires) VALUES (?, ?, ?, ?, ?, ?)",
		digest[:], string(s.Role), string(s.Key), s.Proof[:], s.Created.UnixMicro(), s.Expires.UnixMicro())
	if err == nil {
		_, err = r.db.changeRow(ctx, `DELETE FROM sessions WHERE expires <= ?
			OR digest IN (SELECT digest FROM sessions ORDER BY created DESC LIMIT -1 OFFSET ?)`, time.Now().UnixMicro(), maxSessions)
	}
	return wrap("add session", err)
}

// Session returns the session of a digest; ok is false when there is none, it
// has expired, or its key was removed.
func (r *Records) Session(ctx context.Context, digest [sha256.Size]byte) (s Session, ok bool, err error) {
	var proof []byte
	var created, expires int64
	err = r.db.read.QueryRowContext(ctx, `SELECT coalesce(k.role, s.role), s.key, s.proof, s.created, s.expires
		FROM sessions s LEFT JOIN keys k ON k.sid = s.key
		WHERE s.digest = ? AND s.expires > ? AND (s.key = '' OR k.sid IS NOT NULL)`,
		digest[:], time.Now().UnixMicro()).Scan(&s.Role, &s.Key, &proof, &created, &expires)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Session{}, false, nil
	case err != nil:
		return Session{}, false, fmt.Errorf("read session: %w", err)
	case len(proof) != len(s.Proof):
		return Session{}, false, fmt.Errorf("read session: a proof of %d bytes", len(proof))
	}
	s.Proof = [sha256.Size]byte(proof)
	s.Created, s.Expires = time.UnixMicro(created), time.UnixMicro(expires)
	return s, true, nil
}

// RemoveSession ends a session; one that is not there is none to end.
func (r *Records) RemoveSession(ctx context.Context, digest [sha256.Size]byte) error {
	_, err := r.db.changeRow(ctx, "DELETE FROM sessions WHERE digest = ?", digest[:])
	return wrap("remove session", err)
}

// AddSignInLink keeps the digest of the token of a link that signs in once, with
// a role, until it expires.
func (r *Records) AddSignInLink(ctx context.Context, digest [sha256.Size]byte, role contract.Role, expires time.Time) error {
	_, err := r.db.changeRow(ctx, "DELETE FROM sign_in_links WHERE expires <= ?", time.Now().UnixMicro())
	if err == nil {
		_, err = r.db.changeRow(ctx, "INSERT INTO sign_in_links (digest, role, expires) VALUES (?, ?, ?)", digest[:], string(role), expires.UnixMicro())
	}
	return wrap("add sign-in link", err)
}

// TakeSignInLink uses a link up: of all who come with one, one gets its role. ok
// is false when there is none of that digest, or it has expired.
func (r *Records) TakeSignInLink(ctx context.Context, digest [sha256.Size]byte) (role contract.Role, ok bool, err error) {
	var expires int64
	err = r.db.read.QueryRowContext(ctx, "SELECT role, expires FROM sign_in_links WHERE digest = ?", digest[:]).Scan(&role, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	if err == nil {
		ok, err = r.db.changeRow(ctx, "DELETE FROM sign_in_links WHERE digest = ?", digest[:])
	}
	if err != nil {
		return "", false, fmt.Errorf("use sign-in link: %w", err)
	}
	return role, ok && time.Now().UnixMicro() < expires, nil
}

// KeyRole returns the role of an API key; ok is false when there is no such key.
func (r *Records) KeyRole(ctx context.Context, sid string) (role contract.Role, ok bool, err error) {
	err = r.db.read.QueryRowContext(ctx, "SELECT role FROM keys WHERE sid = ?", sid).Scan(&role)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return role, err == nil, wrap("read role of key", err)
}

// SetKeyRole says what an API key may do; it reports whether there is one of
// that SID.
func (r *Records) SetKeyRole(ctx context.Context, sid contract.KeySID, role contract.Role) (bool, error) {
	done, err := r.db.changeRow(ctx, "UPDATE keys SET role = ?, updated = ? WHERE sid = ?", string(role), time.Now().UnixMicro(), string(sid))
	return done, wrap("set role of key "+string(sid), err)
}
