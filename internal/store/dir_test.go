package store_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"confab/internal/contract"
	"confab/internal/store"
)

func TestDirectoryAndFilesAreOurs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b?c#d%20e") // made, whatever its name
	s := open(t, dir)
	wait(t, s, s.Append(callEvent(contract.NewCallSID(), 0, contract.CallRinging)))
	if _, err := s.Account(store.Account{}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: %v, %v, want mode 0700", info.Mode(), err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v, want 0600", e.Name(), info.Mode(), err)
		}
	}
	if want := "account.json confab.db confab.db-shm confab.db-wal confab.lock schema.lock"; strings.Join(names, " ") != want {
		t.Errorf("files %v, want %s", names, want)
	}
}

// newest is the version of the schema that the migrations lead to.
func newest(t *testing.T) int {
	t.Helper()
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no migrations", err)
	}
	return len(files)
}

func TestUnusableDirectoryIsOneLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	newer := t.TempDir()
	open(t, newer).Close()
	if _, err := raw(t, newer).Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)"); err != nil {
		t.Fatal(err)
	}
	garbage := t.TempDir()
	if err := os.WriteFile(filepath.Join(garbage, "confab.db"), bytes.Repeat([]byte("not a database. "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ dir, want string }{
		"a file":        {file, "not a directory"},
		"under a file":  {filepath.Join(file, "x"), "not a directory"},
		"not writable":  {"/proc/confab", "/proc/confab"},
		"newer program": {newer, fmt.Sprintf("newer confab: schema 999, this program knows %d", newest(t))},
		"no database":   {garbage, "not a database"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, open := range []func() error{
				func() error { _, err := store.Open(t.Context(), test.dir, nil); return err },
				func() error { _, err := store.OpenShared(t.Context(), test.dir, nil); return err },
			} {
				err := open()
				if err == nil {
					t.Fatal("it was opened")
				}
				if s := err.Error(); !strings.Contains(s, test.want) || !strings.Contains(s, test.dir) || strings.Contains(s, "\n") {
					t.Errorf("error %q, want one line with %q and the directory", s, test.want)
				}
			}
		})
	}
}

func TestSharedOpensBesideTheServerAndAlone(t *testing.T) {
	dir := t.TempDir()
	alone, err := store.OpenShared(t.Context(), dir, nil) // before any server
	if err != nil {
		t.Fatal(err)
	}
	if _, err := alone.AddNumber(t.Context(), contract.NumberInfo{Number: "+15550150"}); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir) // the tool does not keep the server out
	beside, err := store.OpenShared(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := beside.RemoveNumber(t.Context(), "+15550150"); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.Number(t.Context(), "+15550150"); ok || err != nil {
		t.Errorf("the removed number is still found: %v, %v", ok, err)
	}
	if err := alone.Close(); err != nil {
		t.Error(err)
	}
	if err := beside.Close(); err != nil {
		t.Error(err)
	}
}

func TestSchemaFromEmptyByManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			r, err := store.OpenShared(t.Context(), dir, nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer r.Close()
			if _, err := r.Numbers(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var version int
	if err := raw(t, dir).QueryRow("SELECT max(version_id) FROM goose_db_version").Scan(&version); err != nil || version != newest(t) {
		t.Errorf("schema %d, %v, want %d", version, err, newest(t))
	}
}

func TestAccount(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	made, err := s.Account(store.Account{})
	if err != nil {
		t.Fatal(err)
	}
	if !made.SID.Valid() || !regexp.MustCompile(`^[A-Za-z0-9]{32}$`).MatchString(made.AuthToken) {
		t.Errorf("made %q with a token of %d characters", made.SID, len(made.AuthToken))
	}
	if info, err := os.Stat(s.AccountFile()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("account file: %v, %v, want mode 0600", info, err)
	}
	if again, err := s.Account(store.Account{}); err != nil || again != made {
		t.Errorf("second Account = %v, %v, want the same", again, err)
	}
	given := store.Account{SID: account, AuthToken: "12345"}
	if got, err := s.Account(given); err != nil || got != given {
		t.Errorf("Account(given) = %v, %v, want the given one", got, err)
	}
	if got, err := s.Account(store.Account{AuthToken: "abc"}); err != nil || got.SID != made.SID || got.AuthToken != "abc" {
		t.Errorf("Account(token alone) = %v, %v", got, err)
	}
	if kept, err := s.Account(store.Account{}); err != nil || kept != made {
		t.Errorf("what was given was kept: %v, %v", kept, err)
	}
	for _, bad := range []store.Account{{SID: "AC1"}, {AuthToken: "with space"}, {SID: account, AuthToken: "ümlaut"}} {
		if _, err := s.Account(bad); err == nil {
			t.Errorf("account %v was accepted", bad)
		} else if bad.AuthToken != "" && strings.Contains(err.Error(), bad.AuthToken) {
			t.Errorf("the error shows the token: %v", err)
		}
	}

	if err := os.Chmod(s.AccountFile(), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Account(store.Account{}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(s.AccountFile()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("account file that others could read: %v, %v, want it hidden again", info, err)
	}
	if err := os.WriteFile(s.AccountFile(), []byte(`{"auth_token": "`+made.AuthToken), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Account(store.Account{}); err == nil || strings.Contains(err.Error(), made.AuthToken) {
		t.Errorf("broken file: %v, want an error without the token", err)
	}
}

func TestAccountShowsNoToken(t *testing.T) {
	a := store.Account{SID: account, AuthToken: "sesame"}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("account", "account", a)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("account", "account", a, "all", []store.Account{a})
	body, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{log.String(), string(body), fmt.Sprint(a), fmt.Sprintf("%v %+v %#v %s", a, a, a, a)} {
		if strings.Contains(shown, "sesame") {
			t.Errorf("the token is shown: %s", shown)
		}
	}
}
