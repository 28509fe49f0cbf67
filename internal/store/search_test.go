package store_test

import (
	"fmt"
	"testing"
	"time"

	"confab/internal/contract"
	"confab/internal/store"
)

// full returns a store with so many calls, one a second.
func full(tb testing.TB, calls int) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), tb.TempDir(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	for i := range calls {
		c := contract.CallInfo{SID: contract.CallSID(fmt.Sprintf("CA%032x", i)), Account: account, From: fmt.Sprintf("+1555%07d", i), To: "+15550100",
			Number: "+15550100", Caller: fmt.Sprint("Caller ", i), Status: contract.CallCompleted, Created: at(0).Add(time.Duration(i) * time.Second),
			SIPCallID: fmt.Sprintf("%x@192.0.2.20", i*7919), Headers: map[string]string{"X-Filler": fmt.Sprintf("%0400d", i)}}
		s.Append(contract.Event{Type: contract.EventCallCompleted, Time: c.Created, Call: &c})
	}
	if err := s.Sync(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return s
}

func search(tb testing.TB, s *store.Store, f store.Search, p store.Page) (sids []contract.CallSID, l store.List[store.Found]) {
	tb.Helper()
	l, err := s.Search(tb.Context(), f, p)
	if err != nil {
		tb.Fatal(err)
	}
	for _, item := range l.Items {
		sids = append(sids, item.Info.SID)
	}
	return sids, l
}

// A search goes through all pages, newest first, and finds each call once.
func TestSearch_pages(t *testing.T) {
	s := full(t, 250)
	seen := map[contract.CallSID]bool{}
	p := store.Page{Size: 100}
	var last time.Time
	for pages := 1; ; pages++ {
		_, l := search(t, s, store.Search{Text: "  CALLER "}, p)
		for _, item := range l.Items {
			if !last.IsZero() && !item.Info.Created.Before(last) {
				t.Fatalf("%v comes after %v", item.Info.Created, last)
			}
			last, p.After = item.Info.Created, item.Key
			seen[item.Info.SID] = true
		}
		if !l.More {
			if pages != 3 || len(seen) != 250 {
				t.Errorf("%d pages with %d calls", pages, len(seen))
			}
			break
		}
	}
	for text, want := range map[string]int{"+15550000042": 1, "5550000042": 1, fmt.Sprintf("ca%032x", 42): 1, "%": 0, "'": 0, "+15550100": 250} {
		if got, _ := search(t, s, store.Search{Text: text}, store.Page{Size: 300}); len(got) != want {
			t.Errorf("%q: %d calls, want %d", text, len(got), want)
		}
	}
	got, _ := search(t, s, store.Search{Created: store.Span{From: at(10), To: at(20)}}, store.Page{Size: 300})
	if len(got) != 10 {
		t.Errorf("of ten seconds: %d calls", len(got))
	}
}

// What is removed with a call goes: the text that it is found by, its story. What
// is too old of stories goes by itself.
func TestStories_areForgotten(t *testing.T) {
	s := full(t, 3)
	sid := func(i int) contract.CallSID { return contract.CallSID(fmt.Sprintf("CA%032x", i)) }
	for i := range 3 {
		for part := range 2 {
			if !s.KeepPart(string(sid(i)), part, at(10*i), []byte{byte(i), byte(part)}) {
				t.Fatal("not kept")
			}
		}
		if !s.KeepDelivery(contract.Pos(i+1), 1, []byte("{}")) {
			t.Fatal("not kept")
		}
	}
	s.KeepPart(string(sid(0)), 1, at(0), []byte("anew"))
	refused := contract.CallInfo{SID: sid(9), Account: account, Status: contract.CallFailed, Created: at(0), From: "refused"}
	s.KeepRefused(refused)
	s.SetCursor("", 3)
	parts := func(i int) int {
		all, err := s.Parts(t.Context(), string(sid(i)))
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	for parts(2) < 2 || func() bool { _, ok, _ := s.Refused(t.Context(), sid(9)); return !ok }() {
		time.Sleep(5 * time.Millisecond) // it is committed soon
	}
	if all, _ := s.Parts(t.Context(), string(sid(0))); string(all[1]) != "anew" {
		t.Errorf("a part written anew: %q", all[1])
	}
	if d, err := s.Deliveries(t.Context(), []contract.Pos{1, 2, 3, 4}); err != nil || len(d) != 3 {
		t.Errorf("deliveries: %v, %v", d, err)
	}
	if ok, err := s.RemoveCall(t.Context(), sid(1)); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if got, _ := search(t, s, store.Search{Text: string(sid(1))}, store.Page{Size: 9}); len(got) != 0 || parts(1) != 0 {
		t.Errorf("of a call that was removed: found %v, %d parts", got, parts(1))
	}
	s.KeepPart(string(sid(1)), 7, at(0), []byte("late"))
	s.KeepPart(string(sid(2)), 7, at(20), []byte("late"))
	for parts(2) < 3 {
		time.Sleep(5 * time.Millisecond)
	}
	if parts(1) != 0 {
		t.Error("what comes late of a call that was removed is kept")
	}
	done, err := s.Prune(t.Context(), store.Limits{Stories: at(15), Events: at(2)})
	if err != nil || done.Stories != 2 || parts(0) != 0 || parts(2) != 3 {
		t.Errorf("pruned %+v, %v; left %d and %d", done, err, parts(0), parts(2))
	}
	for i := range 5 {
		refused.SID, refused.Created = sid(20+i), at(100+i)
		s.KeepRefused(refused)
	}
	for func() bool { _, ok, _ := s.Refused(t.Context(), sid(24)); return !ok }() {
		time.Sleep(5 * time.Millisecond)
	}
	if _, err := s.Prune(t.Context(), store.Limits{Refused: 2}); err != nil {
		t.Fatal(err)
	}
	refusals := true
	if got, _ := search(t, s, store.Search{Refused: &refusals}, store.Page{Size: 9}); len(got) != 2 || got[0] != sid(24) || got[1] != sid(23) {
		t.Errorf("the newest two that were refused: %v", got)
	}
	refusals = false
	if got, _ := search(t, s, store.Search{Refused: &refusals}, store.Page{Size: 9}); len(got) != 2 {
		t.Errorf("left: %v", got)
	}
	if d, err := s.Deliveries(t.Context(), []contract.Pos{1, 2, 3}); err != nil || len(d) != 1 {
		t.Errorf("deliveries of events that were pruned: %v, %v", d, err)
	}
}

// What does not fit is refused, and nobody waits.
func TestKeepPart_isBounded(t *testing.T) {
	s := full(t, 0)
	body := make([]byte, 8<<20)
	kept := 0
	begin := time.Now()
	for range 100 {
		if s.KeepPart("CA1", 0, at(0), body) {
			kept++
		}
	}
	if took := time.Since(begin); kept == 100 || kept < 3 || took > 5*time.Second {
		t.Errorf("%d of 100 parts of 8 MB were taken, in %v", kept, took)
	}
}

func BenchmarkSearch_100k(b *testing.B) {
	s := full(b, 100_000)
	for name, f := range map[string]store.Search{
		"newest":  {},
		"nothing": {Text: "nobody of this name"},
		"SID":     {Text: fmt.Sprintf("CA%032x", 7)},
		"oldest":  {Text: "+15550000000"},
		"day":     {Text: "+15550000000", Created: store.Span{From: at(0), To: at(0).Add(24 * time.Hour)}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				search(b, s, f, store.Page{Size: 50})
			}
		})
	}
}
