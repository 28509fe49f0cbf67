package interp_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/call"
	"confab/internal/contract"
)

// says plays a pitch at the far end until the returned func is called.
func (c *caller) says(hz float64) (stop func()) {
	ctx, cancel := context.WithCancel(c.t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { c.far.Play(ctx, audiotest.Tone(hz)) })
	settle()
	return func() { cancel(); wg.Wait() }
}

// by answers /voice by who calls.
func (s *stage) by(documents map[string]string) {
	s.app.serve("/voice", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		w.Write([]byte("<Response>" + documents[r.FormValue("From")] + "</Response>"))
	})
}

func TestDialConference(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.on("/voice", "<Say>abcdefghij</Say><Dial><Conference beep='false'>\n  tea \n</Conference></Dial>")
		ann, bob := s.calling("ann"), s.calling("bob")
		time.Sleep(time.Second)
		defer ann.says(440)()
		defer bob.says(660)()
		if !ann.hears(660) || !bob.hears(440) || ann.hears(440) {
			t.Error("they do not hear each other and nobody else")
		}
		if _, ok := s.conferences.Named(account, "tea"); !ok {
			t.Error("the conference's name is not trimmed")
		}
		ann.hangsUp()
		bob.hangsUp()
		if got, want := s.conferenceEvents(), "participant-join, participant-join, conference-start, "+
			"participant-leave participant_hung_up, participant-leave participant_hung_up, conference-end"; got != want {
			t.Errorf("events %s", got)
		}
		s.expectWarnings()
	})
}

// Twilio <Dial> action: asked when the Dial is over, with DialCallStatus=answered
// for a conference and no DialCallSid; without it the next verb runs.
func TestWhatComesAfterDial(t *testing.T) {
	const tea = "<Conference>tea</Conference>"
	tests := []struct {
		name, document string
		leave          func(s *stage, ann *caller)
		want           []string // beside POST /voice of ann and of mod
		warnings       []int
	}{
		{"action, conference ended", "<Dial action='/after'>" + tea + "</Dial><Redirect>/never</Redirect>",
			func(s *stage, _ *caller) { s.end() },
			[]string{"POST /after DialCallStatus=answered DialBridged=true CallStatus=in-progress"}, nil},
		{"next verb, conference ended", "<Dial>" + tea + "</Dial><Redirect>/after</Redirect>",
			func(s *stage, _ *caller) { s.end() }, []string{"POST /after CallStatus=in-progress"}, nil},
		{"no more verbs: hung up", "<Dial>" + tea + "</Dial>",
			func(s *stage, _ *caller) { s.end() }, nil, nil},
		{"action by GET", "<Dial method='GET' action='after'>" + tea + "</Dial>",
			func(s *stage, _ *caller) { s.end() },
			[]string{"GET /after DialCallStatus=answered DialBridged=true CallStatus=in-progress"}, nil},
		{"star, hangupOnStar", "<Dial hangupOnStar='true' action='/after'>" + tea + "</Dial>",
			func(_ *stage, ann *caller) { ann.presses("*") },
			[]string{"POST /after DialCallStatus=answered DialBridged=true CallStatus=in-progress"}, nil},
		{"timeLimit", "<Dial timeLimit='20' action='/after'>" + tea + "</Dial>",
			func(*stage, *caller) { time.Sleep(20 * time.Second) },
			[]string{"POST /after DialCallStatus=answered DialBridged=true CallStatus=in-progress"}, nil},
		{"caller hangs up: the action is told", "<Dial action='/after'>" + tea + "</Dial><Redirect>/never</Redirect>",
			func(_ *stage, ann *caller) { ann.hangsUp() },
			[]string{"POST /after DialCallStatus=answered DialBridged=true CallStatus=completed"}, nil},
		{"caller hangs up, no action", "<Dial>" + tea + "</Dial><Redirect>/never</Redirect>",
			func(_ *stage, ann *caller) { ann.hangsUp() }, nil, nil},
		{"redirected over REST: no action", "<Dial action='/after'>" + tea + "</Dial>",
			func(s *stage, ann *caller) {
				for _, c := range s.calls.List() {
					if c.Info().From == ann.name {
						c.Change(call.Change{Script: &call.Script{Address: call.Address{URL: base + "/other"}}})
					}
				}
			}, []string{"POST /other CallStatus=in-progress"}, nil},
		{"a noun that cannot be dialled, action", "<Dial action='/after'>+15550111</Dial>",
			func(*stage, *caller) {}, []string{"POST /after DialCallStatus=failed DialBridged=false CallStatus=in-progress"}, []int{13750}},
		{"a noun that cannot be dialled", "<Dial><Sip>sip:a@b.test</Sip></Dial><Redirect>/after</Redirect>",
			func(*stage, *caller) {}, []string{"POST /after CallStatus=in-progress"}, []int{13750}},
		{"coach is not put into the room", "<Dial action='/after'><Conference coach='CA00000000000000000000000000000001'>tea</Conference></Dial>",
			func(*stage, *caller) {}, []string{"POST /after DialCallStatus=failed DialBridged=false CallStatus=in-progress"}, []int{13240}},
		{"recording is warned of", "<Dial record='record-from-answer'>" + tea + "</Dial>",
			func(s *stage, _ *caller) { s.end() }, nil, []int{13217}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onStage(t, func(s *stage) {
				s.by(map[string]string{"ann": tt.document, "mod": "<Dial><Conference>tea</Conference></Dial>"})
				for _, path := range []string{"/after", "/other", "/never"} {
					s.app.on(path)
				}
				mod := s.calling("mod")
				settle()
				ann := s.calling("ann")
				time.Sleep(200 * time.Millisecond)
				tt.leave(s, ann)
				time.Sleep(time.Second)
				ann.waits()
				mod.hangsUp()
				s.expectPosts("DialCallStatus DialBridged DialCallSid DialCallDuration CallStatus",
					append([]string{"POST /voice CallStatus=ringing", "POST /voice CallStatus=ringing"}, tt.want...)...)
				s.expectWarnings(tt.warnings...)
			})
		})
	}
}

