package store_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"confab/internal/contract"
	"confab/internal/store"
)

func TestNumberLookup(t *testing.T) {
	s := open(t, t.TempDir())
	if err := s.SetConfigNumbers([]contract.NumberInfo{
		{Number: "+1 (555) 010-0199", VoiceURL: "config"},
		{Number: "alice", VoiceURL: "config alice"},
	}); err != nil {
		t.Fatal(err)
	}
	for _, n := range []contract.NumberInfo{
		{Number: "15550100", VoiceURL: "stored"}, {Number: "100", VoiceURL: "extension"}, {Number: "Bob", VoiceURL: "bob"},
	} {
		if _, err := s.AddNumber(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct{ user, want string }{
		{"+15550100", "stored"},
		{"15550100", "stored"},
		{"+1-555-0100", "stored"},
		{"sip:+15550100@192.0.2.1:5060;user=phone", "stored"},
		{"SIPS:15550100@example.com", "stored"},
		{"tel:+15550100;phone-context=example.com", "stored"},
		{"+15550100;npdi", "stored"},
		{"15550100199", "config"},
		{"+15550100199", "config"},
		{"100", "extension"},
		{"+100", ""}, // not an E.164 number, nor the extension
		{"alice", "config alice"},
		{"Alice", ""}, // RFC 3261 §19.1.4: the user part's case counts
		{"Bob", "bob"},
		{"+15550101", ""},
		{"", ""},
		{"a b", ""},
	}
	for _, star := range []string{"", "every other"} {
		if star != "" {
			if _, err := s.AddNumber(t.Context(), contract.NumberInfo{Number: "*", VoiceURL: star}); err != nil {
				t.Fatal(err)
			}
		}
		for _, test := range tests {
			want := test.want
			if want == "" {
				want = star
			}
			n, ok, err := s.Number(t.Context(), test.user)
			if err != nil || ok != (want != "") || n.VoiceURL != want {
				t.Errorf("Number(%q) = %q, %v, %v; want %q", test.user, n.VoiceURL, ok, err, want)
			}
		}
	}
}

func TestNumbersChange(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	s := open(t, dir)
	full := contract.NumberInfo{Number: "+15550100", FriendlyName: "Front door", VoiceURL: "https://example.com/v", VoiceMethod: "GET",
		FallbackURL: "https://example.com/f", FallbackMethod: "POST", StatusCallback: "https://example.com/s", StatusMethod: "GET"}
	added, err := s.AddNumber(ctx, full)
	if err != nil {
		t.Fatal(err)
	}
	full.SID, full.Created = added.SID, added.Created
	if !added.SID.Valid() {
		t.Errorf("SID %q is not valid", added.SID)
	}
	if got, ok, err := s.NumberBySID(ctx, added.SID); err != nil || !ok || got.Info != full || got.Key.Tie != string(full.SID) {
		t.Errorf("NumberBySID = %+v, %v, %v; want %+v", got, ok, err, full)
	}
	if _, err := s.AddNumber(ctx, contract.NumberInfo{Number: "1 555-0100"}); !errors.Is(err, store.ErrNumberExists) {
		t.Errorf("adding it again = %v, want ErrNumberExists", err)
	}
	for _, bad := range []string{"", "  ", "sip:@host", "a b", "x\x00y"} {
		if _, err := s.AddNumber(ctx, contract.NumberInfo{Number: bad}); err == nil {
			t.Errorf("number %q was added", bad)
		}
	}
	other, err := s.AddNumber(ctx, contract.NumberInfo{Number: "+15550101"})
	if err != nil {
		t.Fatal(err)
	}
	full.VoiceURL, full.StatusCallback = "https://example.com/new", ""
	if err := s.ChangeNumber(ctx, full.SID, store.NumberChange{VoiceChange: store.VoiceChange{
		VoiceURL: new("https://example.com/new"), StatusCallback: new("")}}); err != nil {
		t.Fatal(err)
	}
	if got, _, _ := s.Number(ctx, "+15550100"); got != full {
		t.Errorf("after the change: %+v, want %+v", got, full)
	}
	if err := s.ChangeNumber(ctx, contract.NewNumberSID(), store.NumberChange{}); !errors.Is(err, store.ErrNumberNotFound) {
		t.Errorf("change of an unknown SID = %v, want ErrNumberNotFound", err)
	}

	// The configuration hides what is stored, and cannot be changed here.
	if err := s.SetConfigNumbers([]contract.NumberInfo{{Number: "+15550101", VoiceURL: "config"}, {Number: "*"}}); err != nil {
		t.Fatal(err)
	}
	config, ok, err := s.Number(ctx, "15550101")
	if err != nil || !ok || config.VoiceURL != "config" || !config.FromConfig || !config.SID.Valid() {
		t.Fatalf("Number = %+v, %v, %v; want the configuration's", config, ok, err)
	}
	if _, ok, err := s.NumberBySID(ctx, other.SID); ok || err != nil {
		t.Errorf("the hidden number is found by its SID: %v, %v", ok, err)
	}
	if _, err := s.AddNumber(ctx, contract.NumberInfo{Number: "+15550101"}); !errors.Is(err, store.ErrNumberConfigured) {
		t.Errorf("AddNumber = %v, want ErrNumberConfigured", err)
	}
	if err := s.ChangeNumber(ctx, config.SID, store.NumberChange{}); !errors.Is(err, store.ErrNumberConfigured) {
		t.Errorf("ChangeNumber = %v, want ErrNumberConfigured", err)
	}
	if err := s.ChangeNumber(ctx, other.SID, store.NumberChange{}); !errors.Is(err, store.ErrNumberNotFound) {
		t.Errorf("change of the hidden number = %v, want ErrNumberNotFound", err)
	}
	for _, name := range []string{"+15550101", string(config.SID)} {
		if err := s.RemoveNumber(ctx, name); !errors.Is(err, store.ErrNumberConfigured) {
			t.Errorf("RemoveNumber(%s) = %v, want ErrNumberConfigured", name, err)
		}
	}
	star, _, _ := s.Number(ctx, "+15559999")
	all, err := s.Numbers(ctx)
	if diff := cmp.Diff([]contract.NumberInfo{star, full, config}, all); diff != "" || err != nil {
		t.Errorf("Numbers: %v (-want +got):\n%s", err, diff)
	}
	if err := s.SetConfigNumbers([]contract.NumberInfo{{Number: "+15550101"}, {Number: "1-555-0101"}}); err == nil {
		t.Error("a number given twice was accepted")
	}
	if again, _, _ := s.Number(ctx, "15550101"); again != config {
		t.Error("a refused configuration replaced the one before")
	}

	if err := s.RemoveNumber(ctx, string(full.SID)); err != nil {
		t.Errorf("RemoveNumber by SID: %v", err)
	}
	if err := s.RemoveNumber(ctx, "+15550100"); !errors.Is(err, store.ErrNumberNotFound) {
		t.Errorf("RemoveNumber of what is gone = %v, want ErrNumberNotFound", err)
	}
}

func TestConfigSIDIsTheSameAtEveryStart(t *testing.T) {
	var sids []contract.NumberSID
	for range 2 {
		s := open(t, t.TempDir())
		if err := s.SetConfigNumbers([]contract.NumberInfo{{Number: "15550100"}}); err != nil {
			t.Fatal(err)
		}
		n, _, _ := s.Number(t.Context(), "+15550100")
		sids = append(sids, n.SID)
	}
	if sids[0] != sids[1] || !sids[0].Valid() {
		t.Errorf("SIDs %v, want one valid SID twice", sids)
	}
}
