package store_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"confab/internal/contract"
	"confab/internal/store"
)

func TestApplications(t *testing.T) {
	ctx := t.Context()
	s := open(t, t.TempDir())
	full := contract.ApplicationInfo{FriendlyName: "Tea", VoiceURL: "https://example.com/v", VoiceMethod: "GET",
		FallbackURL: "https://example.com/f", FallbackMethod: "GET", StatusCallback: "https://example.com/s", StatusMethod: "GET"}
	added, err := s.AddApplication(ctx, full)
	if err != nil || !added.SID.Valid() || added.Created.IsZero() {
		t.Fatalf("AddApplication = %+v, %v", added, err)
	}
	full.SID, full.Created = added.SID, added.Created
	second, err := s.AddApplication(ctx, contract.ApplicationInfo{FriendlyName: "Cake"})
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.Applications(ctx, store.ApplicationFilter{}, store.Page{Size: 1})
	if err != nil || len(all.Items) != 1 || all.Items[0].Info != second || !all.More {
		t.Errorf("first page = %+v, %v", all, err)
	}
	rest, err := s.Applications(ctx, store.ApplicationFilter{}, store.Page{Size: 5, After: all.Items[0].Key})
	if err != nil || len(rest.Items) != 1 || rest.Items[0].Info != full || rest.More {
		t.Errorf("second page = %+v, %v", rest, err)
	}
	if named, err := s.Applications(ctx, store.ApplicationFilter{FriendlyName: "Cake"}, store.Page{Size: 5}); err != nil || len(named.Items) != 1 || named.Items[0].Info != second {
		t.Errorf("by name = %+v, %v", named, err)
	}
	full.VoiceURL, full.FallbackURL = "https://example.com/new", ""
	if ok, err := s.ChangeApplication(ctx, full.SID, store.VoiceChange{VoiceURL: &full.VoiceURL, FallbackURL: &full.FallbackURL}); !ok || err != nil {
		t.Errorf("ChangeApplication = %v, %v", ok, err)
	}
	if got, ok, err := s.Application(ctx, full.SID); !ok || err != nil || got.Info != full || got.Updated.Before(full.Created) {
		t.Errorf("after the change: %+v, want %+v", got, full)
	}
	if n, ok, err := s.Answering(ctx, full.SID); !ok || err != nil || n.Application != full.SID || n.VoiceURL != full.VoiceURL || n.StatusCallback != full.StatusCallback || n.Number != "" {
		t.Errorf("Answering = %+v, %v, %v", n, ok, err)
	}
	if _, ok, err := s.Answering(ctx, contract.NewApplicationSID()); ok || err != nil {
		t.Errorf("Answering of none = %v, %v", ok, err)
	}
	if ok, err := s.ChangeApplication(ctx, contract.NewApplicationSID(), store.VoiceChange{}); ok || err != nil {
		t.Errorf("change of none = %v, %v", ok, err)
	}
	for _, want := range []bool{true, false} {
		if ok, err := s.RemoveApplication(ctx, second.SID); ok != want || err != nil {
			t.Errorf("RemoveApplication = %v, %v; want %v", ok, err, want)
		}
	}
	if _, ok, err := s.Application(ctx, second.SID); ok || err != nil {
		t.Errorf("the removed one is there: %v, %v", ok, err)
	}
}

// Twilio IncomingPhoneNumber resource, VoiceApplicationSid: all addresses are
// the application's, its empty ones too; without it they are the number's again.
func TestNumberHasItsApplicationsAddresses(t *testing.T) {
	ctx := t.Context()
	s := open(t, t.TempDir())
	a, err := s.AddApplication(ctx, contract.ApplicationInfo{VoiceURL: "app", VoiceMethod: "GET", StatusCallback: "app status"})
	if err != nil {
		t.Fatal(err)
	}
	n, err := s.AddNumber(ctx, contract.NumberInfo{Number: "+15550200", Type: contract.NumberMobile, VoiceURL: "own", FallbackURL: "own fallback",
		FallbackMethod: "GET", StatusCallback: "own status", StatusMethod: "GET", Application: a.SID})
	if err != nil {
		t.Fatal(err)
	}
	called := n
	called.VoiceURL, called.VoiceMethod, called.FallbackURL, called.FallbackMethod, called.StatusCallback, called.StatusMethod = "app", "GET", "", "", "app status", ""
	expect := func(what string, want contract.NumberInfo) {
		t.Helper()
		got, ok, err := s.Number(ctx, "15550200")
		if d := cmp.Diff(want, got); d != "" || !ok || err != nil {
			t.Errorf("%s: %v, %v (-want +got):\n%s", what, ok, err, d)
		}
	}
	expect("with it", called)
	if item, _, _ := s.NumberBySID(ctx, n.SID); item.Info != n {
		t.Errorf("NumberBySID = %+v, want its own %+v", item.Info, n)
	}
	none, gone := contract.ApplicationSID(""), contract.NewApplicationSID()
	if err := s.ChangeNumber(ctx, n.SID, store.NumberChange{VoiceChange: store.VoiceChange{VoiceURL: new("own 2")}}); err != nil {
		t.Fatal(err)
	}
	n.VoiceURL = "own 2"
	expect("its own changed meanwhile", called)
	if err := s.ChangeNumber(ctx, n.SID, store.NumberChange{Application: &gone}); !errors.Is(err, store.ErrNoApplication) {
		t.Errorf("an application that does not exist: %v, want ErrNoApplication", err)
	}
	expect("after that", called)
	if err := s.ChangeNumber(ctx, n.SID, store.NumberChange{Application: &none}); err != nil {
		t.Fatal(err)
	}
	without := n
	without.Application = ""
	expect("without it", without)
	if err := s.ChangeNumber(ctx, n.SID, store.NumberChange{Application: &a.SID}); err != nil {
		t.Fatal(err)
	}
	expect("with it again", called)
	if ok, err := s.RemoveApplication(ctx, a.SID); !ok || err != nil {
		t.Fatal(ok, err)
	}
	expect("after its removal", without)
	if _, err := s.AddNumber(ctx, contract.NumberInfo{Number: "+15550201", Application: a.SID}); !errors.Is(err, store.ErrNoApplication) {
		t.Errorf("AddNumber = %v, want ErrNoApplication", err)
	}
}
