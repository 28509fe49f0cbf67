package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"confab/internal/contract"
	"confab/internal/store"
)

const account = contract.AccountSID("AC0123456789abcdef0123456789abcdef")

func open(t *testing.T, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// callEvent is the nth event of a call.
func callEvent(sid contract.CallSID, n int, status contract.CallStatus) contract.Event {
	return contract.Event{Type: contract.EventCallRinging, Sequence: n, Time: time.Date(2026, 11, 20, 12, 0, n, 0, time.UTC),
		Call: &contract.CallInfo{SID: sid, Account: account, From: "+15550111", To: "+15550100", Status: status,
			Direction: contract.Inbound, Created: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}}
}

func wait(t *testing.T, s *store.Store, pos contract.Pos) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := s.Wait(ctx, pos); err != nil {
		t.Fatalf("wait for %d: %v", pos, err)
	}
}

// tailAll reads the whole journal in steps.
func tailAll(t *testing.T, s *store.Store, step int) (events []contract.Event) {
	t.Helper()
	var after contract.Pos
	for {
		more, err := s.Tail(t.Context(), after, step)
		if err != nil {
			t.Fatal(err)
		}
		if len(more) == 0 {
			return events
		}
		events = append(events, more...)
		after = more[len(more)-1].Pos
	}
}

func TestAppendTailReturnsWhatWasAppended(t *testing.T) {
	s := open(t, t.TempDir())
	call := callEvent(contract.NewCallSID(), 3, contract.CallRinging)
	call.Call.Headers = map[string]string{"X-Room": "tea"}
	call.Callback = &contract.Callback{URL: "https://example.com/status", Method: "GET"}
	conf := contract.Event{Type: contract.EventParticipantLeave, Sequence: 7, Time: time.Date(2026, 11, 20, 12, 0, 0, 123456789, time.UTC),
		Conference:  &contract.ConferenceInfo{SID: contract.NewConferenceSID(), Account: account, FriendlyName: "tea", Status: contract.ConferenceInProgress},
		Participant: &contract.ParticipantInfo{Call: call.Call.SID, Label: "ann", Muted: true},
		LeaveReason: contract.LeftHungUp, CallStatus: contract.CallCompleted}

	if got := s.Append(call); got != 1 {
		t.Fatalf("first position = %d, want 1", got)
	}
	pos := s.Append(conf)
	if pos != 2 {
		t.Fatalf("second position = %d, want 2", pos)
	}
	wait(t, s, pos)
	if got := s.Committed(); got != 2 {
		t.Errorf("Committed() = %d, want 2", got)
	}
	call.Pos, conf.Pos = 1, 2
	if diff := cmp.Diff([]contract.Event{call, conf}, tailAll(t, s, 1)); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
	for _, max := range []int{0, -1} {
		if got, err := s.Tail(t.Context(), 0, max); err != nil || len(got) != 0 {
			t.Errorf("Tail(max %d) = %d events, %v, want none", max, len(got), err)
		}
	}
}

func TestPositionsGoOnAfterRestart(t *testing.T) {
	dir := t.TempDir()
	sid := contract.NewCallSID()
	for start := range 3 {
		s, err := store.Open(t.Context(), dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			n := start*10 + i
			if got, want := s.Append(callEvent(sid, n, contract.CallRinging)), contract.Pos(n+1); got != want {
				t.Fatalf("position = %d, want %d", got, want)
			}
		}
		if err := s.Close(); err != nil { // commits what was appended
			t.Fatal(err)
		}
	}
	s := open(t, dir)
	for i, e := range tailAll(t, s, 7) {
		if e.Pos != contract.Pos(i+1) || e.Sequence != i {
			t.Fatalf("event %d of the journal is position %d, sequence %d", i, e.Pos, e.Sequence)
		}
	}
	if got := s.Committed(); got != 30 {
		t.Errorf("Committed() = %d, want 30", got)
	}
}

func TestOrderUnderManyGoroutines(t *testing.T) {
	s := open(t, t.TempDir())
	const subjects, each = 50, 60
	var all sync.WaitGroup
	for range subjects {
		all.Go(func() {
			sid := contract.NewCallSID()
			var mu sync.Mutex // the subject's own
			var last contract.Pos
			for n := range each {
				mu.Lock()
				pos := s.Append(callEvent(sid, n, contract.CallInProgress))
				mu.Unlock()
				if pos <= last {
					t.Errorf("position %d after %d", pos, last)
				}
				last = pos
			}
			wait(t, s, last)
			events, err := s.Tail(t.Context(), last-1, 1)
			if err != nil || len(events) != 1 || events[0].Call.SID != sid || events[0].Sequence != each-1 {
				t.Errorf("after Wait(%d) the journal has %v there, %v", last, events, err)
			}
		})
	}
	all.Wait()
	next := make(map[contract.CallSID]int)
	events := tailAll(t, s, 999)
	for i, e := range events {
		if e.Pos != contract.Pos(i+1) {
			t.Fatalf("gap: event %d has position %d", i, e.Pos)
		}
		if e.Sequence != next[e.Call.SID] {
			t.Fatalf("%s: sequence %d, want %d", e.Call.SID, e.Sequence, next[e.Call.SID])
		}
		next[e.Call.SID]++
	}
	if len(events) != subjects*each {
		t.Errorf("%d events, want %d", len(events), subjects*each)
	}
}

