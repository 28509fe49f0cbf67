package api_test

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParticipants_live(t *testing.T) {
	onStage(t, func(s *live) {
		s.says("/voice", meeting)
		mary := s.calls("mary", 443)
		time.Sleep(time.Second)
		alice := s.calls("alice", 617)
		time.Sleep(time.Second)
		bob := s.calls("bob", 839)
		time.Sleep(time.Second)
		room := s.room()
		if got := s.labels(room, ""); got != "bob alice mary" {
			t.Errorf("present: %q", got)
		}
		if got := s.get(room + ".json"); got["status"] != "in-progress" || got["reason_conference_ended"] != nil {
			t.Errorf("conference: %v", got)
		}
		first := s.get(room + "/Participants.json?PageSize=2")
		second := s.get(first["next_page_uri"].(string))
		if len(second["participants"].([]any)) != 1 || second["next_page_uri"] != nil || second["previous_page_uri"] == nil {
			t.Errorf("second page: %v", second)
		}

		at := room + "/Participants/alice.json"
		got := s.get(at)
		bySID := s.get(got["uri"].(string))
		if bySID["label"] != "alice" || got["status"] != "connected" || got["muted"] != false || got["conference_sid"] != room[strings.LastIndex(room, "/")+1:] {
			t.Errorf("alice: %v", got)
		}
		if !s.hears(mary, 617) || !s.hears(bob, 617) {
			t.Error("alice is not heard")
		}
		// Muted=True, as it is written, is true.
		if got := s.post(at, url.Values{"Muted": {"True"}}); got["muted"] != true {
			t.Errorf("muted: %v", got)
		}
		if got := s.labels(room, "?Muted=true"); got != "alice" {
			t.Errorf("muted ones: %q", got)
		}
		if got := s.labels(room, "?Muted=FALSE&Hold=false&Coaching=false"); got != "bob mary" {
			t.Errorf("others: %q", got)
		}
		time.Sleep(300 * time.Millisecond)
		if s.hears(mary, 617) || !s.hears(alice, 443) {
			t.Error("alice is heard, or hears no longer")
		}
		// Twilio Participant resource, Muted: anything but true is false.
		if got := s.post(at, url.Values{"Muted": {"1"}}); got["muted"] != false {
			t.Errorf("unmuted: %v", got)
		}
		if got := s.post(at, url.Values{"EndConferenceOnExit": {"true"}}); got["end_conference_on_exit"] != true {
			t.Errorf("modified: %v", got)
		}
		s.post(at, url.Values{"EndConferenceOnExit": {"false"}})

		if w := s.ask("DELETE", room+"/Participants/bob.json", nil); w.Code != 204 {
			t.Errorf("kick: %d %s", w.Code, w.Body)
		}
		<-bob.Done() // there is nothing more in his document
		for _, method := range []string{"GET", "POST", "DELETE"} {
			decode(t, s.ask(method, room+"/Participants/bob.json", nil), 404)
		}

		ended := s.post(room+".json", url.Values{"Status": {"completed"}})
		if ended["status"] != "completed" || ended["reason_conference_ended"] != "conference-ended-via-api" || ended["call_sid_ending_conference"] != nil {
			t.Errorf("ended: %v", ended)
		}
		<-mary.Done()
		<-alice.Done()
		if got := s.labels(room, ""); got != "" {
			t.Errorf("present afterwards: %q", got)
		}
		decode(t, s.ask("GET", at, nil), 404)
		s.refused(room+".json", url.Values{"Status": {"completed"}}, 400, 16022)
		s.refused(room+".json", url.Values{"AnnounceUrl": {"http://app.test/"}}, 400, 16022)
		if got := s.get(room + ".json"); got["status"] != "completed" {
			t.Errorf("afterwards: %v", got)
		}

		time.Sleep(time.Second)
		told := strings.Join(s.told(), ", ")
		if want := "participant-join mary, participant-join alice, conference-start, participant-join bob, participant-mute alice, " +
			"participant-unmute alice, participant-modify alice, participant-modify alice, participant-leave bob, " +
			"participant-leave mary, participant-leave alice, conference-end"; told != want {
			t.Errorf("told:\n%s\nwant:\n%s", told, want)
		}
	})
}

