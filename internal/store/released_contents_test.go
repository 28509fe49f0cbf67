package store_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"confab/internal/contract"
	"confab/internal/store"
)

// contents is one of each kind that a data directory holds, and what belongs
// together: a conference that has ended and a call in it, a conference that was
// going on when the switch was cut off, a callback that was given up, one that was
// given up and is due, three that are still to be delivered.
type contents struct {
	Calls        []contract.CallInfo
	Conferences  []contract.ConferenceInfo
	Participants []contract.ParticipantInfo
	Events       []contract.Event
	Notices      []store.Notice
	Parked       []store.Parked
	Cursors      map[string]contract.Pos
	Numbers      []contract.NumberInfo
	Applications []contract.ApplicationInfo
	CallerIDs    []contract.CallerIDInfo
	Keys         []contract.KeyInfo
	KeyOpens     bool // the secret that was given out does
	Profile      store.Profile
}

// Who and what is in the dumps.
const (
	releasedApp   = "http://127.0.0.1:7000"
	ended         = contract.ConferenceSID("CF00000000000000000000000000000001")
	cutOff        = contract.ConferenceSID("CF00000000000000000000000000000002")
	ann           = contract.CallSID("CA00000000000000000000000000000001")
	bob           = contract.CallSID("CA00000000000000000000000000000002")
	teaApp        = contract.ApplicationSID("AP00000000000000000000000000000001")
	releasedKey   = contract.KeySID("SK00000000000000000000000000000001")
	releasedNotes = releasedApp + "/conf"
)

// secretOfKey is what the key of the dumps opens with.
const secretOfKey = "0123456789abcdef0123456789ABCDEF"

func at(second int) time.Time {
	return time.Date(2026, 11, 20, 12, 0, second, 0, time.UTC)
}

// itsContents is what every dump holds.
func itsContents() contents {
	annCall := contract.CallInfo{SID: ann, Account: account, Number: "+15550100", From: "+15550201", To: "+15550100", Caller: "Ann",
		Status: contract.CallInProgress, Direction: contract.Inbound, Created: at(0), Answered: at(1),
		SIPCallID: "a1@192.0.2.20", SIPDomain: "192.0.2.1", SourceIP: "192.0.2.20", Headers: map[string]string{"X-Desk": "7"}}
	annEnded := annCall
	annEnded.Status, annEnded.Ended, annEnded.Cause, annEnded.SIPCode = contract.CallCompleted, at(8), contract.CauseFarEnd, 200
	bobCall := contract.CallInfo{SID: bob, Account: account, Parent: ann, From: "+15550202", To: "+15550100",
		Status: contract.CallInProgress, Direction: contract.Inbound, Created: at(9), Answered: at(9)}
	tea := contract.ConferenceInfo{SID: ended, Account: account, FriendlyName: "tea", Status: contract.ConferenceInit, Created: at(2), Participants: 1,
		CallbackURL: releasedNotes, CallbackMethod: "POST", CallbackEvents: "start end join leave announcement"}
	teaEnded := tea
	teaEnded.Status, teaEnded.Started, teaEnded.Ended, teaEnded.Participants = contract.ConferenceCompleted, at(3), at(7), 0
	teaEnded.ReasonEnded, teaEnded.CallEnding = contract.EndedByModeratorLeft, ann
	cake := contract.ConferenceInfo{SID: cutOff, Account: account, FriendlyName: "it's cake", Status: contract.ConferenceInit, Created: at(10),
		Participants: 1, CallbackURL: releasedNotes, CallbackMethod: "POST", CallbackEvents: "end join leave"}
	annThere := contract.ParticipantInfo{Conference: ended, Call: ann, Label: "host", Muted: true, StartOnEnter: true, EndOnExit: true, Joined: at(2)}
	bobThere := contract.ParticipantInfo{Conference: cutOff, Call: bob, Hold: true, Coaching: true, CallToCoach: ann, Joined: at(10)}
	told := &contract.Callback{URL: releasedNotes, Method: "POST"}
	status := &contract.Callback{URL: releasedApp + "/status"}
	events := []contract.Event{
		{Type: contract.EventCallRinging, Call: &annCall},
		{Type: contract.EventCallWarning, Sequence: 1, Call: &annCall,
			Warning: &contract.Warning{Code: contract.CodeWaitURL, Message: "waitUrl leads nowhere", URL: releasedApp + "/voice"}},
		{Type: contract.EventParticipantJoin, Sequence: 1, Conference: &tea, Participant: &annThere, Callback: told},
		{Type: contract.EventAnnouncementFail, Sequence: 2, Conference: &tea, AnnounceURL: releasedApp + "/news", AnnounceFailure: "internal error", Callback: told},
		{Type: contract.EventParticipantLeave, Sequence: 3, Conference: &tea, Participant: &annThere, LeaveReason: contract.LeftHungUp,
			CallStatus: contract.CallCompleted, Callback: told},
		{Type: contract.EventConferenceEnd, Sequence: 4, Conference: &teaEnded, Participant: &annThere, Callback: told},
		{Type: contract.EventParticipantMute, Sequence: 5, Conference: &teaEnded},
		{Type: contract.EventCallCompleted, Sequence: 2, Call: &annEnded, Callback: status},
		{Type: contract.EventCallAnswered, Sequence: 0, Call: &bobCall, Callback: status},
		{Type: contract.EventParticipantJoin, Sequence: 1, Conference: &cake, Participant: &bobThere, Callback: told},
		{Type: contract.EventParticipantHold, Sequence: 2, Conference: &cake, Participant: &bobThere},
	}
	for i := range events {
		events[i].Pos, events[i].Time = contract.Pos(i+1), at(i)
	}
	address := func(path string) string { return releasedApp + path }
	return contents{
		Calls:        []contract.CallInfo{bobCall, annEnded},
		Conferences:  []contract.ConferenceInfo{cake, teaEnded},
		Participants: []contract.ParticipantInfo{bobThere},
		Events:       events,
		Notices: []store.Notice{
			{Warning: contract.Warning{Code: contract.CodeEventDelivery, Message: "given up after 4 attempts", URL: releasedNotes},
				SID: "NO00000000000000050000000000003e8b", Call: ann, At: at(70), Method: "POST"},
			{Warning: *events[1].Warning, SID: "NO000000000000000200000000000033b1", Call: ann, At: at(1)},
		},
		Parked: []store.Parked{
			{Event: events[3], Attempts: 7, Code: contract.CodeRetrieval, Message: "status 503"},
			{Event: events[4], Attempts: 4, Code: contract.CodeConnect, Message: "connection refused", Due: true},
		},
		Cursors: map[string]contract.Pos{"": 7},
		Numbers: []contract.NumberInfo{
			{SID: "PN00000000000000000000000000000001", Number: "+15550100", FriendlyName: "Tea line", VoiceURL: address("/voice"), VoiceMethod: "GET",
				FallbackURL: address("/sorry"), FallbackMethod: "POST", StatusCallback: address("/status"), StatusMethod: "GET", Created: at(20)},
			{SID: "PN00000000000000000000000000000002", Number: "+15550101", Application: teaApp, Type: contract.NumberMobile, Created: at(21)},
		},
		Applications: []contract.ApplicationInfo{{SID: teaApp, FriendlyName: "Tea", VoiceURL: address("/app"), VoiceMethod: "POST",
			FallbackURL: address("/app-sorry"), FallbackMethod: "GET", StatusCallback: address("/app-status"), StatusMethod: "POST", Created: at(19)}},
		CallerIDs: []contract.CallerIDInfo{{SID: "PN00000000000000000000000000000003", Number: "+15550300", FriendlyName: "Office", Created: at(22)}},
		Keys:      []contract.KeyInfo{{SID: releasedKey, FriendlyName: "dashboard", Role: contract.RoleAdminister, Created: at(23)}},
		KeyOpens:  true,
		Profile:   store.Profile{FriendlyName: "Ann's account", Created: at(18), Updated: at(24)},
	}
}

