package store

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"confab/internal/contract"
)

// Account is who the switch works for: the user name and the secret of the
// REST API, and the key that signs webhooks.
type Account struct {
	SID       contract.AccountSID
	AuthToken string `json:"-"` // letters and digits
}

// String returns the SID alone: the token is a secret.
func (a Account) String() string { return string(a.SID) }

// GoString keeps the token out of %#v.
func (a Account) GoString() string { return string(a.SID) }

// LogValue keeps the token out of logs.
func (a Account) LogValue() slog.Value { return slog.StringValue(string(a.SID)) }

// account is the file's form.
type account struct {
	SID       contract.AccountSID `json:"sid"`
	AuthToken string              `json:"auth_token"`
}

// Account returns the account of the data directory, making one (a token of 32
// letters and digits from crypto/rand) and keeping it in AccountFile with mode
// 0600 if there is none. What given holds counts instead and is not kept.
func (r *Records) Account(given Account) (Account, error) {
	if given.SID != "" && given.AuthToken != "" {
		return given, given.validate()
	}
	kept, err := r.keptAccount()
	if err != nil {
		return Account{}, fmt.Errorf("account: %w", err)
	}
	a := Account{SID: cmp.Or(given.SID, kept.SID), AuthToken: cmp.Or(given.AuthToken, kept.AuthToken)}
	return a, a.validate()
}

// AccountFile returns the path of the file in which the account is kept.
func (r *Records) AccountFile() string { return filepath.Join(r.dir, accountFile) }

// keptAccount reads the file, or makes it.
func (r *Records) keptAccount() (Account, error) {
	path := r.AccountFile()
	body, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeAccount(path); err != nil {
			return Account{}, fmt.Errorf("make %s: %w", path, err)
		}
		body, err = os.ReadFile(path)
	}
	if err != nil {
		return Account{}, err
	}
	if err := r.hide(path); err != nil {
		return Account{}, err
	}
	var a account
	if err := json.Unmarshal(body, &a); err != nil {
		return Account{}, fmt.Errorf("read %s: not the JSON that belongs there", path) // err may quote the token
	}
	return Account(a), nil
}

// makeAccount writes a new account to path.
func makeAccount(path string) error {
	body, err := json.MarshalIndent(account{SID: contract.NewAccountSID(), AuthToken: newToken()}, "", "  ")
	if err != nil {
		return err
	}
	return makeSecret(path, append(body, '\n'))
}

// makeSecret writes a file that is for us alone, whole or not at all; one that
// another process has just made there stays.
func makeSecret(path string, body []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // its name; what it holds has the other one by then
	_, err = f.Write(body)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return os.Rename(f.Name(), path) // a file system without hard links
	}
	return nil
}

// hide takes from others the right to read the file, if they have it.
func (r *Records) hide(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	r.log.Warn("others could read a secret; taking that right away", "file", path, "mode", info.Mode().Perm().String())
	return os.Chmod(path, 0o600)
}

// newToken makes a token of 32 letters and digits, about 190 bits.
func newToken() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	token := make([]byte, 0, 32)
	for len(token) < cap(token) {
		var b [1]byte
		rand.Read(b[:]) // never fails (crypto/rand: it crashes the program instead)
		if i := int(b[0]) & 63; i < len(letters) {
			token = append(token, letters[i])
		}
	}
	return string(token)
}

func (a Account) validate() error {
	if !a.SID.Valid() {
		return fmt.Errorf("account SID %q is not AC and 32 lower-case hexadecimal digits", a.SID)
	}
	if a.AuthToken == "" {
		return errors.New("account has no auth token")
	}
	for _, c := range []byte(a.AuthToken) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return errors.New("auth token has something other than letters and digits in it") // client libraries refuse such
		}
	}
	return nil
}
