package api_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"confab/internal/phone"
)

// callOf returns the address of the one call that lives, without extension.
func (s *live) callOf(who string) string {
	s.t.Helper()
	list := s.get(own + "/Calls.json?Status=in-progress&From=" + who)["calls"].([]any)
	if len(list) != 1 {
		s.t.Fatalf("calls of %s: %v", who, list)
	}
	return own + "/Calls/" + list[0].(map[string]any)["sid"].(string)
}

func TestCall_liveIsRedirectedAndEnded(t *testing.T) {
	onStage(t, func(s *live) {
		s.says("/voice", `<Response><Say>hi</Say><Pause length="600"/></Response>`)
		s.says("/other", `<Response><Play digits="159"/><Pause length="600"/></Response>`)
		ann := s.calls("ann", 443)
		time.Sleep(2 * time.Second) // the answer is in her first second
		at := s.callOf("ann")
		if got := s.get(at + ".json"); got["status"] != "in-progress" || got["end_time"] != nil || got["phone_number_sid"] == nil {
			t.Errorf("live: %v", got)
		}
		if got := decode(t, s.ask("DELETE", at+".json", nil), 409); got["code"] != 20009. {
			t.Errorf("delete: %v", got)
		}
		s.post(at+".json", url.Values{"Url": {"http://" + appAddr + "/other"}, "Method": {"get"}})
		s.presses(ann, "159")
		s.post(at+".json", url.Values{"Twiml": {`<Response><Play digits="7"/><Pause length="600"/></Response>`}})
		s.presses(ann, "1597")
		// A script that names no fallback has the number's; one that does has its own.
		s.says("/fallback", `<Response><Play digits="8"/><Pause length="600"/></Response>`)
		s.says("/mine", `<Response><Play digits="9"/><Pause length="600"/></Response>`)
		s.post(at+".json", url.Values{"Url": {"http://" + appAddr + "/nothing"}})
		s.presses(ann, "15978")
		s.post(at+".json", url.Values{"Url": {"http://" + appAddr + "/nothing"}, "FallbackUrl": {"http://" + appAddr + "/mine"}})
		s.presses(ann, "159789")
		// Twilio Call resource, Status: canceled leaves an answered call alone.
		if got := s.post(at+".json", url.Values{"Status": {"canceled"}}); got["status"] != "in-progress" {
			t.Errorf("canceled: %v", got)
		}
		if got := s.post(at+".json", url.Values{}); got["status"] != "in-progress" {
			t.Errorf("nothing asked: %v", got)
		}
		got := s.post(at+".json", url.Values{"Status": {"completed"}})
		if got["status"] != "completed" || got["end_time"] == nil || got["duration"] == nil {
			t.Errorf("completed: %v", got)
		}
		<-ann.Done()
		for _, form := range []url.Values{{"TimeLimit": {"60"}}, {"StatusCallback": {"http://app.test/"}}, {"FallbackUrl": {"http://app.test/"}},
			{"Status": {"completed"}}, {"Url": {"http://app.test/"}}, {"Twiml": {"<Response/>"}}} {
			s.refused(at+".json", form, 400, 21220)
		}
		if got := s.get(at + ".json"); got["status"] != "completed" {
			t.Errorf("afterwards: %v", got)
		}
		if w := s.ask("DELETE", at+".json", nil); w.Code != 204 {
			t.Errorf("delete: %d", w.Code)
		}
		decode(t, s.ask("GET", at+".json", nil), 404)
	})
}

// What a live call is told without being redirected: it goes on with its
// document.
func TestCall_liveIsChanged(t *testing.T) {
	onStage(t, func(s *live) {
		s.says("/voice", `<Response><Play digits="1"/><Pause length="5"/><Redirect>/nothing</Redirect></Response>`)
		s.says("/mine", `<Response><Play digits="9"/><Pause length="600"/></Response>`)
		ann := s.calls("ann", 443)
		s.presses(ann, "1")
		at := s.callOf("ann")
		if got := s.post(at+".json", url.Values{"FallbackUrl": {"http://" + appAddr + "/mine"}, "FallbackMethod": {"GET"}, "TimeLimit": {"14400"},
			"StatusCallback": {"http://" + appAddr + "/ended"}, "StatusCallbackEvent": {"answered"}}); got["status"] != "in-progress" {
			t.Errorf("changed: %v", got)
		}
		s.presses(ann, "19")
		begin := time.Now()
		s.post(at+".json", url.Values{"TimeLimit": {"30"}})
		<-ann.Done()
		if took := time.Since(begin); took > 25*time.Second {
			t.Errorf("ended %v after it was limited, want 30 s from its answer", took)
		}
		if got := s.get(at + ".json"); got["status"] != "completed" || got["duration"] != "30" {
			t.Errorf("limited: %v", got)
		}
	})
}

