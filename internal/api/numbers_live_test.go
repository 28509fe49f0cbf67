package api_test

import (
	"net/url"
	"testing"
	"time"
)

// A number is bought and given an application, and the next call to it is that
// application's.
func TestNumber_boughtIsCalled(t *testing.T) {
	onStage(t, func(s *live) {
		pause := `<Response><Say>no</Say><Pause length="60"/></Response>`
		s.says("/voice", pause)
		s.says("/own", meeting)
		s.says("/app", meeting)
		offered := s.get(own + "/AvailablePhoneNumbers/US/Local.json?Contains=0204")
		number := column(t, offered, "available_phone_numbers", "phone_number")[0]
		bought := decode(t, s.ask("POST", own+"/IncomingPhoneNumbers.json", url.Values{"PhoneNumber": {number}, "VoiceUrl": {"http://" + appAddr + "/own"}}), 201)
		app := decode(t, s.ask("POST", own+"/Applications.json", url.Values{"VoiceUrl": {"http://" + appAddr + "/app"}}), 201)

		ann := s.callsNumber("ann", number, 443)
		time.Sleep(time.Second)
		if got := s.labels(s.room(), ""); got != "ann" {
			t.Errorf("in the room: %q", got)
		}
		if got := s.callOf("ann"); got == "" {
			t.Error("no call of ann")
		} else if call := s.get(got + ".json"); call["phone_number_sid"] != bought["sid"] || call["to"] != number {
			t.Errorf("call: %v", call)
		}

		// Another document for who comes next, by the application.
		s.says("/own", pause)
		s.post(bought["uri"].(string), url.Values{"VoiceApplicationSid": {app["sid"].(string)}})
		bob := s.callsNumber("bob", number, 617)
		time.Sleep(time.Second)
		if got := s.labels(s.room(), ""); got != "bob ann" {
			t.Errorf("in the room: %q", got)
		}

		// Released, the number is that of all others again.
		if w := s.ask("DELETE", bought["uri"].(string), nil); w.Code != 204 {
			t.Errorf("DELETE: %d", w.Code)
		}
		cid := s.callsNumber("cid", number, 839)
		time.Sleep(time.Second)
		if got := s.labels(s.room(), ""); got != "bob ann" {
			t.Errorf("in the room after the release: %q", got)
		}
		s.leave(ann, bob, cid)
	})
}
