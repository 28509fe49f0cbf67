package store_test

import (
	"errors"
	"testing"

	"confab/internal/contract"
	"confab/internal/store"
)

func TestCallerIDs(t *testing.T) {
	ctx := t.Context()
	s := open(t, t.TempDir())
	c, err := s.AddCallerID(ctx, contract.CallerIDInfo{Number: "1 (555) 010-0300", FriendlyName: "Desk"})
	if err != nil || !c.SID.Valid() || c.Number != "+15550100300" || c.Created.IsZero() {
		t.Fatalf("AddCallerID = %+v, %v", c, err)
	}
	if _, err := s.AddCallerID(ctx, contract.CallerIDInfo{Number: "+15550100300"}); !errors.Is(err, store.ErrCallerIDExists) {
		t.Errorf("again: %v, want ErrCallerIDExists", err)
	}
	for _, bad := range []string{"", "alice", "+0155501003", "*", "123"} {
		if _, err := s.AddCallerID(ctx, contract.CallerIDInfo{Number: bad}); !errors.Is(err, store.ErrNotE164) {
			t.Errorf("%q: %v, want ErrNotE164", bad, err)
		}
	}
	for _, test := range []struct {
		filter store.CallerIDFilter
		want   int
	}{
		{store.CallerIDFilter{}, 1},
		{store.CallerIDFilter{SID: c.SID}, 1},
		{store.CallerIDFilter{SID: contract.NewNumberSID()}, 0},
		{store.CallerIDFilter{Number: "15550100300"}, 1},
		{store.CallerIDFilter{Number: "+15550100301"}, 0},
		{store.CallerIDFilter{Number: "x"}, 0},
		{store.CallerIDFilter{FriendlyName: "Desk"}, 1},
		{store.CallerIDFilter{FriendlyName: "desk"}, 0},
	} {
		l, err := s.CallerIDs(ctx, test.filter, store.Page{Size: 5})
		if err != nil || len(l.Items) != test.want || test.want == 1 && l.Items[0].Info != c {
			t.Errorf("%+v: %+v, %v; want %d", test.filter, l, err, test.want)
		}
	}
	if ok, err := s.NameCallerID(ctx, c.SID, "Door"); !ok || err != nil {
		t.Errorf("NameCallerID = %v, %v", ok, err)
	}
	if l, _ := s.CallerIDs(ctx, store.CallerIDFilter{FriendlyName: "Door"}, store.Page{Size: 5}); len(l.Items) != 1 {
		t.Errorf("after the naming: %+v", l)
	}
	for _, want := range []bool{true, false} {
		if ok, err := s.RemoveCallerID(ctx, string(c.SID)); ok != want || err != nil {
			t.Errorf("RemoveCallerID = %v, %v; want %v", ok, err, want)
		}
	}
	if ok, err := s.NameCallerID(ctx, c.SID, "x"); ok || err != nil {
		t.Errorf("NameCallerID of none = %v, %v", ok, err)
	}
	if _, err := s.AddCallerID(ctx, contract.CallerIDInfo{Number: "+15550100300"}); err != nil {
		t.Fatal(err)
	}
	if ok, err := s.RemoveCallerID(ctx, "1-555-010-0300"); !ok || err != nil {
		t.Errorf("RemoveCallerID by number = %v, %v", ok, err)
	}
}
