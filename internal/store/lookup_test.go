package store_test

import (
	"fmt"
	"testing"
	"time"

	"confab/internal/contract"
	"confab/internal/store"
)

// TestNumber_changesCount: what this process changes counts with the next call;
// what another process does, shortly.
func TestNumber_changesCount(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	s := open(t, dir)
	beside, err := store.OpenShared(ctx, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { beside.Close() })
	voice := func() string {
		n, _, err := s.Number(ctx, "+15550100")
		if err != nil {
			t.Fatal(err)
		}
		return n.VoiceURL
	}
	if got := voice(); got != "" {
		t.Fatalf("before there is one: %q", got)
	}
	n, err := s.AddNumber(ctx, contract.NumberInfo{Number: "+15550100", VoiceURL: "0"})
	if err != nil {
		t.Fatal(err)
	}
	change := func(r *store.Records, url string) {
		t.Helper()
		if err := r.ChangeNumber(ctx, n.SID, store.NumberChange{VoiceChange: store.VoiceChange{VoiceURL: &url}}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		for range 2 { // the second time from memory
			if got := voice(); got != fmt.Sprint(i) {
				t.Fatalf("after change %d: %q", i, got)
			}
		}
		change(s.Records, fmt.Sprint(i+1))
	}
	change(beside, "of another")
	for start := time.Now(); voice() != "of another"; {
		if time.Since(start) > 10*time.Second {
			t.Fatalf("what another process has changed is never seen: %q", voice())
		}
	}
	if err := s.RemoveNumber(ctx, "+15550100"); err != nil {
		t.Fatal(err)
	}
	if got := voice(); got != "" {
		t.Errorf("after it was removed: %q", got)
	}
}
