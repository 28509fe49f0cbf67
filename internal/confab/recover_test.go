package confab_test

import (
	"slices"
	"testing"
	"time"

	"confab/internal/confab"
	"confab/internal/contract"
	"confab/internal/store"
)

// What a crash cut off is ended in the journal by the next start: the records
// say so, and who was told of the beginning is told of the end.
func TestNew_endsWhatACrashCutOff(t *testing.T) {
	c := config(t)
	account := contract.NewAccountSID()
	answered := contract.CallInfo{SID: contract.NewCallSID(), Account: account, Number: "+15550100", Status: contract.CallInProgress,
		Direction: contract.Inbound, Created: time.Now(), Answered: time.Now(), CallbackURL: "http://192.0.2.1/number", CallbackMethod: "POST"}
	changed := answered // over REST, just before the crash
	changed.CallbackURL, changed.CallbackMethod = "http://192.0.2.1/mine", "GET"
	ringing := contract.CallInfo{SID: contract.NewCallSID(), Account: account, Number: "+15550100", Status: contract.CallRinging,
		Direction: contract.Inbound, Created: time.Now(), CallbackURL: "http://192.0.2.1/number"}
	told := contract.ConferenceInfo{SID: contract.NewConferenceSID(), Account: account, FriendlyName: "told", Status: contract.ConferenceInProgress,
		Created: time.Now(), Started: time.Now(), Participants: 1,
		CallbackURL: "http://192.0.2.1/events", CallbackMethod: "POST", CallbackEvents: "start end join leave"}
	untold := contract.ConferenceInfo{SID: contract.NewConferenceSID(), Account: account, FriendlyName: "untold", Status: contract.ConferenceInit,
		Created: time.Now(), Participants: 1}
	callback := &contract.Callback{URL: "http://192.0.2.1/events", Method: "POST"}

	journal := openStore(t, c)
	var last contract.Pos
	for _, e := range []contract.Event{
		{Type: contract.EventCallRinging, Call: &ringing},
		{Type: contract.EventCallAnswered, Sequence: 1, Call: &answered},
		{Type: contract.EventParticipantJoin, Sequence: 1, Conference: &told, Callback: callback,
			Participant: &contract.ParticipantInfo{Conference: told.SID, Call: answered.SID}},
		{Type: contract.EventConferenceStart, Sequence: 2, Conference: &told, Callback: callback},
		{Type: contract.EventParticipantJoin, Sequence: 1, Conference: &untold,
			Participant: &contract.ParticipantInfo{Conference: untold.SID, Call: ringing.SID}},
		{Type: contract.EventConferenceWarning, Sequence: 3, Conference: &told, Warning: &contract.Warning{Code: 11200}},
		{Type: contract.EventCallModify, Sequence: 2, Call: &changed},
	} {
		e.Time = time.Now()
		last = journal.Append(e)
	}
	if err := journal.Wait(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	closed(t, journal)

	c.Numbers[0].StatusCallback = "http://192.0.2.1/later" // of calls that come in from now on
	s, err := confab.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	journal = openStore(t, c)
	defer closed(t, journal)
	events, err := journal.Tail(t.Context(), last, 100)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]contract.Event{}
	var order []contract.EventType
	for _, e := range events {
		order = append(order, e.Type)
		got[e.Stream()+string(e.Type)] = e
	}
	if want := []contract.EventType{contract.EventParticipantLeave, contract.EventConferenceEnd,
		contract.EventParticipantLeave, contract.EventConferenceEnd, contract.EventCallCompleted, contract.EventCallCompleted}; !slices.Equal(order, want) {
		t.Fatalf("events %v, want %v", order, want)
	}
	for sid, want := range map[contract.CallSID]struct {
		status   contract.CallStatus
		sequence int
		callback contract.Callback
	}{
		answered.SID: {contract.CallFailed, 2, contract.Callback{URL: "http://192.0.2.1/mine", Method: "GET"}},
		ringing.SID:  {contract.CallFailed, 1, contract.Callback{URL: "http://192.0.2.1/number"}},
	} {
		e := got[string(sid)+"call-completed"]
		if e.Call == nil || e.Call.Status != want.status || e.Sequence != want.sequence || e.Call.Ended.IsZero() ||
			e.Callback == nil || *e.Callback != want.callback {
			t.Errorf("call: %+v of %+v to %v", e, e.Call, e.Callback)
		}
	}
	if e := got[string(told.SID)+"participant-leave"]; e.Sequence != 3 || e.Callback == nil || *e.Callback != *callback ||
		e.LeaveReason != contract.LeftByRestart || e.CallStatus != contract.CallFailed || e.Participant.Call != answered.SID || e.Conference.Participants != 0 {
		t.Errorf("participant that was told: %+v of %+v", e, e.Conference)
	}
	if e := got[string(told.SID)+"conference-end"]; e.Sequence != 4 || e.Callback == nil || *e.Callback != *callback ||
		e.Conference.Status != contract.ConferenceCompleted || e.Conference.Participants != 0 || e.Conference.ReasonEnded != contract.EndedByRestart {
		t.Errorf("conference that was told: %+v of %+v", e, e.Conference)
	}
	if e := got[string(untold.SID)+"conference-end"]; e.Sequence != 3 || e.Callback != nil {
		t.Errorf("conference that nobody asked for: %+v to %v", e, e.Callback)
	}
	calls, err := journal.LiveCalls(t.Context())
	if err != nil || len(calls) != 0 {
		t.Errorf("calls live: %v, %v", calls, err)
	}
	conferences, err := journal.LiveConferences(t.Context())
	if err != nil || len(conferences) != 0 {
		t.Errorf("conferences live: %v, %v", conferences, err)
	}
}

