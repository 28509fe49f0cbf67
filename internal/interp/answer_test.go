package interp_test

import (
	"net/http"
	"testing"
	"time"

	"confab/internal/contract"
)

// Twilio SIP: "When does a call get answered?", row by row.
func TestWhenACallIsAnswered(t *testing.T) {
	const never = -1
	tests := []struct {
		name, document string
		after          time.Duration // of ringing; never
		status         contract.CallStatus
		code           int
		lasts          time.Duration // from the answer to the end
	}{
		{"Reject", "<Reject/>", never, contract.CallNoAnswer, 404, 0},
		{"Reject busy", `<Reject reason="busy"/>`, never, contract.CallBusy, 486, 0},
		{"Reject alone counts", "<Reject/><Pause length='9'/>", never, contract.CallNoAnswer, 404, 0},
		{"Redirect to Reject", "<Redirect>/reject</Redirect>", never, contract.CallNoAnswer, 404, 0},
		{"Pause first", "<Pause length='7'/><Say>hi</Say>", 7 * time.Second, contract.CallCompleted, 200, 120*time.Millisecond + lastWord},
		{"Pause alone", "<Pause length='7'/>", 7 * time.Second, contract.CallCompleted, 200, 0},
		{"second Pause", "<Pause length='7'/><Pause length='2'/>", 7 * time.Second, contract.CallCompleted, 200, 2 * time.Second},
		{"Pause then Reject", "<Pause length='7'/><Reject/>", 7 * time.Second, contract.CallCompleted, 200, 0},
		{"Redirect to Pause", "<Redirect>/pause</Redirect>", 4 * time.Second, contract.CallCompleted, 200, 0},
		{"Say", "<Say>hi</Say>", 0, contract.CallCompleted, 200, 120*time.Millisecond + lastWord},
		{"Say then Reject", "<Say>hi</Say><Reject reason='busy'/>", 0, contract.CallCompleted, 200, 120*time.Millisecond + lastWord},
		{"Hangup", "<Hangup/>", 0, contract.CallCompleted, 200, 0},
		{"nothing", "", 0, contract.CallCompleted, 200, 0},
		{"what cannot be run", "<Enqueue>q</Enqueue>", 0, contract.CallCompleted, 200, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onStage(t, func(s *stage) {
				s.app.on("/voice", tt.document)
				s.app.on("/reject", "<Reject/>")
				s.app.on("/pause", "<Pause length='4'/>")
				begin := time.Now()
				c := s.calling("ann")
				c.waits()
				if got := s.final(); got.Status != tt.status || got.SIPCode != tt.code {
					t.Errorf("%s %d, want %s %d", got.Status, got.SIPCode, tt.status, tt.code)
				}
				if tt.after == never {
					if !c.answered.IsZero() {
						t.Error("it was answered")
					}
					return
				}
				near(t, "answered after", c.answered.Sub(begin), tt.after)
				near(t, "lasted", c.ended.Sub(c.answered), tt.lasts)
			})
		})
	}
}

// near compares durations to a few turns of the media loop.
func near(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if d := got - want; d < -20*time.Millisecond || d > 120*time.Millisecond {
		t.Errorf("%s %v, want %v", what, got, want)
	}
}

func TestStandardParameters(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.on("/voice", "<Say>a</Say><Redirect method='GET'>/next?x=1</Redirect>")
		s.app.on("/next")
		s.calling("+15550123").waits()
		posts := s.app.requests()
		if len(posts) != 2 {
			t.Fatalf("%d requests", len(posts))
		}
		for i, status := range []contract.CallStatus{contract.CallRinging, contract.CallInProgress} {
			for name, want := range map[string]string{
				"CallSid": string(s.final().SID), "AccountSid": string(account), "From": "+15550123", "To": "+15550100",
				"CallStatus": string(status), "ApiVersion": "2010-04-01", "Direction": "inbound",
			} {
				if got := posts[i].form.Get(name); got != want {
					t.Errorf("request %d: %s=%q, want %q", i, name, got, want)
				}
			}
		}
		if posts[1].method != "GET" || posts[1].form.Get("x") != "1" {
			t.Errorf("redirected with %s %v", posts[1].method, posts[1].form)
		}
	})
}

func TestNumberWithoutAnApplicationGoesToTheLine(t *testing.T) {
	onStage(t, func(s *stage) {
		s.number.VoiceURL = ""
		var host string
		s.app.serve("/voice", func(w http.ResponseWriter, r *http.Request) {
			host = r.Host
			w.Header().Set("Content-Type", "text/xml")
			w.Write([]byte("<Response><Reject/></Response>"))
		})
		s.calling("ann").waits()
		if host != "line.test" {
			t.Errorf("asked %q", host)
		}
	})
}

// Twilio: cookies are kept per call.
func TestCookiesAreTheCalls(t *testing.T) {
	onStage(t, func(s *stage) {
		var seen []string
		s.app.serve("/voice", func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "visit", Value: r.FormValue("From"), Path: "/"})
			w.Header().Set("Content-Type", "text/xml")
			w.Write([]byte("<Response><Redirect>/next</Redirect></Response>"))
		})
		s.app.serve("/next", func(w http.ResponseWriter, r *http.Request) {
			if c, err := r.Cookie("visit"); err == nil {
				seen = append(seen, r.FormValue("From")+" has "+c.Value)
			}
			w.Header().Set("Content-Type", "text/xml")
			w.Write([]byte("<Response><Reject/></Response>"))
		})
		s.calling("ann").waits()
		s.calling("bob").waits()
		if len(seen) != 2 || seen[0] != "ann has ann" || seen[1] != "bob has bob" {
			t.Errorf("cookies %v", seen)
		}
	})
}
