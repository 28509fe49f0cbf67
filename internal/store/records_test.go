package store_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"confab/internal/contract"
	"confab/internal/store"
)

// Records follow from events, in one batch or over several.
func TestRecordsFollowEvents(t *testing.T) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	conf := contract.ConferenceInfo{SID: contract.NewConferenceSID(), Account: account, FriendlyName: "tea", Status: contract.ConferenceInit, Created: at}
	ann := contract.ParticipantInfo{Conference: conf.SID, Call: contract.NewCallSID(), Label: "ann", Joined: at}
	bob := contract.ParticipantInfo{Conference: conf.SID, Call: contract.NewCallSID(), Joined: at.Add(time.Second)}
	sequence := 0
	event := func(kind contract.EventType, p *contract.ParticipantInfo) contract.Event {
		sequence++
		c := conf
		e := contract.Event{Type: kind, Sequence: sequence, Time: at.Add(time.Duration(sequence) * time.Second), Conference: &c}
		if p != nil {
			copied := *p
			e.Participant = &copied
		}
		return e
	}
	for _, together := range []bool{true, false} {
		t.Run(fmt.Sprintf("together=%v", together), func(t *testing.T) {
			s := open(t, t.TempDir())
			conf.Status, ann.Muted, sequence = contract.ConferenceInit, false, 0
			tell := func(e contract.Event) {
				if pos := s.Append(e); !together {
					wait(t, s, pos)
				}
			}
			check := func(wantLive int, want ...contract.ParticipantInfo) {
				t.Helper()
				wait(t, s, s.Append(callEvent(contract.NewCallSID(), 0, contract.CallCompleted)))
				got, err := s.Participants(t.Context(), conf.SID)
				if diff := cmp.Diff(want, got); diff != "" || err != nil {
					t.Errorf("participants: %v (-want +got):\n%s", err, diff)
				}
				if c, ok, err := s.Conference(t.Context(), conf.SID); err != nil || !ok || c != conf {
					t.Errorf("conference = %+v, %v, %v; want %+v", c, ok, err, conf)
				}
				if live, err := s.LiveConferences(t.Context()); err != nil || len(live) != wantLive {
					t.Errorf("%d live conferences, %v; want %d", len(live), err, wantLive)
				}
			}
			tell(event(contract.EventParticipantJoin, &ann))
			conf.Status = contract.ConferenceInProgress
			tell(event(contract.EventParticipantJoin, &bob))
			tell(event(contract.EventConferenceStart, nil))
			check(1, ann, bob)
			ann.Muted = true
			tell(event(contract.EventParticipantMute, &ann))
			tell(event(contract.EventParticipantLeave, &bob))
			check(1, ann)
			tell(event(contract.EventParticipantJoin, &bob)) // the same call comes back
			check(1, ann, bob)
			conf.Status, conf.ReasonEnded = contract.ConferenceCompleted, contract.EndedByAPI
			tell(event(contract.EventConferenceEnd, &ann)) // here the participant is who ended it
			check(0)
			conf.ReasonEnded = ""
		})
	}
}

func TestCallRecordsAndWarnings(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	a, b := contract.NewCallSID(), contract.NewCallSID()
	s.Append(callEvent(a, 0, contract.CallRinging))
	s.Append(callEvent(b, 0, contract.CallRinging))
	s.Append(callEvent(b, 1, contract.CallInProgress))
	warned := callEvent(b, 2, contract.CallInProgress)
	warned.Type = contract.EventCallWarning
	warned.Warning = &contract.Warning{Code: contract.CodeSchema, Message: "unknown verb <Sing>", URL: "https://example.com/voice"}
	s.Append(warned)
	done := callEvent(a, 1, contract.CallCompleted)
	done.Call.Ended = done.Time
	done.Pos = s.Append(done)
	wait(t, s, done.Pos)
	s.Warn(done, contract.Warning{Code: contract.CodeCallbackWarning, Message: "answered 500"})
	s.Warn(done, contract.Warning{Code: contract.CodeCallbackWarning, Message: "answered 500 again"}) // the first stays

	if c, ok, err := s.Call(t.Context(), a); err != nil || !ok || !cmp.Equal(c, *done.Call) {
		t.Errorf("Call = %+v, %v, %v; want %+v", c, ok, err, *done.Call)
	}
	if c, ok, err := s.Call(t.Context(), contract.NewCallSID()); err != nil || ok || c.SID != "" {
		t.Errorf("unknown call = %+v, %v, %v", c, ok, err)
	}
	live, err := s.LiveCalls(t.Context())
	if err != nil || len(live) != 1 || live[0].SID != b {
		t.Errorf("LiveCalls = %+v, %v; want %s alone", live, err, b)
	}
	if got, err := s.Warnings(t.Context(), b); err != nil || !cmp.Equal(got, []contract.Warning{*warned.Warning}) {
		t.Errorf("Warnings = %+v, %v; want %+v", got, err, *warned.Warning)
	}
	until(t, func() bool {
		got, err := s.Warnings(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		return cmp.Equal(got, []contract.Warning{{Code: contract.CodeCallbackWarning, Message: "answered 500"}})
	})
}

// No value, however absurd, stops the journal.
func TestAbsurdEventsAreCommitted(t *testing.T) {
	var log strings.Builder
	s, err := store.Open(t.Context(), t.TempDir(), slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	far := callEvent(contract.NewCallSID(), 0, contract.CallRinging)
	far.Call.Created = time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC) // JSON has no such year
	odd := callEvent("CA'; DROP TABLE events; --", 1, "\x00\xff")
	odd.Call.From = "\x00\xff\u2028"
	lost := contract.Event{Participant: &contract.ParticipantInfo{}} // of nothing
	var pos contract.Pos
	for _, e := range []contract.Event{far, {}, odd, lost, {Conference: &contract.ConferenceInfo{}, Participant: &contract.ParticipantInfo{Conference: "other"}}} {
		pos = s.Append(e)
	}
	wait(t, s, pos)
	if got := tailAll(t, s, 100); len(got) != 5 || got[0].Type != far.Type || got[2].Sequence != 1 {
		t.Errorf("journal: %+v", got)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "snapshot cannot be encoded") {
		t.Errorf("nothing was said of the event that cannot be encoded: %s", log.String())
	}
}
