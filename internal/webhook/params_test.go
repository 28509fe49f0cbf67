package webhook_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"confab/internal/contract"
	"confab/internal/webhook"
)

// flat is a form as a map; names must not be repeated.
func flat(t *testing.T, form url.Values) map[string]string {
	t.Helper()
	m := make(map[string]string)
	for name, values := range form {
		if len(values) != 1 {
			t.Errorf("%s has %d values", name, len(values))
		}
		m[name] = values[0]
	}
	return m
}

// with is a copy of m with the pairs set; a pair whose value is "-" is taken out.
func with(m map[string]string, pairs ...string) map[string]string {
	c := make(map[string]string)
	for k, v := range m {
		c[k] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		if c[pairs[i]] = pairs[i+1]; pairs[i+1] == "-" {
			delete(c, pairs[i])
		}
	}
	return c
}

var (
	noon = time.Date(2017, 6, 1, 13, 48, 32, 999, time.FixedZone("PDT", -7*3600))
	call = contract.CallInfo{SID: "CA1", Account: account, From: "+15550111", To: "+15550100", Status: contract.CallRinging,
		Direction: contract.Inbound, Created: noon}
	callForm = map[string]string{"CallSid": "CA1", "AccountSid": string(account), "From": "+15550111", "To": "+15550100",
		"Caller": "+15550111", "Called": "+15550100", "CallStatus": "ringing", "ApiVersion": "2010-04-01", "Direction": "inbound"}
)

// Twilio voice webhooks, standard parameters.
func TestCallParams(t *testing.T) {
	if diff := cmp.Diff(callForm, flat(t, webhook.CallParams(call))); diff != "" {
		t.Errorf("the least (-want +got):\n%s", diff)
	}
	full := call
	full.Parent, full.Caller, full.SIPCallID, full.SIPDomain, full.SourceIP = "CA0", "Ann", "abc@host", "conf.example.com", "192.0.2.9"
	full.Forwarded = "+15550111"
	full.Headers = map[string]string{"X-Room": "tea & cake", "User-to-User": "00ff;encoding=hex"}
	want := with(callForm, "ParentCallSid", "CA0", "CallerName", "Ann", "ForwardedFrom", "+15550111", "SipCallId", "abc@host", "SipDomain", "conf.example.com",
		"SipSourceIp", "192.0.2.9", "SipHeader_X-Room", "tea & cake", "SipHeader_User-to-User", "00ff;encoding=hex")
	if diff := cmp.Diff(want, flat(t, webhook.CallParams(full))); diff != "" {
		t.Errorf("all of them (-want +got):\n%s", diff)
	}
	for name := range want {
		if !webhook.Standard(name) {
			t.Errorf("%s is not known as a standard one", name)
		}
	}
	if webhook.Standard("Room") {
		t.Error("Room is a standard one")
	}
}

// Twilio Call resource, StatusCallback: call progress events.
func TestCallEventParams(t *testing.T) {
	base := with(callForm, "Timestamp", "Thu, 01 Jun 2017 20:48:32 +0000", "CallbackSource", "call-progress-events", "SequenceNumber", "0")
	ended := call
	ended.Status, ended.SIPCode = contract.CallCompleted, 200
	ended.Answered, ended.Ended = noon, noon.Add(61*time.Second+700*time.Millisecond)
	busy := call
	busy.Status, busy.SIPCode, busy.Ended = contract.CallBusy, 486, noon.Add(time.Minute)
	late := call
	late.Status = contract.CallCompleted // the snapshot may be later than the event
	for _, test := range []struct {
		kind     contract.EventType
		sequence int
		call     contract.CallInfo
		want     map[string]string
	}{
		{contract.EventCallInitiated, 0, call, with(base, "CallStatus", "initiated")},
		{contract.EventCallRinging, 1, call, with(base, "SequenceNumber", "1")},
		{contract.EventCallAnswered, 2, late, with(base, "SequenceNumber", "2", "CallStatus", "in-progress")},
		{contract.EventCallCompleted, 3, ended, with(base, "SequenceNumber", "3", "CallStatus", "completed",
			"CallDuration", "62", "Duration", "2", "SipResponseCode", "200")},
		{contract.EventCallCompleted, 3, busy, with(base, "SequenceNumber", "3", "CallStatus", "busy",
			"CallDuration", "0", "Duration", "0", "SipResponseCode", "486")},
	} {
		e := contract.Event{Type: test.kind, Sequence: test.sequence, Time: noon, Call: &test.call}
		if diff := cmp.Diff(test.want, flat(t, webhook.EventParams(e))); diff != "" {
			t.Errorf("%s of a call that is %s (-want +got):\n%s", test.kind, test.call.Status, diff)
		}
	}
}

