package interp_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"confab/internal/call"
	"confab/internal/contract"
)

// lastWord is how long a call outlasts what was said in it.
const lastWord = 200 * time.Millisecond

// apologyLasts is the apology at 60 ms a character, and the call after it.
const apologyLasts = time.Duration(len("We are sorry, an application error has occurred. Goodbye."))*60*time.Millisecond + lastWord

// No document: the caller hears why, and is hung up; never silence.
func TestNoDocument(t *testing.T) {
	tests := []struct {
		name    string
		answer  http.HandlerFunc
		warning int
	}{
		{"500", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, 11200},
		{"404", http.NotFound, 11200},
		{"not XML", body("text/xml", "<Response>"), 12100},
		{"another root", body("text/xml", "<Answer/>"), 12102},
		{"XML 1.1", body("text/xml", `<?xml version="1.1"?><Response/>`), 12101},
		{"empty", body("text/xml", ""), 11770},
		{"another type", body("application/json", "{}"), 12300},
		{"too large", body("text/xml", "<Response>"+strings.Repeat(" ", 70<<10)+"</Response>"), 11750},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onStage(t, func(s *stage) {
				s.app.serve("/voice", tt.answer)
				c := s.calling("ann")
				c.waits()
				near(t, "lasted", c.ended.Sub(c.answered), apologyLasts)
				s.expectWarnings(tt.warning)
				if got := s.final(); got.Status != contract.CallCompleted || got.Cause != contract.CauseDocument {
					t.Errorf("%s by %v", got.Status, got.Cause)
				}
			})
		})
		t.Run(tt.name+" with a fallback", func(t *testing.T) {
			onStage(t, func(s *stage) {
				s.number.FallbackURL, s.number.FallbackMethod = base+"/fallback", "GET"
				s.app.serve("/voice", tt.answer)
				s.app.on("/fallback", "<Reject reason='busy'/>")
				c := s.calling("ann")
				c.waits()
				if got := s.final().Status; got != contract.CallBusy {
					t.Errorf("%s: the fallback was not run", got)
				}
				s.expectPosts("ErrorCode ErrorUrl", "POST /voice",
					fmt.Sprintf("GET /fallback ErrorCode=%d ErrorUrl=%s/voice", tt.warning, base))
				s.expectWarnings(tt.warning)
			})
		})
	}
}

func body(contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Write([]byte(text))
	}
}

func TestFallbackFailsToo(t *testing.T) {
	for _, answer := range []http.HandlerFunc{http.NotFound, body("text/xml", "<")} {
		onStage(t, func(s *stage) {
			s.number.FallbackURL = base + "/fallback"
			s.app.serve("/voice", body("text/xml", "<"))
			s.app.serve("/fallback", answer)
			c := s.calling("ann")
			c.waits()
			near(t, "lasted", c.ended.Sub(c.answered), apologyLasts)
			s.expectPosts("", "POST /voice", "POST /fallback")
			if got := len(s.warnings()); got != 2 {
				t.Errorf("%d warnings, want one of each", got)
			}
		})
	}
	onStage(t, func(s *stage) { // asked for because of the first, and no document itself
		s.number.FallbackURL = base + "/fallback"
		s.app.serve("/voice", http.NotFound)
		s.app.serve("/fallback", body("text/xml", "<"))
		s.calling("ann").waits()
		s.expectPosts("", "POST /voice", "POST /fallback")
		s.expectWarnings(11200, 12100)
	})
}

// The fallback is asked for every document of the call, not only the first.
func TestFallbackOfALaterDocument(t *testing.T) {
	onStage(t, func(s *stage) {
		s.number.FallbackURL = base + "/fallback"
		s.app.on("/voice", "<Redirect>/gone</Redirect>")
		s.app.on("/fallback", "<Redirect>relative</Redirect>")
		s.app.on("/relative")
		s.calling("ann").waits()
		s.expectPosts("", "POST /voice", "POST /gone", "POST /fallback", "POST /relative")
	})
}

// A redirect to itself must not load anybody for the length of a call.
func TestRedirectLoopIsBroken(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.on("/voice", "<Redirect/>")
		c := s.calling("ann")
		c.waits()
		near(t, "lasted", c.ended.Sub(c.answered), apologyLasts)
		if n := len(s.app.requests()); n < 20 || n > 60 {
			t.Errorf("%d requests", n)
		}
		s.expectWarnings(11215)
	})
}

// One that lets something be heard between goes on.
func TestRedirectLoopWithAVoiceGoesOn(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.on("/voice", "<Say>abcdefghijabcdefghij</Say><Redirect/>") // 1.2 s
		c := s.calling("ann")
		time.Sleep(2 * time.Minute)
		if n := len(s.app.requests()); n < 90 {
			t.Errorf("%d requests in two minutes", n)
		}
		c.hangsUp()
		s.expectWarnings()
	})
}

func TestRedirectedOverREST(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.on("/voice", prompt+prompt+"<Redirect>/never</Redirect>")
		s.app.on("/other", "<Redirect>next</Redirect>")
		s.app.on("/next", "<Pause length='2'/>")
		c := s.calling("ann")
		time.Sleep(time.Second)
		if err := s.live().Change(call.Change{Script: &call.Script{Address: call.Address{URL: base + "/other", Method: "GET"}}}); err != nil {
			t.Fatal(err)
		}
		c.waits()
		s.expectPosts("", "POST /voice", "GET /other", "POST /next")
		near(t, "lasted", c.ended.Sub(c.answered), 3*time.Second)
	})
}

// Twilio Call resource, Twiml: a document given whole has no URL, so those in it
// are absolute (15004).
func TestDocumentGivenWhole(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.on("/voice", "<Say>a</Say><Pause length='60'/>")
		s.app.on("/next", "<Say>a</Say><Pause length='60'/>")
		c := s.calling("ann")
		settle()
		give := func(document string) {
			if err := s.live().Change(call.Change{Script: &call.Script{Body: []byte(document)}}); err != nil {
				t.Fatal(err)
			}
			settle()
		}
		give("<Response><Redirect>" + base + "/next</Redirect></Response>")
		s.expectPosts("", "POST /voice", "POST /next")
		give("<Response><Redirect>/next</Redirect></Response>")
		c.waits()
		s.expectWarnings(15004)
	})
}

func TestDocumentIsNotXMLWhenGivenWhole(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.on("/voice", "<Say>a</Say><Pause length='60'/>")
		c := s.calling("ann")
		settle()
		begin := time.Now()
		s.live().Change(call.Change{Script: &call.Script{Body: []byte("<Response>")}})
		c.waits()
		near(t, "lasted", c.ended.Sub(begin), apologyLasts)
		s.expectWarnings(12100)
	})
}

// A slow application costs nobody but its caller, who may give up.
func TestHangUpWhileADocumentIsFetched(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.serve("/voice", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		c := s.calling("ann")
		time.Sleep(3 * time.Second)
		c.hangsUp()
		if got := s.final(); got.Status != contract.CallNoAnswer && got.Status != contract.CallCanceled {
			t.Errorf("%s", got.Status)
		}
		s.expectWarnings()
	})
}

func TestApplicationIsTooSlow(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.serve("/voice", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		begin := time.Now()
		c := s.calling("ann")
		c.waits()
		near(t, "answered after", c.answered.Sub(begin), 15*time.Second) // Twilio: 15 s
		s.expectWarnings(11200)
	})
}
