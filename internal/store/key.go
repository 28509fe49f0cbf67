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

// KeyItem is an API key, its place in a list of all, and when it was changed.
type KeyItem = Item[contract.KeyInfo]

// Keys returns a part of the API keys, newest first. An empty SID means all.
func (r *Records) Keys(ctx context.Context, sid contract.KeySID, p Page) (List[contract.KeyInfo], error) {
	s := selection{from: "keys", at: "created", tie: "sid", columns: "updated, created, sid, friendly_name, role"}
	s.is("sid", string(sid))
	return read(ctx, r.db.read, s, p, func(rows *sql.Rows, place ...any) (item KeyItem, err error) {
		var updated, created int64
		err = rows.Scan(append(place, &updated, &created, &item.Info.SID, &item.Info.FriendlyName, &item.Info.Role)...)
		item.Updated, item.Info.Created = time.UnixMicro(updated), time.UnixMicro(created)
		return item, err
	})
}

// AddKey makes an API key and its secret, of 32 letters and digits. Two things are
// kept of it: its digest, which requests are compared with and which is enough of a
// hash for 190 bits that nobody chose; and itself, sealed under a key that is not in
// the database, since access tokens are signed with it.
func (r *Records) AddKey(ctx context.Context, friendlyName string, role contract.Role) (k contract.KeyInfo, secret string, err error) {
	now := time.Now().UnixMicro()
	k = contract.KeyInfo{SID: contract.NewKeySID(), FriendlyName: friendlyName, Role: role, Created: time.UnixMicro(now)}
	secret = newToken()
	digest := sha256.Sum256([]byte(secret))
	sealed, err := r.seal(secret, string(k.SID))
	if err != nil {
		return contract.KeyInfo{}, "", fmt.Errorf("add key: %w", err)
	}
	if _, err := r.db.changeRow(ctx, "INSERT INTO keys (sid, friendly_name, role, digest, sealed, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?)",
		string(k.SID), k.FriendlyName, string(k.Role), digest[:], sealed, now, now); err != nil {
		return contract.KeyInfo{}, "", fmt.Errorf("add key: %w", err)
	}
	return k, secret, nil
}

// NameKey names an API key; it reports whether there is one of that SID.
func (r *Records) NameKey(ctx context.Context, sid contract.KeySID, friendlyName string) (bool, error) {
	done, err := r.db.changeRow(ctx, "UPDATE keys SET friendly_name = ?, updated = ? WHERE sid = ?",
		friendlyName, time.Now().UnixMicro(), string(sid))
	return done, wrap("name key "+string(sid), err)
}

// RemoveKey removes an API key: it opens nothing from then on. It reports
// whether there was one.
func (r *Records) RemoveKey(ctx context.Context, sid contract.KeySID) (bool, error) {
	done, err := r.db.changeRow(ctx, "DELETE FROM keys WHERE sid = ?", string(sid))
	return done, wrap("remove key "+string(sid), err)
}

// Secret returns the SHA-256 digest of the secret of an API key; ok is false
// when there is no such key. It reads the database each time, so that a key
// that was removed, by whomever, is removed at once.
func (r *Records) Secret(ctx context.Context, sid string) (digest [sha256.Size]byte, ok bool, err error) {
	var kept []byte
	err = r.db.read.QueryRowContext(ctx, "SELECT digest FROM keys WHERE sid = ?", sid).Scan(&kept)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return digest, false, nil
	case err != nil:
		return digest, false, fmt.Errorf("read key: %w", err)
	case len(kept) != len(digest):
		return digest, false, fmt.Errorf("read key %s: a digest of %d bytes", sid, len(kept))
	}
	return [sha256.Size]byte(kept), true, nil
}

// SigningSecret returns the secret of an API key itself, to check what is signed with
// it; it is empty for a key of a release that kept the digest alone. ok is false when
// there is no such key. It reads the database each time, as Secret does.
func (r *Records) SigningSecret(ctx context.Context, sid contract.KeySID) (secret string, ok bool, err error) {
	var sealed []byte
	err = r.db.read.QueryRowContext(ctx, "SELECT sealed FROM keys WHERE sid = ?", string(sid)).Scan(&sealed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", false, nil
	case err != nil:
		return "", false, fmt.Errorf("read key: %w", err)
	case sealed == nil:
		return "", true, nil
	}
	secret, err = r.unseal(sealed, string(sid))
	return secret, true, wrap("read key "+string(sid), err)
}

// tokenKey is the friendly name of the API key that TokenKey makes.
const tokenKey = "confab token"

// TokenKey returns the API key that the server signs access tokens with itself, and
// its secret. It is made when it is first asked for, and again when it was removed,
// which makes what it had signed worthless.
func (r *Records) TokenKey(ctx context.Context) (sid contract.KeySID, secret string, err error) {
	err = r.db.read.QueryRowContext(ctx,
		"SELECT sid FROM keys WHERE friendly_name = ? AND sealed IS NOT NULL ORDER BY created DESC, sid LIMIT 1", tokenKey).Scan(&sid)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		k, secret, err := r.AddKey(ctx, tokenKey, contract.RoleLook)
		return k.SID, secret, err
	case err != nil:
		return "", "", fmt.Errorf("read key: %w", err)
	}
	secret, ok, err := r.SigningSecret(ctx, sid)
	if err == nil && !ok {
		err = fmt.Errorf("key %s was removed this moment", sid)
	}
	return sid, secret, err
}