// Twilio <Conference> statusCallback: which parameters come with which event.
func TestConferenceEventParams(t *testing.T) {
	conf := contract.ConferenceInfo{SID: "CF1", Account: account, FriendlyName: "MyConf", Status: contract.ConferenceInProgress}
	ended := conf
	ended.Status, ended.ReasonEnded, ended.CallEnding = contract.ConferenceCompleted, contract.EndedByModeratorLeft, "CA1"
	byAPI := conf
	byAPI.Status, byAPI.ReasonEnded = contract.ConferenceCompleted, contract.EndedByAPI
	ann := contract.ParticipantInfo{Conference: "CF1", Call: "CA1", Label: "customer", StartOnEnter: true}
	bob := contract.ParticipantInfo{Conference: "CF1", Call: "CA2", Muted: true, Hold: true, Coaching: true, CallToCoach: "CA1", EndOnExit: true}
	base := map[string]string{"ConferenceSid": "CF1", "FriendlyName": "MyConf", "AccountSid": string(account), "SequenceNumber": "2",
		"Timestamp": "Thu, 01 Jun 2017 20:48:32 +0000"}
	annForm := with(base, "CallSid", "CA1", "Muted", "false", "Hold", "false", "Coaching", "false",
		"EndConferenceOnExit", "false", "StartConferenceOnEnter", "true", "ParticipantLabel", "customer")
	bobForm := with(base, "CallSid", "CA2", "Muted", "true", "Hold", "true", "Coaching", "true", "CallSidToCoach", "CA1",
		"EndConferenceOnExit", "true", "StartConferenceOnEnter", "false")
	for _, test := range []struct {
		event contract.Event
		want  map[string]string
	}{
		{contract.Event{Type: contract.EventConferenceStart, Conference: &conf}, base},
		{contract.Event{Type: contract.EventParticipantJoin, Conference: &conf, Participant: &ann}, annForm},
		{contract.Event{Type: contract.EventParticipantMute, Conference: &conf, Participant: &bob}, bobForm},
		{contract.Event{Type: contract.EventParticipantUnmute, Conference: &conf, Participant: &ann}, annForm},
		{contract.Event{Type: contract.EventParticipantLeave, Conference: &conf, Participant: &bob, LeaveReason: contract.LeftHungUp, CallStatus: contract.CallCompleted},
			with(bobForm, "ParticipantCallStatus", "completed", "ReasonParticipantLeft", "participant_hung_up")},
		{contract.Event{Type: contract.EventParticipantHold, Conference: &conf, Participant: &bob}, bobForm},
		{contract.Event{Type: contract.EventParticipantUnhold, Conference: &conf, Participant: &ann}, annForm},
		{contract.Event{Type: contract.EventParticipantModify, Conference: &conf, Participant: &bob}, bobForm},
		{contract.Event{Type: contract.EventSpeechStart, Conference: &conf, Participant: &ann}, annForm},
		{contract.Event{Type: contract.EventSpeechStop, Conference: &conf, Participant: &ann}, annForm},
		{contract.Event{Type: contract.EventAnnouncementEnd, Conference: &conf, Participant: &ann, AnnounceURL: "http://app.test/news"},
			with(annForm, "AnnounceUrl", "http://app.test/news")},
		{contract.Event{Type: contract.EventAnnouncementFail, Conference: &conf, AnnounceURL: "http://app.test/news", AnnounceFailure: "internal error"},
			with(base, "AnnounceUrl", "http://app.test/news", "ReasonAnnouncementFailed", "internal error")},
		{contract.Event{Type: contract.EventConferenceEnd, Conference: &byAPI},
			with(base, "ReasonConferenceEnded", "conference-ended-via-api", "Reason", "Conference ended via API")},
		{contract.Event{Type: contract.EventConferenceEnd, Conference: &ended, Participant: &ann},
			with(base, "ReasonConferenceEnded", "participant-with-end-conference-on-exit-left",
				"Reason", "Participant with end-conference-on-exit left the conference",
				"CallSidEndingConference", "CA1", "ParticipantLabelEndingConference", "customer")},
	} {
		test.event.Sequence, test.event.Time = 2, noon
		want := with(test.want, "StatusCallbackEvent", string(test.event.Type))
		if diff := cmp.Diff(want, flat(t, webhook.EventParams(test.event))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.event.Type, diff)
		}
	}
}

// Every reason has a sentence, and no event of any shape repeats a name.
func TestEveryEndReasonHasASentence(t *testing.T) {
	for _, reason := range []contract.EndReason{contract.EndedByAPI, contract.EndedByLastKicked, contract.EndedByLastLeft,
		contract.EndedByModeratorKicked, contract.EndedByModeratorLeft} {
		form := webhook.EventParams(contract.Event{Type: contract.EventConferenceEnd, Conference: &contract.ConferenceInfo{ReasonEnded: reason}})
		if form.Get("Reason") == "" {
			t.Errorf("%s has no sentence", reason)
		}
	}
}

func TestCallParamsRepeatNothing(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := call
		c.Headers = rapid.MapOf(rapid.String(), rapid.String()).Draw(r, "headers")
		c.From = rapid.String().Draw(r, "from")
		for name, values := range webhook.CallParams(c) {
			if len(values) != 1 {
				r.Errorf("%q has %d values", name, len(values))
			}
		}
	})
}
