package store

import (
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"time"

	"confab/internal/contract"
)

// BenchmarkCommit_calls is what calls that stand in conferences cost the writer:
// six events and a story of each, 20 events in a commit.
func BenchmarkCommit_calls(b *testing.B) {
	s, err := Open(b.Context(), b.TempDir(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	w := &writer{db: s.db.change, journal: newJournal(0), log: slog.New(slog.DiscardHandler)}
	defer w.disconnect(nil)
	rooms := make([]contract.ConferenceSID, 50)
	for i := range rooms {
		rooms[i] = contract.NewConferenceSID()
	}
	// Of 500 calls that live at a time each has its next event in turn.
	type life struct {
		info contract.CallInfo
		room contract.ConferenceInfo
		step int
	}
	lives := make([]life, 500)
	for i := range lives {
		lives[i].step = i % 6
	}
	story := []byte(strings.Repeat("deflated ", 250))
	var todo work
	var pos contract.Pos
	account := contract.AccountSID("AC" + strings.Repeat("0", 32))
	next := func(i int) {
		l := &lives[i%len(lives)]
		now := time.Now()
		if l.step == 0 || l.info.SID == "" {
			l.info = contract.CallInfo{SID: contract.NewCallSID(), Account: account, Number: "*", From: fmt.Sprint("caller-", i), To: "room-7", Status: contract.CallRinging,
				Direction: contract.Inbound, Created: now, SIPCallID: fmt.Sprint("abcdefghijk-", i), SIPDomain: "127.0.0.1", SourceIP: "127.0.0.1"}
			l.room = contract.ConferenceInfo{SID: rooms[i%len(rooms)], Account: account, FriendlyName: "room-7", Status: contract.ConferenceInProgress, Created: now, Participants: 10}
		}
		pos++
		e := contract.Event{Pos: pos, Time: now}
		info, room := l.info, l.room
		p := &contract.ParticipantInfo{Conference: room.SID, Call: info.SID, Joined: now, StartOnEnter: true}
		switch l.step {
		case 0:
			e.Type, e.Call = contract.EventCallRinging, &info
		case 1:
			info.Status, info.Answered = contract.CallInProgress, now
			e.Type, e.Call = contract.EventCallAnswered, &info
		case 2:
			e.Type, e.Conference, e.Participant = contract.EventParticipantJoin, &room, p
		case 3:
			e.Type, e.Conference, e.Participant = contract.EventParticipantLeave, &room, p
		case 4:
			info.Status, info.Ended = contract.CallCompleted, now
			e.Type, e.Call = contract.EventCallCompleted, &info
		case 5:
			info.Quality = &contract.Quality{}
			e.Type, e.Call = contract.EventCallQuality, &info
			todo.kept = append(todo.kept, kept{subject: string(info.SID), at: now, body: story})
		}
		l.info = info
		l.step = (l.step + 1) % 6
		todo.events = append(todo.events, e)
	}
	var before, after syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	b.ResetTimer()
	for i := range b.N * 6 {
		next(i)
		if len(todo.events) == 20 {
			if err := w.commit(todo); err != nil {
				b.Fatal(err)
			}
			todo = work{}
		}
	}
	b.StopTimer()
	syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	used := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	b.ReportMetric(float64(used)/1000/float64(b.N), "cpu-µs/call")
}
