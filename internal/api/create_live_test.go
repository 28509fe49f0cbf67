package api_test

import (
	"net/url"
	"testing"
	"time"
)

// made asks for something new, which must be there.
func (s *live) made(target string, form url.Values) map[string]any {
	s.t.Helper()
	return decode(s.t, s.ask("POST", target, form), 201)
}

// What is made is answered as the contract describes it.
func TestMade_areAsDescribed(t *testing.T) {
	described := readDescription(t)
	onStage(t, func(s *live) {
		check := func(path string, form url.Values) {
			t.Helper()
			for _, problem := range described.check(described.schemaOf(t, "POST", path), path, s.made(path, form)) {
				t.Error(problem)
			}
		}
		check(own+"/Calls.json", url.Values{"To": {"client:bob"}, "From": {"+15550100"}, "Twiml": {"<Response/>"}})
		check(own+"/Conferences/tea/Participants.json", url.Values{"To": {"client:bob"}, "From": {"client:desk"}, "Label": {"bob"}})
		time.Sleep(time.Second)
	})
}

// What is made is queued, is found, and has become something by the time that nobody
// has answered; what cannot be is refused by its code, and is not there.
func TestMade(t *testing.T) {
	onStage(t, func(s *live) {
		s.says("/voice", `<Response/>`)
		app := s.made(own+"/Applications.json", url.Values{"FriendlyName": {"x"}, "VoiceUrl": {"http://" + appAddr + "/voice"}})
		for _, what := range []url.Values{
			{"Url": {"http://" + appAddr + "/voice"}, "Twiml": {"ignored"}}, {"Twiml": {"<Response/>"}}, {"ApplicationSid": {app["sid"].(string)}},
		} {
			what.Set("To", "client:bob?a=1")
			what.Set("From", "ann")
			what.Set("CallerId", "client:desk")
			c := s.made(own+"/Calls.json", what)
			if c["status"] != "queued" || c["to"] != "client:bob" || c["from"] != "client:desk" || c["direction"] != "outbound-api" || c["end_time"] != nil {
				t.Errorf("made: %v", c)
			}
			time.Sleep(time.Second)
			if got := s.get(own + "/Calls/" + c["sid"].(string) + ".json"); got["status"] != "no-answer" || got["duration"] != "0" {
				t.Errorf("nobody is registered: %v", got)
			}
		}
		before := len(s.get(own + "/Calls.json")["calls"].([]any))
		calls, tea := own+"/Calls.json", own+"/Conferences/tea/Participants.json"
		for _, r := range []struct {
			target, name, value string
			status              int
			code                float64
		}{
			{calls, "To", "", 400, 21201}, {calls, "To", "+15550123", 501, 20001}, {calls, "To", "(415) 555-0123", 501, 20001},
			{calls, "To", "sip:bob@192.0.2.9", 501, 20001}, {calls, "To", "app:AP1", 501, 20001}, {calls, "To", "bob", 400, 21211},
			{calls, "To", "client:", 400, 21211}, {calls, "To", "client:a b", 400, 21211}, {calls, "To", "client:bob?%zz", 400, 21211},
			{calls, "From", "", 400, 21213}, {calls, "From", "<ann>", 400, 21212}, {calls, "CallerId", "a/b", 400, 21212},
			{calls, "Twiml", "", 400, 21205}, {calls, "Twiml", "<Response>", 400, 12100}, {calls, "ApplicationSid", sid("AP", 1), 400, 20001},
			{calls, "Url", "ftp://x/y", 400, 21205}, {calls, "Method", "PUT", 400, 21209}, {calls, "Record", "true", 501, 20001},
			{calls, "MachineDetection", "Enable", 501, 20001}, {calls, "SendDigits", "1", 501, 20001}, {calls, "TimeLimit", "0", 400, 20001},
			{calls, "StatusCallbackEvent", "join", 400, 20001}, {calls, "StatusCallback", "nowhere", 400, 21205},
			{tea, "To", "+15550123", 501, 20001}, {tea, "From", "", 400, 21213}, {tea, "Label", "a/b", 400, 16023}, {tea, "Label", sid("CA", 1), 400, 16023},
			{tea, "Beep", "loud", 400, 20001}, {tea, "MaxParticipants", "1", 400, 20001}, {tea, "WaitUrl", "here", 400, 21205},
			{tea, "ConferenceStatusCallbackEvent", "ringing", 400, 20001}, {tea, "ConferenceRecord", "record-from-start", 501, 20001},
			{tea, "Coaching", "true", 400, 13240}, {tea, "CallSidToCoach", sid("CA", 1), 400, 13240}, {tea, "JitterBufferSize", "huge", 400, 20001},
			{own + "/Conferences/" + sid("CF", 1) + "/Participants.json", "To", "client:bob", 404, 20404},
			{tea, "Label", "a\x01b", 400, 20001}, {own + "/Conferences/a%07b/Participants.json", "To", "client:bob", 400, 20001},
			{own + "/Conferences/%20/Participants.json", "To", "client:bob", 400, 20001},
		} {
			form := url.Values{"To": {"client:bob"}, "From": {"+15550100"}, "Twiml": {"<Response/>"}}
			if r.name == "ApplicationSid" {
				form.Del("Twiml")
			}
			form.Set(r.name, r.value)
			s.refused(r.target, form, r.status, r.code)
		}
		if got := s.get(own + "/Calls.json")["calls"].([]any); len(got) != before {
			t.Errorf("%d calls of what was refused", len(got)-before)
		}
		if got := s.get(own + "/Conferences.json")["conferences"].([]any); len(got) != 0 {
			t.Errorf("conferences of what was refused: %v", got)
		}
	})
}
