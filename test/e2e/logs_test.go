package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"confab/internal/logtest"
)

// logs are what all programs of ours have printed in all tests. When these are
// over, no secret may stand in any of it: not the AuthToken of another test's
// server either.
var logs shelf

// shelf keeps logs and what must not be in them.
type shelf struct {
	mu      sync.Mutex
	logs    map[string]fmt.Stringer
	secrets logtest.Secrets
}

// keep keeps a log, which may still grow.
func (s *shelf) keep(name string, log fmt.Stringer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.logs == nil {
		s.logs = map[string]fmt.Stringer{}
	}
	s.logs[fmt.Sprintf("%s (%d)", name, len(s.logs)+1)] = log
}

// secret adds what must not be in any log.
func (s *shelf) secret(secrets ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets = append(s.secrets, secrets...)
}

// account adds the token that a program has made itself in its data directory.
func (s *shelf) account(t *testing.T, data string) {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(data, "account.json"))
	if os.IsNotExist(err) {
		return // its token was given, or it did not get so far
	}
	var account struct {
		AuthToken string `json:"auth_token"`
	}
	if err == nil {
		err = json.Unmarshal(body, &account)
	}
	if err != nil || account.AuthToken == "" {
		t.Errorf("the token of %s: %v", data, err)
	}
	s.secret(account.AuthToken)
}

// leaks looks through all logs.
func (s *shelf) leaks() (found []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, log := range s.logs {
		for _, line := range s.secrets.In(log.String()) {
			found = append(found, name+": line "+line)
		}
	}
	return found
}

// A shelf that finds nothing proves nothing.
func TestLogs_areLookedThrough(t *testing.T) {
	var s shelf
	one, other := new(lines), new(lines)
	s.keep("one", one)
	s.keep("other", other)
	fmt.Fprintln(one, "msg=serving")
	fmt.Fprintln(other, "msg=serving")
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "account.json"), []byte(`{"sid":"AC1","auth_token":"sesame0123456789"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s.account(t, data)
	if found := s.leaks(); len(found) != 0 {
		t.Errorf("found in nothing: %q", found)
	}
	fmt.Fprintln(other, "msg=account token=sesame0123456789")
	if found := s.leaks(); len(found) != 1 || !strings.HasPrefix(found[0], "other (2): line 2: ") || strings.Contains(found[0], "sesame") {
		t.Errorf("found %q", found)
	}
}
