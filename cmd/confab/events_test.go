package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"confab/internal/contract"
	"confab/internal/store"
)

// The commands that look after a server's data: what they print, and do.
func TestEvents(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	s, err := store.Open(t.Context(), data, nil)
	if err != nil {
		t.Fatal(err)
	}
	conf, other := contract.NewConferenceSID(), contract.NewConferenceSID()
	for n := range 4 {
		e := contract.Event{Type: contract.EventParticipantJoin, Sequence: n/2 + 1, Time: time.Now().Add(-48 * time.Hour),
			Conference: &contract.ConferenceInfo{SID: []contract.ConferenceSID{conf, other}[n%2], Status: contract.ConferenceCompleted,
				CallbackURL: "http://ann:sesame@192.0.2.1/"},
			Callback: &contract.Callback{URL: "http://ann:sesame@192.0.2.1/"}}
		e.Pos = s.Append(e)
		s.SetCursor("", e.Pos)
		if n < 2 {
			if err := s.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.Park(e, 7, contract.Warning{Code: contract.CodeEventDelivery, Message: "it answered 500"})
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	asks := func(want string, args ...string) string {
		t.Helper()
		out, complaint, code := runs(t, dir, args...)
		if code != exitOK || !strings.Contains(out, want) || strings.Contains(out, "sesame") {
			t.Errorf("%v: %d, %q, %q; want %q", args, code, out, complaint, want)
		}
		return out
	}
	if out := asks(string(other), "events"); strings.Count(out, "\n") != 4 {
		t.Errorf("events: %s", out)
	}
	if out := asks(`"Position":3`, "events", "--conference", string(conf), "--after", "1", "--json"); strings.Count(out, "\n") != 1 {
		t.Errorf("events of a conference: %s", out)
	}
	asks("16011 it answered 500", "events", "parked")
	asks("1 callbacks are sent again", "events", "replay", "--conference", string(conf))
	if out := asks(`"Due":true`, "events", "parked", "--json"); strings.Count(out, `"Due":true`) != 1 {
		t.Errorf("parked: %s", out)
	}
	copied := filepath.Join(dir, "copy.db")
	asks("Wrote "+copied, "backup", copied)
	if info, err := os.Stat(copied); err != nil || info.Size() == 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v, %v", info, err)
	}
	asks("Removed 0 events", "prune")
	asks("Removed 3 events, 0 calls, 2 conferences", "prune", "--older-than", "24h")
	for _, args := range [][]string{
		{"events", "--conference", "CF1"}, {"events", "replay"}, {"events", "replay", "--all", "--call", "CA00112233445566778899aabbccddeeff"},
		{"events", "parked", "--call", "x"}, {"backup", copied}, {"prune", "--older-than", "-1h"},
	} {
		if _, complaint, code := runs(t, dir, args...); code == exitOK || complaint == "" {
			t.Errorf("%v: %d, %q", args, code, complaint)
		}
	}
}