// A call that was being made is ended as failed, and so is the place that was kept
// for one in a conference; only who asked for the end is told of it.
func TestNew_endsCallsThatRang(t *testing.T) {
	c := config(t)
	account := contract.NewAccountSID()
	made := func(events string) contract.CallInfo {
		return contract.CallInfo{SID: contract.NewCallSID(), Account: account, Status: contract.CallQueued, Direction: contract.OutboundAPI,
			From: "+15550100", To: "client:bob", Created: time.Now(), CallbackURL: "http://192.0.2.1/progress", CallbackEvents: events}
	}
	told, untold := made("initiated completed"), made("initiated ringing")
	rung := untold
	rung.Status = contract.CallRinging
	room := contract.ConferenceInfo{SID: contract.NewConferenceSID(), Account: account, FriendlyName: "tea", Status: contract.ConferenceInit, Created: time.Now(),
		CallbackURL: "http://192.0.2.1/events", CallbackEvents: "leave"}
	journal := openStore(t, c)
	var last contract.Pos
	for _, e := range []contract.Event{
		{Type: contract.EventParticipantInvite, Sequence: 1, Conference: &room,
			Participant: &contract.ParticipantInfo{Conference: room.SID, Call: told.SID, Invited: true}},
		{Type: contract.EventCallInitiated, Call: &told},
		{Type: contract.EventCallInitiated, Call: &untold},
		{Type: contract.EventCallRinging, Sequence: 1, Call: &rung},
	} {
		e.Time = time.Now()
		last = journal.Append(e)
	}
	if err := journal.Wait(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	closed(t, journal)
	s, err := confab.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	journal = openStore(t, c)
	defer closed(t, journal)
	events, err := journal.Tail(t.Context(), last, 100)
	if err != nil || len(events) != 4 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	leave, end := events[0], events[1]
	if leave.Type != contract.EventParticipantLeave || leave.Sequence != 1 || leave.Callback == nil || leave.Participant.Call != told.SID ||
		end.Type != contract.EventConferenceEnd || end.Sequence != 2 || end.Callback != nil {
		t.Errorf("%+v, then %+v", leave, end)
	}
	for _, e := range events[2:] {
		want := map[contract.CallSID]int{told.SID: 1, untold.SID: 2}[e.Call.SID]
		if e.Type != contract.EventCallCompleted || e.Call.Status != contract.CallFailed || e.Sequence != want || (e.Callback != nil) != (e.Call.SID == told.SID) {
			t.Errorf("%+v of %+v to %v", e, e.Call, e.Callback)
		}
	}
}

func openStore(t *testing.T, c confab.Config) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), c.Data, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closed(t *testing.T, s *store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
