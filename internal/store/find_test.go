package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"confab/internal/contract"
	"confab/internal/store"
)

// noon is when the calls of these tests begin, an hour apart.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// sidOf is the nth SID of a kind.
func sidOf(kind string, n int) string { return fmt.Sprintf("%s%032x", kind, n) }

// someCalls appends calls 0 to n-1, one an hour; every third one has ended, a
// minute after it began.
func someCalls(t *testing.T, s *store.Store, n int) {
	t.Helper()
	for i := range n {
		began := noon.Add(time.Duration(i) * time.Hour)
		c := contract.CallInfo{SID: contract.CallSID(sidOf("CA", i)), Account: account, Created: began,
			From: "+1555020" + fmt.Sprint(i%2), To: "+15550100", Status: contract.CallInProgress, Direction: contract.Inbound}
		e := contract.Event{Type: contract.EventCallRinging, Time: began, Call: &c}
		if i%3 == 0 {
			c.Status, c.Ended, c.Parent = contract.CallCompleted, began.Add(time.Minute), contract.CallSID(sidOf("CA", 1))
			e.Type, e.Time = contract.EventCallCompleted, c.Ended
		}
		s.Append(e)
	}
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func numbersOf(l store.List[contract.CallInfo]) (numbers []int) {
	for _, item := range l.Items {
		var n int
		fmt.Sscanf(string(item.Info.SID), "CA%x", &n)
		numbers = append(numbers, n)
	}
	return numbers
}

func TestCalls_filters(t *testing.T) {
	s := open(t, t.TempDir())
	someCalls(t, s, 7)
	at := func(h int) time.Time { return noon.Add(time.Duration(h) * time.Hour) }
	for name, test := range map[string]struct {
		filter store.CallFilter
		want   []int
	}{
		"none":            {store.CallFilter{}, []int{6, 5, 4, 3, 2, 1, 0}},
		"account":         {store.CallFilter{Account: account}, []int{6, 5, 4, 3, 2, 1, 0}},
		"another account": {store.CallFilter{Account: "AC2"}, nil},
		"from":            {store.CallFilter{From: "+15550201"}, []int{5, 3, 1}},
		"to":              {store.CallFilter{To: "+15550199"}, nil},
		"parent":          {store.CallFilter{Parent: contract.CallSID(sidOf("CA", 1))}, []int{6, 3, 0}},
		"status":          {store.CallFilter{Status: contract.CallInProgress}, []int{5, 4, 2, 1}},
		"one":             {store.CallFilter{SID: contract.CallSID(sidOf("CA", 4))}, []int{4}},
		"begun from":      {store.CallFilter{Created: store.Span{From: at(5)}}, []int{6, 5}},
		"begun before":    {store.CallFilter{Created: store.Span{To: at(2)}}, []int{1, 0}},
		"ended in":        {store.CallFilter{Ended: store.Span{From: at(3), To: at(6)}}, []int{3}},
		"two of these":    {store.CallFilter{From: "+15550201", Status: contract.CallInProgress}, []int{5, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := s.Calls(t.Context(), test.filter, store.Page{Size: 50})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(test.want, numbersOf(l)); d != "" || l.More || l.Earlier {
				t.Errorf("more %v, earlier %v, want (-), got (+):\n%s", l.More, l.Earlier, d)
			}
		})
	}
}

// A place in a list stays where it is while others join in front of it.
func TestCalls_pagesForwardAndBack(t *testing.T) {
	s := open(t, t.TempDir())
	someCalls(t, s, 7)
	page := func(p store.Page) store.List[contract.CallInfo] {
		t.Helper()
		l, err := s.Calls(t.Context(), store.CallFilter{}, p)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	first := page(store.Page{Size: 3})
	if got := numbersOf(first); !slices.Equal(got, []int{6, 5, 4}) || !first.More {
		t.Fatalf("first page: %v, more %v", got, first.More)
	}
	someCalls(t, s, 9) // two newer ones
	second := page(store.Page{Size: 3, After: first.Items[2].Key})
	if got := numbersOf(second); !slices.Equal(got, []int{3, 2, 1}) || !second.More {
		t.Errorf("second page: %v, more %v", got, second.More)
	}
	last := page(store.Page{Size: 3, After: second.Items[2].Key})
	if got := numbersOf(last); !slices.Equal(got, []int{0}) || last.More {
		t.Errorf("last page: %v, more %v", got, last.More)
	}
	back := page(store.Page{Size: 3, Before: second.Items[0].Key})
	if got := numbersOf(back); !slices.Equal(got, []int{6, 5, 4}) || !back.Earlier || !back.More {
		t.Errorf("back: %v, earlier %v, more %v", got, back.Earlier, back.More)
	}
	start := page(store.Page{Size: 3, Before: back.Items[0].Key})
	if got := numbersOf(start); !slices.Equal(got, []int{8, 7}) || start.Earlier {
		t.Errorf("to the start: %v, earlier %v", got, start.Earlier)
	}
	if got := numbersOf(page(store.Page{Size: 3, Skip: 6})); !slices.Equal(got, []int{2, 1, 0}) {
		t.Errorf("skipping: %v", got)
	}
}

// Records of one moment are told apart by their SID: none is lost between two
// pages, none comes twice.
func TestCalls_pagesAmongEquals(t *testing.T) {
	s := open(t, t.TempDir())
	for i := range 10 {
		s.Append(contract.Event{Type: contract.EventCallRinging, Time: noon,
			Call: &contract.CallInfo{SID: contract.CallSID(sidOf("CA", i)), Account: account, Created: noon, Status: contract.CallRinging}})
	}
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []int
	for p := (store.Page{Size: 3}); ; {
		l, err := s.Calls(t.Context(), store.CallFilter{}, p)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, numbersOf(l)...)
		if !l.More {
			break
		}
		p.After = l.Items[len(l.Items)-1].Key
	}
	if !slices.Equal(got, []int{9, 8, 7, 6, 5, 4, 3, 2, 1, 0}) {
		t.Errorf("got %v", got)
	}
}

func TestConferences_filters(t *testing.T) {
	s := open(t, t.TempDir())
	for i := range 4 {
		c := contract.ConferenceInfo{SID: contract.ConferenceSID(sidOf("CF", i)), Account: account,
			FriendlyName: []string{"tea", "it's; --"}[i%2], Status: contract.ConferenceInit, Created: noon.Add(time.Duration(i) * 24 * time.Hour)}
		s.Append(contract.Event{Type: contract.EventParticipantJoin, Time: c.Created, Conference: &c,
			Participant: &contract.ParticipantInfo{Conference: c.SID, Call: contract.CallSID(sidOf("CA", i)), Joined: c.Created}})
		if i == 3 {
			begun := c // what was appended is not to be changed
			begun.Status = contract.ConferenceInProgress
			s.Append(contract.Event{Type: contract.EventConferenceStart, Time: c.Created.Add(time.Hour), Conference: &begun})
		}
	}
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	day := func(n int) time.Time { return noon.Truncate(24 * time.Hour).Add(time.Duration(n) * 24 * time.Hour) }
	for name, test := range map[string]struct {
		filter store.ConferenceFilter
		want   []string
	}{
		"none":      {store.ConferenceFilter{}, []string{"CF3", "CF2", "CF1", "CF0"}},
		"name":      {store.ConferenceFilter{FriendlyName: "it's; --"}, []string{"CF3", "CF1"}},
		"no name":   {store.ConferenceFilter{FriendlyName: "te"}, nil},
		"status":    {store.ConferenceFilter{Status: contract.ConferenceInProgress}, []string{"CF3"}},
		"created":   {store.ConferenceFilter{Created: store.Span{From: day(1), To: day(3)}}, []string{"CF2", "CF1"}},
		"updated":   {store.ConferenceFilter{Updated: store.Span{From: day(3).Add(13 * time.Hour)}}, []string{"CF3"}},
		"one":       {store.ConferenceFilter{SID: contract.ConferenceSID(sidOf("CF", 2))}, []string{"CF2"}},
		"elsewhere": {store.ConferenceFilter{Account: "AC2"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := s.Conferences(t.Context(), test.filter, store.Page{Size: 50})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, item := range l.Items {
				got = append(got, "CF"+string(item.Info.SID[33:]))
			}
			if d := cmp.Diff(test.want, got); d != "" {
				t.Errorf("want (-), got (+):\n%s", d)
			}
		})
	}
	updated, err := s.ParticipantsUpdated(t.Context(), contract.ConferenceSID(sidOf("CF", 3)))
	if want := map[contract.CallSID]time.Time{contract.CallSID(sidOf("CA", 3)): noon.Add(72 * time.Hour)}; err != nil || !cmp.Equal(updated, want) {
		t.Errorf("participants: got %v, %v, want %v", updated, err, want)
	}
}

func TestNotices(t *testing.T) {
	s := open(t, t.TempDir())
	call := contract.CallInfo{SID: contract.CallSID(sidOf("CA", 1)), Account: account, Created: noon, Status: contract.CallRinging}
	s.Append(contract.Event{Type: contract.EventCallWarning, Time: noon, Call: &call,
		Warning: &contract.Warning{Code: contract.CodeSchema, Message: "what is <Sing>?", URL: "http://app.test/voice"}})
	s.Append(contract.Event{Type: contract.EventCallWarning, Time: noon.Add(time.Minute), Call: &call,
		Warning: &contract.Warning{Code: contract.CodeParse, Message: "line 3"}})
	conf := contract.ConferenceInfo{SID: contract.ConferenceSID(sidOf("CF", 1)), Account: account, Created: noon}
	told := contract.Event{Type: contract.EventConferenceStart, Time: noon.Add(time.Hour), Conference: &conf,
		Callback: &contract.Callback{URL: "http://app.test/conf", Method: "GET"}}
	told.Pos = s.Append(told)
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Warn(told, contract.Warning{Code: contract.CodeEventDelivery, Message: "404", URL: "http://app.test/conf"})
	find := func(f store.NoticeFilter) (found []store.Notice) {
		t.Helper()
		l, err := s.Notices(t.Context(), f, store.Page{Size: 50})
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range l.Items {
			found = append(found, item.Info)
		}
		return found
	}
	for deadline := time.Now().Add(10 * time.Second); len(find(store.NoticeFilter{})) < 3; {
		if time.Now().After(deadline) {
			t.Fatal("the notice was not written")
		}
		time.Sleep(time.Millisecond)
	}
	codes := func(f store.NoticeFilter) (codes []int) {
		for _, n := range find(f) {
			codes = append(codes, int(n.Code))
		}
		return codes
	}
	errors, warnings := contract.LevelError, contract.LevelWarning
	for name, test := range map[string]struct {
		filter store.NoticeFilter
		want   []int
	}{
		"all":       {store.NoticeFilter{}, []int{16011, 12100, 12200}},
		"of a call": {store.NoticeFilter{Call: call.SID}, []int{12100, 12200}},
		"errors":    {store.NoticeFilter{Level: &errors}, []int{16011, 12100}},
		"warnings":  {store.NoticeFilter{Level: &warnings}, []int{12200}},
		"of a time": {store.NoticeFilter{At: store.Span{From: noon, To: noon.Add(time.Minute)}}, []int{12200}},
		"no such":   {store.NoticeFilter{SID: contract.NotificationSID(sidOf("NO", 1))}, nil},
		"not one":   {store.NoticeFilter{SID: "NO1"}, nil},
	} {
		if d := cmp.Diff(test.want, codes(test.filter)); d != "" {
			t.Errorf("%s: want (-), got (+):\n%s", name, d)
		}
	}
	all := find(store.NoticeFilter{})
	if n := all[0]; n.Method != "GET" || n.Call != "" || n.URL != "http://app.test/conf" {
		t.Errorf("about a callback: %+v", n)
	}
	if n := all[2]; n.Method != "" || n.Call != call.SID || !n.At.Equal(noon) || n.Message != "what is <Sing>?" {
		t.Errorf("on a call: %+v", n)
	}
	for _, n := range all {
		if got := find(store.NoticeFilter{SID: n.SID}); len(got) != 1 || got[0] != n || !n.SID.Valid() {
			t.Errorf("%s: got %+v", n.SID, got)
		}
	}
}

func TestRemoveCall(t *testing.T) {
	s := open(t, t.TempDir())
	someCalls(t, s, 2) // 0 has ended, 1 has not
	ended, live := contract.CallSID(sidOf("CA", 0)), contract.CallSID(sidOf("CA", 1))
	for _, sid := range []contract.CallSID{ended, live} {
		c, _, err := s.Call(t.Context(), sid)
		if err != nil {
			t.Fatal(err)
		}
		s.Append(contract.Event{Type: contract.EventCallWarning, Time: noon, Call: &c, Warning: &contract.Warning{Code: contract.CodeSchema}})
	}
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	for sid, want := range map[contract.CallSID]bool{ended: true, live: false, "CA5": false} {
		if got, err := s.RemoveCall(t.Context(), sid); got != want || err != nil {
			t.Errorf("remove %s: %v, %v", sid, got, err)
		}
	}
	for sid, want := range map[contract.CallSID]int{ended: 0, live: 1} {
		_, ok, err := s.Call(t.Context(), sid)
		warnings, err2 := s.Warnings(t.Context(), sid)
		if err != nil || err2 != nil || ok != (want == 1) || len(warnings) != want {
			t.Errorf("%s: %v with %d warnings, %v, %v", sid, ok, len(warnings), err, err2)
		}
	}
}

func TestProfile(t *testing.T) {
	s := open(t, t.TempDir())
	first, err := s.Profile(t.Context(), account, "Confab")
	if err != nil || first.FriendlyName != "Confab" || time.Since(first.Created) > time.Minute {
		t.Fatalf("got %+v, %v", first, err)
	}
	if err := s.SetFriendlyName(t.Context(), account, "Tea & Sons"); err != nil {
		t.Fatal(err)
	}
	got, err := s.Profile(t.Context(), account, "another")
	if err != nil || got.FriendlyName != "Tea & Sons" || !got.Created.Equal(first.Created) || got.Updated.Before(first.Updated) {
		t.Errorf("got %+v, %v, after %+v", got, err, first)
	}
}
