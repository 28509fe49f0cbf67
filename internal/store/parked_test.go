package store_test

import (
	"fmt"
	"testing"
	"time"

	"confab/internal/contract"
	"confab/internal/store"
)

// What is parked is there after a restart, is due when it is asked for and not
// before, stream by stream in order, and is gone when it was taken.
func TestParked(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, dir)
	var events []contract.Event
	for n := range 6 {
		e := contract.Event{Type: contract.EventParticipantJoin, Sequence: n/2 + 1, Time: time.Now(),
			Conference: &contract.ConferenceInfo{SID: contract.ConferenceSID(fmt.Sprintf("CF%d", n%2))},
			Callback:   &contract.Callback{URL: "http://192.0.2.1/"}}
		e.Pos = s.Append(e)
		events = append(events, e)
	}
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		s.Park(e, 7, contract.Warning{Code: contract.CodeEventDelivery, Message: "it answered 500"})
	}
	s.Park(contract.Event{Pos: 99}, 1, contract.Warning{}) // pruned meanwhile
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = openAt(t, dir)
	defer s.Close()
	parked := func() (text string) {
		t.Helper()
		all, err := s.Parked(t.Context(), "", 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range all {
			text += fmt.Sprintf("%s/%d:%d", p.Event.Stream(), p.Event.Sequence, p.Attempts)
			if p.Due {
				text += "!"
			}
			text += " "
		}
		return text
	}
	if got := parked(); got != "CF0/1:7 CF1/1:7 CF0/2:7 CF1/2:7 CF0/3:7 CF1/3:7 " {
		t.Fatalf("parked: %s", got)
	}
	if streams, err := s.DueStreams(t.Context(), 10); err != nil || len(streams) != 0 {
		t.Errorf("due before anybody asked: %v, %v", streams, err)
	}
	if n, err := s.Replay(t.Context(), "CF1"); err != nil || n != 3 {
		t.Fatalf("Replay = %d, %v", n, err)
	}
	if streams, err := s.DueStreams(t.Context(), 10); err != nil || len(streams) != 1 || streams[0] != "CF1" {
		t.Errorf("due: %v, %v", streams, err)
	}
	if _, _, ok, err := s.Due(t.Context(), "CF0", 0); ok || err != nil {
		t.Errorf("of another stream: %v, %v", ok, err)
	}
	e, attempts, ok, err := s.Due(t.Context(), "CF1", 0)
	if err != nil || !ok || e.Sequence != 1 || attempts != 7 || e.Callback == nil {
		t.Fatalf("Due = %+v, %d, %v, %v", e, attempts, ok, err)
	}
	s.Unpark(e)
	if e, _, ok, err = s.Due(t.Context(), "CF1", e.Pos); err != nil || !ok || e.Sequence != 2 {
		t.Fatalf("Due after the first = %+v, %v, %v", e, ok, err)
	}
	s.Park(e, 8, contract.Warning{Code: contract.CodeEventDelivery, Message: "again"}) // those behind it wait
	s.Append(events[0])
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := parked(); got != "CF0/1:7 CF0/2:7 CF1/2:8 CF0/3:7 CF1/3:7 " {
		t.Errorf("parked at last: %s", got)
	}
	if last, ok, err := s.LastOf(t.Context(), "CF1"); err != nil || !ok || last.Sequence != 3 {
		t.Errorf("LastOf = %+v, %v, %v", last, ok, err)
	}
	if _, ok, err := s.LastOf(t.Context(), "CF9"); ok || err != nil {
		t.Errorf("LastOf of nothing = %v, %v", ok, err)
	}
}

func openAt(t *testing.T, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