func TestHundredThousandAppends(t *testing.T) {
	n := 100_000
	if raceDetector {
		n = 25_000 // still more than the backlog may hold
	}
	s := open(t, t.TempDir())
	var pos contract.Pos
	var slowest time.Duration
	for i := range n {
		start := time.Now()
		pos = s.Append(callEvent("CA00000000000000000000000000000000", i, contract.CallInProgress))
		slowest = max(slowest, time.Since(start))
	}
	if err := s.Healthy(); !errors.Is(err, store.ErrBacklog) {
		t.Errorf("with %d events behind, Healthy() = %v, want ErrBacklog", pos-s.Committed(), err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := s.Wait(ctx, pos); err != nil {
		t.Fatal(err)
	}
	if err := s.Healthy(); err != nil {
		t.Errorf("with nothing behind, Healthy() = %v", err)
	}
	events := tailAll(t, s, 5000)
	if len(events) != n {
		t.Errorf("%d events, want %d", len(events), n)
	}
	for i, e := range events {
		if e.Pos != contract.Pos(i+1) || e.Sequence != i {
			t.Fatalf("event %d has position %d, sequence %d", i, e.Pos, e.Sequence)
		}
	}
	t.Logf("slowest Append: %v", slowest)
}

func TestWait(t *testing.T) {
	s, err := store.Open(t.Context(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	wait(t, s, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Wait(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait with an ended ctx = %v, want context.Canceled", err)
	}
	pos := s.Append(callEvent(contract.NewCallSID(), 0, contract.CallRinging))
	wait(t, s, pos)
	if err := s.Wait(ctx, pos); err != nil {
		t.Errorf("Wait for what is committed, with an ended ctx = %v, want nil", err)
	}
	var waiting sync.WaitGroup
	waiting.Go(func() {
		if err := s.Wait(t.Context(), pos+1); !errors.Is(err, store.ErrClosed) {
			t.Errorf("Wait over Close = %v, want ErrClosed", err)
		}
	})
	more := s.More(pos)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	waiting.Wait()
	<-more // Close wakes it
	<-s.More(pos + 5)
	lost := s.Append(callEvent(contract.NewCallSID(), 0, contract.CallRinging))
	if err := s.Wait(t.Context(), lost); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Wait for what was appended after Close = %v, want ErrClosed", err)
	}
	if err := s.Healthy(); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Healthy() after Close = %v, want ErrClosed", err)
	}
}

func TestMoreWakesOnlyForWhatIsAfter(t *testing.T) {
	s := open(t, t.TempDir())
	first, third := s.More(0), s.More(2)
	wait(t, s, s.Append(callEvent(contract.NewCallSID(), 0, contract.CallRinging)))
	<-first
	wait(t, s, s.Append(callEvent(contract.NewCallSID(), 0, contract.CallRinging)))
	select {
	case <-third:
		t.Error("More(2) closed when position 2 was committed")
	default:
	}
	wait(t, s, s.Append(callEvent(contract.NewCallSID(), 0, contract.CallRinging)))
	<-third
	<-s.More(2) // closed from the start
}

// Whoever asked to be told is found without reading the rest.
func TestTailCallbacks(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	a, b := contract.NewCallSID(), contract.NewCallSID()
	var want, wantA []contract.Pos
	var pos contract.Pos
	for n := range 300 {
		sid := []contract.CallSID{a, b}[n%2]
		e := callEvent(sid, n, contract.CallInProgress)
		if n%10 < 2 {
			e.Callback = &contract.Callback{URL: "http://127.0.0.1/status"}
		}
		pos = s.Append(e)
		if e.Callback != nil {
			want = append(want, pos)
			if sid == a {
				wantA = append(wantA, pos)
			}
		}
	}
	wait(t, s, pos)
	positions := func(events []contract.Event, err error) (got []contract.Pos) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			got = append(got, e.Pos)
		}
		return got
	}
	if got := positions(s.TailCallbacks(t.Context(), 0, 1000)); !slices.Equal(got, want) {
		t.Errorf("TailCallbacks = %v, want %v", got, want)
	}
	if got := positions(s.TailStream(t.Context(), string(a), want[2], 3)); !slices.Equal(got, wantA[2:5]) && !slices.Equal(got, wantA[1:4]) {
		t.Errorf("TailStream = %v, want three of %v", got, wantA)
	}

	db := raw(t, dir)
	for query, index := range map[string]string{
		"SELECT pos, body FROM events WHERE callback = 1 AND pos > 5 ORDER BY pos LIMIT 9":                  "events_with_callback",
		"SELECT pos, body FROM events WHERE stream = 'x' AND callback = 1 AND pos > 5 ORDER BY pos LIMIT 9": "events_by_stream",
	} {
		var id, parent, unused int
		var plan string
		if err := db.QueryRow("EXPLAIN QUERY PLAN "+query).Scan(&id, &parent, &unused, &plan); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plan, "INDEX "+index) {
			t.Errorf("%s\nuses %q, want index %s", query, plan, index)
		}
	}
}

