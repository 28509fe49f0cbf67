package api

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"confab/internal/contract"
	"confab/internal/store"
)

// A change is answered with success when it is in the journal, and not before.
func TestWritten_waitsForTheJournal(t *testing.T) {
	s, err := store.Open(context.Background(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	a := &API{cfg: Config{Store: s}, log: slog.New(slog.DiscardHandler)}
	pos := s.Append(contract.Event{Type: contract.EventConferenceStart, Conference: &contract.ConferenceInfo{SID: "CF1"}})
	if err := a.written(t.Context()); err != nil || s.Committed() < pos {
		t.Errorf("got %v, with %d of %d committed", err, s.Committed(), pos)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.Append(contract.Event{Type: contract.EventConferenceEnd, Conference: &contract.ConferenceInfo{SID: "CF1"}})
	var p *problem
	if err := a.written(t.Context()); !errors.As(err, &p) || p.status != 503 || p.code != contract.CodeInternalREST {
		t.Errorf("after the end of the journal: %v", err)
	}
}
