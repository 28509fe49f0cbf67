package store_test

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"confab/internal/contract"
	"confab/internal/store"
)

func TestKeys(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	s := open(t, dir)
	k, secret, err := s.AddKey(ctx, "Tea", contract.RoleAdminister)
	if err != nil || !k.SID.Valid() || k.FriendlyName != "Tea" || k.Created.IsZero() {
		t.Fatalf("AddKey = %+v, %v", k, err)
	}
	// twilio-go refuses anything but letters and digits.
	if len(secret) != 32 || strings.Trim(secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") != "" {
		t.Errorf("secret of %d characters, want 32 letters and digits", len(secret))
	}
	other, another, err := s.AddKey(ctx, "", contract.RoleAdminister)
	if err != nil || other.SID == k.SID || another == secret {
		t.Errorf("a second key is the first: %v", err)
	}
	if digest, ok, err := s.Secret(ctx, string(k.SID)); !ok || err != nil || digest != sha256.Sum256([]byte(secret)) {
		t.Errorf("Secret = %x, %v, %v", digest, ok, err)
	}
	if ok, err := s.NameKey(ctx, k.SID, "Cake"); !ok || err != nil {
		t.Errorf("NameKey = %v, %v", ok, err)
	}
	l, err := s.Keys(ctx, k.SID, store.Page{Size: 5})
	if err != nil || len(l.Items) != 1 || l.Items[0].Info.FriendlyName != "Cake" || l.Items[0].Info.SID != k.SID {
		t.Errorf("Keys = %+v, %v", l, err)
	}
	if l, err := s.Keys(ctx, "", store.Page{Size: 1}); err != nil || len(l.Items) != 1 || l.Items[0].Info.SID != other.SID || !l.More {
		t.Errorf("Keys = %+v, %v", l, err)
	}
	for _, want := range []bool{true, false} {
		if ok, err := s.RemoveKey(ctx, k.SID); ok != want || err != nil {
			t.Errorf("RemoveKey = %v, %v; want %v", ok, err, want)
		}
	}
	for _, sid := range []string{string(k.SID), "", "SK' OR ''='", string(contract.NewKeySID())} {
		if digest, ok, err := s.Secret(ctx, sid); ok || err != nil || digest != [sha256.Size]byte{} {
			t.Errorf("Secret(%q) = %x, %v, %v; want none", sid, digest, ok, err)
		}
	}
	if ok, err := s.NameKey(ctx, k.SID, "x"); ok || err != nil {
		t.Errorf("NameKey of none = %v, %v", ok, err)
	}
	// Tokens are signed with the secret itself.
	if got, ok, err := s.SigningSecret(ctx, other.SID); got != another || !ok || err != nil {
		t.Errorf("SigningSecret of the other = %d characters, %v, %v", len(got), ok, err)
	}
	if _, ok, err := s.SigningSecret(ctx, k.SID); ok || err != nil {
		t.Errorf("SigningSecret of a removed key: %v, %v", ok, err)
	}
	// The secret is nowhere on the disk.
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(body, []byte(another)) || bytes.Contains(body, []byte(secret)) {
			t.Errorf("%s holds a secret", file)
		}
	}
}

// The key that the server signs with itself is one, until it is removed; another
// file that seals opens nothing.
func TestTokenKey(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	s := open(t, dir)
	sid, secret, err := s.TokenKey(ctx)
	if err != nil || !sid.Valid() || len(secret) != 32 {
		t.Fatalf("TokenKey = %s, %d characters, %v", sid, len(secret), err)
	}
	if again, same, err := s.TokenKey(ctx); again != sid || same != secret || err != nil {
		t.Errorf("TokenKey again = %s, %v; want %s", again, err, sid)
	}
	if info, err := os.Stat(filepath.Join(dir, "seal.key")); err != nil || info.Mode().Perm() != 0o600 || info.Size() != 32 {
		t.Errorf("seal.key: %v, %v", info, err)
	}
	if _, err := s.RemoveKey(ctx, sid); err != nil {
		t.Fatal(err)
	}
	next, _, err := s.TokenKey(ctx)
	if err != nil || next == sid {
		t.Errorf("TokenKey after its removal = %s, %v", next, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "seal.key"), make([]byte, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, _, err := s.SigningSecret(ctx, next); err == nil || got != "" || !strings.Contains(err.Error(), "seal.key") {
		t.Errorf("SigningSecret under another seal.key: %v, want an error that names it", err)
	}
}