// raw opens the database beside the store, as a meddler.
func raw(t *testing.T, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "confab.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// A disk that refuses delays what is appended; it loses and reorders nothing.
func TestDiskErrorIsRetriedInOrder(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	sid := contract.NewCallSID()
	wait(t, s, s.Append(callEvent(sid, 0, contract.CallRinging)))
	db := raw(t, dir)
	if _, err := db.Exec(`CREATE TRIGGER refuse BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'the disk refuses'); END`); err != nil {
		t.Fatal(err)
	}
	var pos contract.Pos
	for n := range 20 {
		pos = s.Append(callEvent(sid, n+1, contract.CallRinging))
	}
	until(t, func() bool { return s.Healthy() != nil })
	if err := s.Healthy(); !strings.Contains(err.Error(), "the disk refuses") {
		t.Errorf("Healthy() = %v, want it to say why", err)
	}
	if got := s.Backlog(); got != 20 {
		t.Errorf("Backlog() = %d, want 20", got)
	}
	if got := s.Committed(); got != 1 {
		t.Errorf("Committed() = %d while the disk refuses, want 1", got)
	}
	if _, err := db.Exec(`DROP TRIGGER refuse`); err != nil {
		t.Fatal(err)
	}
	wait(t, s, pos)
	if err := s.Healthy(); err != nil {
		t.Errorf("Healthy() = %v once the disk accepts", err)
	}
	for i, e := range tailAll(t, s, 100) {
		if e.Pos != contract.Pos(i+1) || e.Sequence != i {
			t.Errorf("event %d has position %d, sequence %d", i, e.Pos, e.Sequence)
		}
	}
}

func TestCloseSaysWhatWasLost(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw(t, dir).Exec(`CREATE TRIGGER refuse BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'the disk refuses'); END`); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		s.Append(callEvent(contract.NewCallSID(), n, contract.CallRinging))
	}
	err = s.Close()
	if err == nil || !strings.Contains(err.Error(), "3 events were not committed") || !strings.Contains(err.Error(), "the disk refuses") {
		t.Errorf("Close() = %v, want it to say that 3 events were lost and why", err)
	}
	if again := s.Close(); again == nil || again.Error() != err.Error() {
		t.Errorf("second Close() = %v, want the same", again)
	}
}

func until(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("did not happen within 20s")
		}
	}
}

func TestCursors(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.SetCursor("CA1", 3)
	s.SetCursor("CA1", 5)
	s.SetCursor("CF2", 9)
	s.SetCursor("CF3", 4)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	check := func(want map[string]contract.Pos) {
		t.Helper()
		var got map[string]contract.Pos
		until(t, func() bool {
			if got, err = s.Cursors(t.Context()); err != nil {
				t.Fatal(err)
			}
			return cmp.Equal(want, got)
		})
	}
	check(map[string]contract.Pos{"CA1": 5, "CF2": 9, "CF3": 4})
	s.SetCursor("", 5)
	check(map[string]contract.Pos{"": 5, "CF2": 9})
	s.SetCursor("CA1", 6)
	check(map[string]contract.Pos{"": 5, "CA1": 6, "CF2": 9})
}

// The store runs under a fake clock, and leaves no goroutine behind.
func TestInsideBubble(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(t.Context(), dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for n := range 100 {
			pos := s.Append(callEvent(contract.NewCallSID(), n, contract.CallRinging))
			if err := s.Wait(t.Context(), pos); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		if got := time.Since(start); got != 100*time.Minute {
			t.Errorf("commits took %v of the bubble's time", got-100*time.Minute)
		}
		if n, err := s.AddNumber(t.Context(), contract.NumberInfo{Number: "+15550123"}); err != nil || !n.SID.Valid() {
			t.Errorf("AddNumber = %v, %v", n, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 50} {
		b.Run(fmt.Sprintf("goroutines=%d", writers), func(b *testing.B) {
			s, err := store.Open(b.Context(), b.TempDir(), nil)
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			b.SetParallelism(writers)
			b.RunParallel(func(p *testing.PB) {
				sid := contract.NewCallSID()
				for n := 0; p.Next(); n++ {
					s.Append(callEvent(sid, n, contract.CallInProgress))
				}
			})
			if err := s.Close(); err != nil { // all on the disk
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkCommit is the time that one caller waits for its event to be on the
// disk.
func BenchmarkCommit(b *testing.B) {
	s, err := store.Open(b.Context(), b.TempDir(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	sid := contract.NewCallSID()
	for n := range b.N {
		if err := s.Wait(b.Context(), s.Append(callEvent(sid, n, contract.CallInProgress))); err != nil {
			b.Fatal(err)
		}
	}
}