func TestParticipants_heldCoachedAnnouncedTo(t *testing.T) {
	onStage(t, func(s *live) {
		s.says("/voice", meeting)
		s.says("/music", `<Response><Play digits="5"/><Pause length="600"/></Response>`)
		s.says("/news", `<Response><Say>news</Say></Response>`)
		mary := s.calls("mary", 443)
		time.Sleep(time.Second)
		room := s.room()
		s.refused(room+".json", url.Values{"AnnounceUrl": {"http://" + appAddr + "/news"}}, 400, 16099)
		alice, bob := s.calls("alice", 617), s.calls("bob", 839)
		time.Sleep(time.Second)

		at := room + "/Participants/alice.json"
		got := s.post(at, url.Values{"Hold": {"true"}, "HoldUrl": {"http://" + appAddr + "/music"}})
		if got["hold"] != true || s.labels(room, "?Hold=true") != "alice" {
			t.Errorf("hold: %v", got)
		}
		time.Sleep(time.Second)
		if s.hears(mary, 617) || s.hears(alice, 443) {
			t.Error("who is held hears, or is heard")
		}
		if got := s.post(at, url.Values{"Hold": {"false"}}); got["hold"] != false {
			t.Errorf("unhold: %v", got)
		}
		time.Sleep(time.Second)
		if !s.hears(mary, 617) || !s.hears(alice, 443) {
			t.Error("who is held no longer does not hear, or is not heard")
		}

		bobs := s.get(room + "/Participants/bob.json")["call_sid"].(string)
		got = s.post(at, url.Values{"Coaching": {"true"}, "CallSidToCoach": {bobs}})
		if got["coaching"] != true || got["call_sid_to_coach"] != bobs || s.labels(room, "?Coaching=true") != "alice" {
			t.Errorf("coach: %v", got)
		}
		time.Sleep(time.Second)
		if s.hears(mary, 617) || !s.hears(bob, 617) {
			t.Error("a coach is not heard by whom it coaches alone")
		}
		got = s.post(at, url.Values{"Coaching": {"false"}})
		if got["coaching"] != false || got["call_sid_to_coach"] != nil {
			t.Errorf("coach no longer: %v", got)
		}
		s.refused(at, url.Values{"Coaching": {"true"}}, 400, 13240)
		s.refused(at, url.Values{"Coaching": {"true"}, "CallSidToCoach": {sid("CA", 9)}}, 400, 16028)
		s.refused(at, url.Values{"HoldUrl": {"nowhere"}, "Hold": {"true"}}, 400, 21205)
		s.refused(at, url.Values{"AnnounceUrl": {"http://app.test/"}, "AnnounceMethod": {"PATCH"}}, 400, 21209)

		s.post(at, url.Values{"AnnounceUrl": {"http://" + appAddr + "/news"}})
		time.Sleep(5 * time.Second)
		s.post(room+".json", url.Values{"AnnounceUrl": {"http://" + appAddr + "/news"}, "AnnounceMethod": {"GET"}})
		time.Sleep(5 * time.Second)
		if told := s.told(); !slices.Contains(told, "announcement-end alice") || !slices.Contains(told, "announcement-end") || !slices.Contains(told, "participant-hold alice") ||
			!slices.Contains(told, "participant-unhold alice") {
			t.Errorf("told: %v", told)
		}
		// What is wrong with an announcement to all is a notice on no call.
		var noted []string
		s.says("/rumour", `<Response><Sing/><Play>/nothing.wav</Play></Response>`)
		s.says("/nothing.wav", "404")
		s.post(room+".json", url.Values{"AnnounceUrl": {"http://" + appAddr + "/rumour"}})
		time.Sleep(5 * time.Second)
		for _, n := range s.get(own + "/Notifications.json")["notifications"].([]any) {
			one := s.get(own + "/Notifications/" + n.(map[string]any)["sid"].(string) + ".json")
			conference := path.Base(room)
			if one["call_sid"] != nil || !strings.Contains(one["message_text"].(string), conference) {
				t.Errorf("notice %v", one)
			}
			if sent, _ := one["request_variables"].(string); one["error_code"] == "12200" && !strings.Contains(sent, "ConferenceSid="+conference) {
				t.Errorf("sent %v", sent)
			}
			noted = append(noted, one["error_code"].(string)+" "+one["request_url"].(string))
		}
		if want := []string{"11200 http://" + appAddr + "/nothing.wav", "12200 http://" + appAddr + "/rumour"}; !slices.Equal(noted, want) {
			t.Errorf("noted %q, want %q", noted, want)
		}
		s.leave(mary, alice, bob)
	})
}

// What is heard before the start is changed while somebody waits.
func TestParticipant_waitsOtherwise(t *testing.T) {
	onStage(t, func(s *live) {
		s.says("/voice", meeting)
		s.says("/music", `<Response><Play digits="5"/><Pause length="600"/></Response>`)
		s.says("/voice nameless", `<Response><Dial><Conference waitUrl="">other</Conference></Dial></Response>`)
		nameless := s.calls("nameless", 617)
		time.Sleep(time.Second)
		other := s.get(own + "/Conferences.json?FriendlyName=other")["conferences"].([]any)[0].(map[string]any)
		list := s.get(other["subresource_uris"].(map[string]any)["participants"].(string))["participants"].([]any)
		if len(list) != 1 || list[0].(map[string]any)["label"] != nil {
			t.Errorf("who has no label: %v", list)
		}
		s.leave(nameless)
		mary := s.calls("mary", 443)
		time.Sleep(time.Second)
		at := s.room() + "/Participants/mary.json"
		s.post(at, url.Values{"WaitUrl": {"http://" + appAddr + "/music"}, "WaitMethod": {"GET"}, "BeepOnExit": {"true"}})
		s.presses(mary, "5")
		s.post(at, url.Values{"WaitUrl": {""}})
		s.refused(at, url.Values{"WaitUrl": {"music"}}, 400, 21205)
		s.refused(at, url.Values{"Coaching": {"true"}, "CallSidToCoach": {sid("CA", 9)}}, 400, 13240) // before the start
		if told := s.told(); !slices.Contains(told, "participant-modify mary") {
			t.Errorf("told: %v", told)
		}
		s.leave(mary)
	})
}
