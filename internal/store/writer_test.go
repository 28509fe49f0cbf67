package store

import (
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/contract"
)

// A commit that reached the disk though it was called an error is made again:
// the same batch a second time changes nothing.
func TestCommitTwiceIsOnce(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w := &writer{db: s.db.change, journal: newJournal(0), log: slog.New(slog.DiscardHandler)}
	defer w.disconnect(nil)
	conf := contract.ConferenceInfo{SID: "CF1", Status: contract.ConferenceInProgress}
	todo := work{
		events: []contract.Event{
			{Pos: 1, Type: contract.EventParticipantJoin, Conference: &conf, Participant: &contract.ParticipantInfo{Call: "CA1"}},
			{Pos: 2, Type: contract.EventCallWarning, Call: &contract.CallInfo{SID: "CA1"}, Warning: &contract.Warning{Code: 12200}},
		},
		cursors: map[string]contract.Pos{"": 1, "CF1": 2},
		notices: []notice{{contract.Event{Pos: 1, Conference: &conf}, contract.Warning{Code: 16011}, time.Now()}},
	}
	dump := func() string {
		t.Helper()
		var b strings.Builder
		for _, table := range []string{"events", "calls", "conferences", "participants", "warnings", "cursors"} {
			var n int
			if err := s.db.read.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&b, table, n)
		}
		return b.String()
	}
	if err := w.commit(todo); err != nil {
		t.Fatal(err)
	}
	once := dump()
	if want := "events 2\ncalls 1\nconferences 1\nparticipants 1\nwarnings 2\ncursors 2\n"; once != want {
		t.Errorf("after one commit:\n%swant\n%s", once, want)
	}
	if err := w.commit(todo); err != nil {
		t.Fatalf("the same again: %v", err)
	}
	if twice := dump(); twice != once {
		t.Errorf("after two commits:\n%swant\n%s", twice, once)
	}
}

// While many events come a commit is begun every 20 ms; who writes little waits for none.
func TestCommits_areSharedWhileManyEventsCome(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(t.Context(), dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		event := func(n int) contract.Event {
			return contract.Event{Type: contract.EventCallRinging, Sequence: n, Time: time.Now(), Call: &contract.CallInfo{SID: "CA1", Created: time.Now()}}
		}
		// commits counts those of a second, in which so many events come each millisecond.
		commits := func(each int) (n int) {
			before := s.journal.committedTo()
			for range 1000 {
				for range each {
					s.Append(event(1))
				}
				time.Sleep(time.Millisecond)
				synctest.Wait()
				if now := s.journal.committedTo(); now != before {
					before = now
					n++
				}
			}
			return n
		}
		if n := commits(5); n < 45 || n > 60 {
			t.Errorf("%d commits in a second of many events, want some 50", n)
		}
		time.Sleep(time.Second)
		began := time.Now()
		for range many - 1 { // and none of them waits for those before
			if err := s.Wait(t.Context(), s.Append(event(1))); err != nil {
				t.Fatal(err)
			}
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("a few events waited %v for their commits", waited)
		}
	})
}

// A slow disk that always has a few events to write leaves the lock to others now and then.
func TestCommits_leaveTheLockToOthers(t *testing.T) {
	for _, takes := range []time.Duration{3 * time.Millisecond, 30 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			w := &writer{journal: newJournal(0), rested: time.Now()}
			longest, held := time.Duration(0), time.Now()
			for range 100 {
				w.begin(1)
				time.Sleep(takes) // the commit
				ends := time.Now()
				longest = max(longest, ends.Sub(held))
				if w.rest(); time.Since(ends) >= breath {
					held = time.Now()
				}
			}
			if longest > apart+takes {
				t.Errorf("commits of %v: others do not get the lock for %v", takes, longest)
			}
		})
	}
}

// What a commit promises, and who may write, are settings of each connection.
func TestConnectionSettings(t *testing.T) {
	dir := t.TempDir()
	if err := prepare(dir); err != nil {
		t.Fatal(err)
	}
	db, err := connect(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.close()
	for name, c := range map[string]struct {
		db       *sql.DB
		readOnly string
	}{"write": {db.write, "0"}, "read": {db.read, "1"}, "change": {db.change, "0"}} {
		for pragma, want := range map[string]string{
			"synchronous":  "2", // FULL: a commit is on the disk when it returns
			"journal_mode": "wal", "foreign_keys": "1", "query_only": c.readOnly,
		} {
			var got string
			if err := c.db.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s: %s = %q, %v, want %q", name, pragma, got, err, want)
			}
		}
	}
}
