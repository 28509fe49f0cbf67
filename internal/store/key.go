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
	s := selection{from: "keys", at: "created", tie: "sid", columns: "updated, created, sid, friendly_name"}
	s.is("sid", string(sid))
	return read(ctx, r.db.read, s, p, func(rows *sql.Rows, place ...any) (item KeyItem, err error) {
		var updated, created int64
		err = rows.Scan(append(place, &updated, &created, &item.Info.SID, &item.Info.FriendlyName)...)
		item.Updated, item.Info.Created = time.UnixMicro(updated), time.UnixMicro(created)
		return item, err
	})
}

// AddKey makes an API key and its secret, of 32 letters and digits. The secret
// is returned this once: only its digest is kept, which is enough of a hash for
// 190 bits that nobody chose.
func (r *Records) AddKey(ctx context.Context, friendlyName string) (k contract.KeyInfo, secret string, err error) {
	now := time.Now().UnixMicro()
	k = contract.KeyInfo{SID: contract.NewKeySID(), FriendlyName: friendlyName, Created: time.UnixMicro(now)}
	secret = newToken()
	digest := sha256.Sum256([]byte(secret))
	if _, err := r.db.changeRow(ctx, "INSERT INTO keys (sid, friendly_name, digest, created, updated) VALUES (?, ?, ?, ?, ?)",
		string(k.SID), k.FriendlyName, digest[:], now, now); err != nil {
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