// end ends the conference as REST would.
func (s *stage) end() {
	s.t.Helper()
	c, ok := s.conferences.Named(account, "tea")
	if !ok {
		s.t.Fatal("there is no conference")
	}
	if _, err := c.End(); err != nil {
		s.t.Error(err)
	}
	settle()
}

func TestFullAndTakenLabelsGoOnWithTheNextVerb(t *testing.T) {
	const dial = "<Dial action='/never'><Conference participantLabel='%' maxParticipants='2'>tea</Conference></Dial><Redirect>/next</Redirect>"
	onStage(t, func(s *stage) {
		s.by(map[string]string{
			"ann": strings.Replace(dial, "%", "a", 1), "twin": strings.Replace(dial, "%", "a", 1),
			"bob": strings.Replace(dial, "%", "b", 1), "cid": strings.Replace(dial, "%", "c", 1),
		})
		s.app.on("/next")
		s.calling("ann")
		settle()
		s.calling("twin").waits()
		s.expectWarnings(16025)
		s.calling("bob")
		settle()
		s.calling("cid").waits()
		s.expectWarnings(16025, 16020)
		s.expectPosts("", "POST /voice", "POST /voice", "POST /next", "POST /voice", "POST /voice", "POST /next")
	})
}

// The attributes of <Conference>, as they come out at the other end.
func TestConferenceAttributes(t *testing.T) {
	onStage(t, func(s *stage) {
		s.by(map[string]string{
			"ann": `<Dial><Conference startConferenceOnEnter="false" muted="true" participantLabel="host" waitUrl=""
				statusCallback="events?a=1" statusCallbackMethod="GET" statusCallbackEvent="start join">tea</Conference></Dial>`,
			"mod": `<Dial><Conference endConferenceOnExit="true">tea</Conference></Dial>`,
		})
		ann := s.calling("ann")
		time.Sleep(time.Second)
		if v := ann.voiced(time.Second); v != 0 {
			t.Errorf("waitUrl=\"\": %v of sound", v)
		}
		mod := s.calling("mod")
		settle()
		mod.hangsUp()
		ann.waits()
		for _, e := range s.journal.all() {
			if e.Conference == nil {
				continue
			}
			told := e.Type == contract.EventConferenceStart || e.Type == contract.EventParticipantJoin
			switch {
			case told && (e.Callback == nil || *e.Callback != contract.Callback{URL: base + "/events?a=1", Method: "GET"}):
				t.Errorf("%s is told to %v", e.Type, e.Callback)
			case !told && e.Callback != nil:
				t.Errorf("%s is told", e.Type)
			}
			if p := e.Participant; p != nil && p.Label == "host" && (!p.Muted || p.StartOnEnter || p.EndOnExit) {
				t.Errorf("ann is %+v", *p)
			} else if p != nil && p.Label == "" && (p.Muted || !p.StartOnEnter || !p.EndOnExit) {
				t.Errorf("mod is %+v", *p)
			}
		}
		if got := s.conferenceEvents(); !strings.HasSuffix(got, "participant-leave moderator_ended_conference, conference-end") {
			t.Errorf("events %s", got)
		}
	})
}

func TestWaitMusicIsTheDefault(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.on("/voice", "<Dial><Conference>tea</Conference></Dial>")
		c := s.calling("ann")
		time.Sleep(3 * time.Second)
		if level := audio.Level(c.listen(2 * time.Second)); level < -45 {
			t.Errorf("who waits hears %.0f dBov", level)
		}
		s.expectPosts("", "POST /voice") // it is our own, and needs no request
		c.hangsUp()
	})
}