// presses waits until somebody has heard these keys since the answer.
func (s *live) presses(c *phone.Call, keys string) {
	s.t.Helper()
	if err := c.Ears().Await(s.t.Context(), func() bool { return c.Ears().Keys() == keys }); err != nil {
		s.t.Fatalf("heard %q, want %q: %v", c.Ears().Keys(), keys, err)
	}
}

// What is wrong with a call's documents is listed, on the call and on the
// account, with its level.
func TestNotifications_live(t *testing.T) {
	onStage(t, func(s *live) {
		s.says("/voice", `<Response><Sing/><Say>hi</Say><Pause length="600"/></Response>`)
		ann := s.calls("ann", 443)
		time.Sleep(2 * time.Second)
		at := s.callOf("ann")
		for _, list := range []string{at + "/Notifications", own + "/Notifications"} {
			got := s.get(list + ".json?Log=1")["notifications"].([]any)
			if len(got) != 1 {
				t.Fatalf("%s: %v", list, got)
			}
			n := got[0].(map[string]any)
			if n["log"] != "1" || n["call_sid"] == nil || n["request_url"] != "http://"+appAddr+"/voice" {
				t.Errorf("got %v", n)
			}
			one := s.get(list + "/" + n["sid"].(string) + ".json")
			if one["message_text"] != n["message_text"] || one["response_body"] != `<Response><Sing/><Say>hi</Say><Pause length="600"/></Response>` ||
				one["request_method"] != "POST" {
				t.Errorf("one: %v", one)
			}
			sent, err := url.ParseQuery(one["request_variables"].(string))
			if err != nil || sent.Get("CallSid") != n["call_sid"] || sent.Get("From") != "ann" {
				t.Errorf("sent %v, %v", sent, err)
			}
			answered, err := url.ParseQuery(one["response_headers"].(string))
			if err != nil || answered.Get("Content-Type") != "text/xml" {
				t.Errorf("answered %v, %v", answered, err)
			}
		}
		s.leave(ann)
	})
}

// What went wrong is shown with what was asked and answered: a document, what a
// verb of it asks for, a sound, a callback. What a caller keyed is not.
func TestNotifications_liveHaveTheirExchange(t *testing.T) {
	onStage(t, func(s *live) {
		s.says("/voice", `<Response><Gather numDigits="4" timeout="60" action="/nothing"/></Response>`)
		s.says("/nothing", "404")
		s.says("/nothing.wav", "404")
		s.says("/fallback", `<Response><Say voice="nobody">hi</Say><Play>/nothing.wav</Play><Pause length="600"/></Response>`)
		ann := s.calls("ann", 443)
		time.Sleep(time.Second)
		at := s.callOf("ann")
		s.post(at+".json", url.Values{"StatusCallback": {"http://" + appAddr + "/nothing?key=hush"}})
		if err := ann.Press(s.t.Context(), "2468"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		s.post(at+".json", url.Values{"Status": {"completed"}})
		<-ann.Done()
		time.Sleep(time.Minute) // the callback is given up
		got := map[string]map[string]any{}
		for _, n := range s.get(at + "/Notifications.json")["notifications"].([]any) {
			one := s.get(at + "/Notifications/" + n.(map[string]any)["sid"].(string) + ".json")
			got[one["error_code"].(string)+" "+strings.TrimPrefix(one["request_url"].(string), "http://"+appAddr)] = one
			for _, name := range []string{"request_variables", "message_text", "request_url"} {
				if text, _ := one[name].(string); strings.Contains(text, "2468") || strings.Contains(text, "hush") {
					t.Errorf("%s: %q", name, text)
				}
			}
		}
		for what, want := range map[string]struct{ method, sent, body string }{
			"11200 /nothing":     {"POST", "Digits=%2A%2A%2A", "404 page not found"},
			"13511 /fallback":    {"POST", "ErrorCode=11200", `voice="nobody"`},
			"11200 /nothing.wav": {"GET", "", "404 page not found"},
			"15003 /nothing":     {"POST", "CallbackSource=call-progress-events", "404 page not found"},
		} {
			one := got[what]
			sent, _ := one["request_variables"].(string)
			body, _ := one["response_body"].(string)
			if one["request_method"] != want.method || !strings.Contains(sent, want.sent) || !strings.Contains(body, want.body) {
				t.Errorf("%s: %v", what, one)
			}
			delete(got, what)
		}
		if len(got) > 0 {
			t.Errorf("also %v", got)
		}
	})
}
