package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"confab/internal/contract"
	"confab/internal/store"
)

// Age removes what is over and was told; what lives, waits for delivery or is
// the newest stays. A backup opens as a data directory.
func TestPruneAndBackup(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, dir)
	old := time.Now().Add(-48 * time.Hour)
	add := func(at time.Time, sid contract.CallSID, status contract.CallStatus, callback bool) contract.Event {
		e := contract.Event{Type: contract.EventCallCompleted, Time: at, Call: &contract.CallInfo{SID: sid, Status: status, Created: at},
			Warning: &contract.Warning{Code: 13230, Message: "x"}}
		if callback {
			e.Callback = &contract.Callback{URL: "http://192.0.2.1/"}
		}
		e.Pos = s.Append(e)
		return e
	}
	add(old, "CA-over", contract.CallCompleted, false)
	add(old, "CA-live", contract.CallInProgress, false)
	told := add(old, "CA-told", contract.CallCompleted, true)
	s.SetCursor("", told.Pos)
	parked := add(old, "CA-parked", contract.CallCompleted, true)
	s.SetCursor("", parked.Pos)
	s.Park(parked, 3, contract.Warning{Code: 11200})
	add(old, "CA-waits", contract.CallCompleted, true)
	add(time.Now(), "CA-new", contract.CallCompleted, false)
	add(old, "CA-newest", contract.CallCompleted, false)
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	done, err := s.Prune(t.Context(), store.Limits{})
	if err != nil || done != (store.Pruned{}) {
		t.Errorf("without limits: %+v, %v", done, err)
	}
	backup := filepath.Join(t.TempDir(), "confab.db")
	if err := s.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), backup); err == nil {
		t.Error("a backup was written over")
	}
	yesterday := time.Now().Add(-24 * time.Hour)
	done, err = s.Prune(t.Context(), store.Limits{Calls: yesterday, Events: yesterday, Warnings: yesterday})
	if want := (store.Pruned{Calls: 5, Events: 3, Warnings: 6}); err != nil || done != want {
		t.Errorf("pruned %+v, %v, want %+v", done, err, want)
	}
	events, err := s.Events(t.Context(), store.EventFilter{}, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	left := ""
	for _, e := range events {
		left += string(e.Call.SID) + " "
	}
	if left != "CA-live CA-waits CA-new CA-newest " {
		t.Errorf("events left: %s", left)
	}
	if first, last, err := s.Bounds(t.Context()); err != nil || first != 2 || last != 7 {
		t.Errorf("bounds %d, %d, %v", first, last, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	copied := openAt(t, filepath.Dir(backup))
	defer copied.Close()
	if events, err := copied.Tail(t.Context(), 0, 100); err != nil || len(events) != 7 {
		t.Errorf("the backup has %d events, %v", len(events), err)
	}
}

// The events of a call are its own and those of its part in conferences.
func TestEvents_filter(t *testing.T) {
	s := openAt(t, t.TempDir())
	defer s.Close()
	conf := &contract.ConferenceInfo{SID: "CF1"}
	for _, e := range []contract.Event{
		{Type: contract.EventCallRinging, Call: &contract.CallInfo{SID: "CA1"}},
		{Type: contract.EventCallRinging, Call: &contract.CallInfo{SID: "CA2"}},
		{Type: contract.EventParticipantJoin, Conference: conf, Participant: &contract.ParticipantInfo{Conference: "CF1", Call: "CA1"}},
		{Type: contract.EventParticipantJoin, Conference: conf, Participant: &contract.ParticipantInfo{Conference: "CF1", Call: "CA2"}},
		{Type: contract.EventConferenceStart, Conference: conf},
	} {
		s.Append(e)
	}
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		filter store.EventFilter
		after  contract.Pos
		want   []contract.Pos
	}{
		"all":           {store.EventFilter{}, 0, []contract.Pos{1, 2, 3, 4, 5}},
		"after":         {store.EventFilter{}, 3, []contract.Pos{4, 5}},
		"a conference":  {store.EventFilter{Conference: "CF1"}, 0, []contract.Pos{3, 4, 5}},
		"a call":        {store.EventFilter{Call: "CA1"}, 0, []contract.Pos{1, 3}},
		"a type":        {store.EventFilter{Type: contract.EventCallRinging}, 1, []contract.Pos{2}},
		"all of these":  {store.EventFilter{Conference: "CF1", Call: "CA2", Type: contract.EventParticipantJoin}, 0, []contract.Pos{4}},
		"nothing known": {store.EventFilter{Conference: "CF2"}, 0, nil},
	} {
		got, err := s.Events(t.Context(), test.filter, test.after, 10)
		if err != nil || len(got) != len(test.want) {
			t.Errorf("%s: %d events, %v", name, len(got), err)
			continue
		}
		for i := range got {
			if got[i].Pos != test.want[i] {
				t.Errorf("%s: position %d, want %d", name, got[i].Pos, test.want[i])
			}
		}
	}
}
