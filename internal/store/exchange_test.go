package store_test

import (
	"testing"
	"time"

	"confab/internal/contract"
	"confab/internal/store"
)

// exchanges counts what is kept of requests.
func exchanges(t *testing.T, dir string) (n int) {
	t.Helper()
	if err := raw(t, dir).QueryRow("SELECT count(*) FROM exchanges").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// An exchange is kept once for all notices about it, is shown with one that is
// asked for, and goes with the last of them: when they are too old, or their
// call is removed.
func TestExchanges(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	old := time.Now().Add(-48 * time.Hour)
	add := func(at time.Time, call int, code contract.Code, x *contract.Exchange) contract.Event {
		e := contract.Event{Type: contract.EventCallWarning, Time: at, Warning: &contract.Warning{Code: code, Exchange: x},
			Call: &contract.CallInfo{SID: contract.CallSID(sidOf("CA", call)), Status: contract.CallCompleted, Created: at}}
		e.Pos = s.Append(e)
		return e
	}
	x := func(id string) *contract.Exchange {
		return &contract.Exchange{ID: id, Method: "GET", Variables: "CallSid=" + id, Headers: "Server=x", Body: "<Response/>"}
	}
	document := x("document")
	add(old, 1, contract.CodeSchema, document)
	add(time.Now(), 1, contract.CodeSayLoop, document)
	add(old, 2, contract.CodeParse, x("old"))
	add(time.Now(), 3, contract.CodeParse, x("removed"))
	add(time.Now(), 4, contract.CodeInternalDocument, nil)
	told := add(time.Now(), 5, contract.CodeParse, nil)
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Warn(told, contract.Warning{Code: contract.CodeCallbackWarning, Exchange: x("callback")})
	s.Warn(told, contract.Warning{Code: contract.CodeCallbackWarning, Exchange: x("again")}) // that notice is there already
	until(t, func() bool { return exchanges(t, dir) == 4 })

	l, err := s.Notices(t.Context(), store.NoticeFilter{}, store.Page{Size: 50})
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range l.Items {
		if item.Info.Exchange != nil {
			t.Errorf("%s: a list has %+v", item.Info.SID, item.Info.Exchange)
		}
		one, err := s.Notices(t.Context(), store.NoticeFilter{SID: item.Info.SID}, store.Page{Size: 1})
		if err != nil || len(one.Items) != 1 {
			t.Fatal(err)
		}
		got := one.Items[0].Info
		switch {
		case got.Code == contract.CodeInternalDocument, got.Code == contract.CodeParse && got.Call == told.Call.SID:
			if got.Exchange != nil || got.Method != "" {
				t.Errorf("one about nothing that was asked: %+v, %q", got.Exchange, got.Method)
			}
		case got.Exchange == nil || *got.Exchange != *x(got.Exchange.ID) || item.Info.Method != "GET":
			t.Errorf("%s: %+v, %q", got.SID, got.Exchange, item.Info.Method)
		}
	}

	yesterday := time.Now().Add(-24 * time.Hour)
	if _, err := s.Prune(t.Context(), store.Limits{Warnings: yesterday}); err != nil {
		t.Fatal(err)
	}
	if n := exchanges(t, dir); n != 3 {
		t.Errorf("%d are left when the old notices are gone, want 3: one is about what a newer one is about too", n)
	}
	for _, call := range []int{1, 3} {
		if _, err := s.RemoveCall(t.Context(), contract.CallSID(sidOf("CA", call))); err != nil {
			t.Fatal(err)
		}
	}
	if n := exchanges(t, dir); n != 1 {
		t.Errorf("%d are left when two calls are removed, want 1", n)
	}
}