func TestWaitURL(t *testing.T) {
	const dial = "<Dial action='/after'><Conference waitUrl='/wait'>tea</Conference></Dial>"
	t.Run("parameters and end", func(t *testing.T) {
		onStage(t, func(s *stage) {
			s.app.on("/voice", dial)
			s.app.on("/wait", "<Play>/tone.wav</Play><Gather/>") // Gather may not stand here
			s.app.gives("/tone.wav", "audio/wav", wav(t, 440, time.Second))
			c := s.calling("ann")
			time.Sleep(500 * time.Millisecond)
			if !c.hears(440) {
				t.Error("the wait document is not heard")
			}
			time.Sleep(time.Second)
			if v := c.voiced(5 * time.Second); v != 0 { // not repeated
				t.Errorf("%v of sound after its end", v)
			}
			live, _ := s.conferences.Named(account, "tea")
			s.expectPosts("ConferenceSid FriendlyName CallStatus", "POST /voice CallStatus=ringing",
				"POST /wait ConferenceSid="+string(live.SID())+" FriendlyName=tea CallStatus=in-progress", "GET /tone.wav")
			s.expectWarnings(13238)
			c.hangsUp()
		})
	})
	t.Run("repeats itself", func(t *testing.T) {
		onStage(t, func(s *stage) {
			s.app.on("/voice", dial)
			s.app.on("/wait", "<Redirect/>") // nothing to hear: one a second at most
			c := s.calling("ann")
			time.Sleep(time.Minute)
			if n := len(s.app.requests()); n < 55 || n > 70 {
				t.Errorf("%d requests in a minute", n)
			}
			c.hangsUp()
		})
	})
	t.Run("fails", func(t *testing.T) {
		onStage(t, func(s *stage) {
			s.app.on("/voice", dial)
			s.app.on("/after")
			s.calling("ann").waits()
			s.expectPosts("DialCallStatus DialBridged", "POST /voice", "POST /wait", "POST /after DialCallStatus=failed DialBridged=false")
			s.expectWarnings(11200, 16001)
			if got := s.conferenceEvents(); got != "participant-join, participant-leave participant_add_failed, conference-end" {
				t.Errorf("events %s", got)
			}
		})
	})
	t.Run("fails later", func(t *testing.T) {
		onStage(t, func(s *stage) {
			s.app.on("/voice", dial)
			s.app.on("/wait", "<Say>abcdefghij</Say><Redirect>/gone</Redirect>")
			c := s.calling("ann")
			time.Sleep(time.Minute)
			if _, ok := s.conferences.Named(account, "tea"); !ok {
				t.Error("who had waited was put out")
			}
			s.expectWarnings(11200)
			c.hangsUp()
		})
	})
	t.Run("sound", func(t *testing.T) {
		onStage(t, func(s *stage) {
			s.app.on("/voice", "<Dial><Conference waitUrl='/tone.wav' waitMethod='GET'>tea</Conference></Dial>")
			s.app.gives("/tone.wav", "audio/wav", wav(t, 440, time.Second))
			c := s.calling("ann")
			time.Sleep(500 * time.Millisecond)
			if !c.hears(440) {
				t.Error("the sound is not heard")
			}
			c.hangsUp()
		})
	})
	t.Run("stops at the start", func(t *testing.T) {
		onStage(t, func(s *stage) {
			s.app.on("/voice", "<Dial><Conference beep='false' waitUrl='/wait'>tea</Conference></Dial>")
			s.app.on("/wait", "<Play loop='0'>/tone.wav</Play>")
			s.app.gives("/tone.wav", "audio/wav", wav(t, 440, time.Second))
			ann := s.calling("ann")
			time.Sleep(5 * time.Second)
			bob := s.calling("bob")
			time.Sleep(100 * time.Millisecond)
			if v := ann.voiced(time.Second); v != 0 {
				t.Errorf("%v of the wait document after the start", v)
			}
			ann.hangsUp()
			bob.hangsUp()
		})
	})
}

// The action of a Dial is told although its application takes its time, and the
// call is not over before.
func TestSlowActionAfterHangUp(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.on("/voice", "<Dial action='/after'><Conference>tea</Conference></Dial>")
		var told time.Time
		s.app.serve("/after", func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(5 * time.Second)
			told = time.Now()
		})
		c := s.calling("ann")
		settle()
		live := s.live()
		c.hangsUp()
		<-live.Done()
		if told.IsZero() {
			t.Error("the call is over and the action was not told")
		}
		if got := live.Info(); got.Duration(time.Now()) > time.Second {
			t.Errorf("the call lasted %v", got.Duration(time.Now()))
		}
	})
}
