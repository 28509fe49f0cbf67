package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// inside are addresses that an application may not have the switch ask, whoever
// it is that gives them.
var inside = []string{
	"http://169.254.169.254/latest/meta-data", "http://[::ffff:169.254.169.254]/", "http://2852039166/", "http://0xa9.0xfe.0xa9.0xfe/",
	"http://[fd00:ec2::254]/", "http://0.0.0.0:8080/", "http://[::]/", "http://198.51.100.7/", "http://user@169.254.169.254/", "gopher://192.0.2.9/", "file:///etc/passwd",
}

// Wherever an address can be given, in documents and over REST, one that leads
// inside is not asked, and the account hears of it.
func TestAddressesInside_areNotAsked(t *testing.T) {
	places := map[string]string{
		"Redirect":       `<Response><Redirect>$at</Redirect></Response>`,
		"Play":           `<Response><Play>$at</Play><Pause length="1"/></Response>`,
		"Gather action":  `<Response><Gather action="$at" timeout="1" actionOnEmptyResult="true"/></Response>`,
		"Gather Play":    `<Response><Gather timeout="1"><Play>$at</Play></Gather></Response>`,
		"Dial action":    `<Response><Dial action="$at" timeLimit="1"><Conference waitUrl="">tea</Conference></Dial></Response>`,
		"waitUrl":        `<Response><Dial timeLimit="1"><Conference waitUrl="$at">tea</Conference></Dial></Response>`,
		"statusCallback": `<Response><Dial timeLimit="1"><Conference waitUrl="" statusCallback="$at" statusCallbackEvent="join">tea</Conference></Dial></Response>`,
	}
	onStage(t, func(s *live) {
		for place, document := range places {
			for _, at := range inside {
				// A word first, which answers: who calls is there before it is over.
				s.says("/voice", strings.Replace(strings.ReplaceAll(document, "$at", at), "<Response>", "<Response><Say>hi</Say>", 1))
				<-s.calls("ann", 443).Done()
				time.Sleep(time.Second)
				if got := s.noticesOfLast(); got == 0 {
					t.Errorf("%s %s: the account is told nothing of it", place, at)
				}
				s.onlyOutside(place + " " + at)
			}
		}
	})
}

func TestAddressesInside_areNotAskedOverREST(t *testing.T) {
	onStage(t, func(s *live) {
		s.says("/voice", meeting)
		ann := s.calls("ann", 443)
		time.Sleep(time.Second)
		bob := s.calls("bob", 617)
		time.Sleep(time.Second)
		room := s.room()
		there := room + "/Participants/ann.json"
		call := fmt.Sprint(s.get(there)["call_sid"])
		for _, at := range inside {
			for target, forms := range map[string][]url.Values{
				room + ".json": {{"AnnounceUrl": {at}}},
				there:          {{"AnnounceUrl": {at}}, {"Hold": {"true"}, "HoldUrl": {at}}, {"Hold": {"false"}}, {"WaitUrl": {at}}},
			} {
				for _, form := range forms {
					if w := s.ask("POST", target, form); w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
						t.Errorf("%s %v: got %d %s", target, form, w.Code, w.Body)
					}
					time.Sleep(200 * time.Millisecond)
				}
			}
			s.onlyOutside(at)
		}
		s.post(own+"/Calls/"+call+".json", url.Values{"Url": {inside[0]}, "FallbackUrl": {inside[1]}})
		<-ann.Done()
		s.onlyOutside("a call's new document")
		s.leave(bob)
	})
}

// onlyOutside checks that nothing has been connected to but the application.
func (s *live) onlyOutside(what string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.dialled, func(addr string) bool { return addr != appAddr }); i >= 0 {
		s.t.Errorf("%s: %s was connected to", what, s.dialled[i])
		s.dialled = nil
	}
}

// noticesOfLast returns how many notices there are on the last call.
func (s *live) noticesOfLast() int {
	s.t.Helper()
	last := s.get(own + "/Calls.json?PageSize=1")["calls"].([]any)[0].(map[string]any)
	return len(s.get(own + "/Calls/" + fmt.Sprint(last["sid"]) + "/Notifications.json")["notifications"].([]any))
}