// contentsOf reads a directory by all that reads.
func contentsOf(t *testing.T, s *store.Store) (c contents) {
	t.Helper()
	ctx, page := t.Context(), store.Page{Size: 100}
	calls, err := s.Calls(ctx, store.CallFilter{Account: account}, page)
	c.Calls = infos(t, calls, err)
	conferences, err := s.Conferences(ctx, store.ConferenceFilter{Account: account}, page)
	c.Conferences = infos(t, conferences, err)
	for _, sid := range []contract.ConferenceSID{ended, cutOff} {
		there, err := s.Participants(ctx, sid)
		c.Participants = append(c.Participants, there...)
		must(t, err)
	}
	c.Events, err = s.Tail(ctx, 0, 100)
	must(t, err)
	notices, err := s.Notices(ctx, store.NoticeFilter{}, page)
	c.Notices = infos(t, notices, err)
	c.Parked, err = s.Parked(ctx, "", 0, 100)
	must(t, err)
	c.Cursors, err = s.Cursors(ctx)
	must(t, err)
	c.Numbers, err = s.Numbers(ctx)
	must(t, err)
	applications, err := s.Applications(ctx, store.ApplicationFilter{}, page)
	c.Applications = infos(t, applications, err)
	ids, err := s.CallerIDs(ctx, store.CallerIDFilter{}, page)
	c.CallerIDs = infos(t, ids, err)
	keys, err := s.Keys(ctx, "", page)
	c.Keys = infos(t, keys, err)
	digest, ok, err := s.Secret(ctx, string(releasedKey))
	must(t, err)
	c.KeyOpens = ok && digest == sha256.Sum256([]byte(secretOfKey))
	c.Profile, err = s.Profile(ctx, account, "made just now")
	must(t, err)
	return c
}

// infos returns what is in a list.
func infos[T any](t *testing.T, l store.List[T], err error) (all []T) {
	t.Helper()
	must(t, err)
	for _, item := range l.Items {
		all = append(all, item.Info)
	}
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
