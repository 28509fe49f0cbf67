package interp_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"confab/internal/contract"
)

// The prompt of these Gathers lasts 2.4 s: 40 characters of 60 ms.
const prompt = "<Say>abcdefghijabcdefghijabcdefghijabcdefghij</Say>"

// press is keys, some time after the answer.
type press struct {
	after time.Duration
	keys  string
}

// Twilio <Gather>, attribute by attribute and scenario by scenario.
func TestGather(t *testing.T) {
	const silence = "no digits" // falls through to the next verb
	tests := []struct {
		name, attributes, prompt string
		keys                     []press
		want                     string        // Digits, then FinishedOnKey after a slash; or silence
		after                    time.Duration // of the answer
	}{
		{"finishOnKey, default #", "", prompt, []press{{time.Second, "123#"}}, "123/#", 1700 * time.Millisecond},
		{"keys count while it speaks", "", prompt, []press{{100 * time.Millisecond, "7#"}}, "7/#", 400 * time.Millisecond},
		{"no prompt", "", "", []press{{time.Second, "12#"}}, "12/#", 1500 * time.Millisecond},
		{"timeout, default 5, after the last key", "", prompt, []press{{3 * time.Second, "12"}}, "12", 8400 * time.Millisecond},
		{"timeout begins after the prompt", `timeout="3"`, prompt, nil, silence, 5400 * time.Millisecond},
		{"timeout of each key", `timeout="2"`, "", []press{{time.Second, "1"}, {2900 * time.Millisecond, "2"}, {4800 * time.Millisecond, "3"}}, "123", 7 * time.Second},
		{"a key beyond the timeout is too late", `timeout="2"`, "", []press{{time.Second, "1"}, {3500 * time.Millisecond, "2"}}, "1", 3200 * time.Millisecond},
		{"numDigits", `numDigits="3"`, prompt, []press{{time.Second, "12345"}}, "123", 1500 * time.Millisecond},
		{"numDigits 1", `numDigits="1"`, "", []press{{time.Second, "9"}}, "9", 1100 * time.Millisecond},
		{"numDigits, finished before", `numDigits="3"`, "", []press{{time.Second, "1#"}}, "1/#", 1300 * time.Millisecond},
		{"finishOnKey *", `finishOnKey="*"`, "", []press{{time.Second, "1#2*"}}, "1#2/*", 1700 * time.Millisecond},
		{"finishOnKey of a digit", `finishOnKey="0"`, "", []press{{time.Second, "120"}}, "12/0", 1500 * time.Millisecond},
		{"finishOnKey none: every key is collected", `finishOnKey="" timeout="2"`, "", []press{{time.Second, "1#*"}}, "1#*", 3500 * time.Millisecond},
		{"finishOnKey none, numDigits", `finishOnKey="" numDigits="2"`, "", []press{{time.Second, "*#"}}, "*#", 1300 * time.Millisecond},
		{"finish key alone is nothing", "", "", []press{{time.Second, "#"}}, silence, 1100 * time.Millisecond},
		{"nothing", `timeout="2"`, "", nil, silence, 2 * time.Second},
		{"actionOnEmptyResult", `timeout="2" actionOnEmptyResult="true"`, "", nil, "", 2 * time.Second},
		{"actionOnEmptyResult, finish key alone", `actionOnEmptyResult="true"`, "", []press{{time.Second, "#"}}, "/#", 1100 * time.Millisecond},
		{"speech is not heard", `input="speech" timeout="3"`, "", []press{{time.Second, "1#"}}, silence, 3 * time.Second},
		{"speechTimeout", `input="speech" timeout="3" speechTimeout="2"`, "", nil, silence, 2 * time.Second},
		{"dtmf speech", `input="dtmf speech"`, "", []press{{time.Second, "1#"}}, "1/#", 1300 * time.Millisecond},
		{"pause among the prompts", `timeout="1"`, "<Pause length='3'/>", nil, silence, 4 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onStage(t, func(s *stage) {
				s.app.on("/voice", `<Gather action="/got" `, tt.attributes, `>`, tt.prompt, `</Gather><Redirect>/silence</Redirect>`)
				s.app.on("/got", "<Pause length='9'/>")
				s.app.on("/silence", "<Pause length='9'/>")
				c := s.calling("ann")
				settle()
				for _, k := range tt.keys {
					time.Sleep(time.Until(c.answered.Add(k.after)))
					c.presses(k.keys)
				}
				time.Sleep(time.Until(c.answered.Add(tt.after + 5*time.Second)))
				posts := s.app.requests()
				if len(posts) != 2 {
					t.Fatalf("%d requests", len(posts))
				}
				got := silence
				if last := posts[1]; last.path == "/got" {
					got = last.form.Get("Digits")
					if last.form.Has("FinishedOnKey") {
						got += "/" + last.form.Get("FinishedOnKey")
					}
					if !last.form.Has("Digits") {
						t.Error("the action was asked without Digits")
					}
				}
				if got != tt.want {
					t.Errorf("gathered %q, want %q", got, tt.want)
				}
				if d := posts[1].at.Sub(c.answered); d < tt.after-250*time.Millisecond || d > tt.after+250*time.Millisecond {
					t.Errorf("after %v, want %v", d, tt.after)
				}
				if speech := strings.Contains(tt.attributes, "speech"); speech != (len(s.warnings()) == 1) {
					t.Errorf("warnings %v", s.warnings())
				}
				c.hangsUp()
			})
		})
	}
}

func TestGatherBargeIn(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.on("/voice", `<Gather finishOnKey="">`+prompt+prompt+`</Gather>`)
		c := s.calling("ann")
		time.Sleep(500 * time.Millisecond)
		if v := c.voiced(200 * time.Millisecond); v < 180*time.Millisecond {
			t.Errorf("of the prompt %v in 200 ms is heard", v)
		}
		c.presses("1")
		time.Sleep(40 * time.Millisecond)
		if v := c.voiced(time.Second); v != 0 {
			t.Errorf("the prompt goes on for %v after a key", v)
		}
		c.hangsUp()
	})
}

// Keys that were pressed before the Gather began were not meant for it.
func TestGatherForgetsKeysPressedBefore(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.on("/voice", prompt, `<Gather numDigits="1" timeout="2" action="/got"/>`)
		s.app.on("/got")
		c := s.calling("ann")
		time.Sleep(time.Second)
		c.presses("9")
		c.waits()
		s.expectPosts("Digits", "POST /voice")
	})
}

// Keys left over from one Gather do not answer the next.
func TestGatherForgetsWhatIsLeftOfTheOneBefore(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.on("/voice", `<Gather numDigits="3" action="/again"/>`)
		s.app.on("/again", `<Gather numDigits="1" timeout="2" action="/got"/>`)
		s.app.on("/got")
		c := s.calling("ann")
		time.Sleep(time.Second)
		c.presses("123#")
		c.waits()
		s.expectPosts("Digits", "POST /voice", "POST /again Digits=123")
	})
}

// Who knows the way keys while the sound is still being fetched.
func TestGatherHearsKeysWhileItsFilesAreFetched(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.on("/voice", `<Gather numDigits="2" action="/got"><Play>/slow.wav</Play></Gather>`)
		s.app.on("/got")
		s.app.serve("/slow.wav", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(3 * time.Second)
			w.Header().Set("Content-Type", "audio/wav")
			w.Write(wav(t, 440, time.Second))
		})
		c := s.calling("ann")
		time.Sleep(time.Second)
		c.presses("42")
		c.waits()
		s.expectPosts("Digits", "POST /voice", "GET /slow.wav", "POST /got Digits=42")
	})
}

// Twilio <Gather> action: the default is the URL of the current document.
func TestGatherActionIsTheDocumentItself(t *testing.T) {
	onStage(t, func(s *stage) {
		s.number.VoiceMethod = "GET"
		s.app.serve("/voice", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/xml")
			if r.FormValue("Digits") == "" {
				w.Write([]byte("<Response><Gather method='GET' numDigits='1'/></Response>"))
				return
			}
			w.Write([]byte("<Response/>"))
		})
		c := s.calling("ann")
		time.Sleep(time.Second)
		c.presses("5")
		c.waits()
		s.expectPosts("Digits CallStatus", "GET /voice CallStatus=ringing", "GET /voice Digits=5 CallStatus=in-progress")
		if n := len(s.app.requests()[1].form["CallSid"]); n != 1 {
			t.Errorf("CallSid was sent %d times", n)
		}
	})
}

// Twilio <Gather>: who hangs up during it asks for no action.
func TestHangUpDuringGather(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.on("/voice", `<Gather action="/got"/><Redirect>/next</Redirect>`)
		c := s.calling("ann")
		time.Sleep(time.Second)
		c.presses("12")
		c.hangsUp()
		s.expectPosts("", "POST /voice")
		if got := s.final(); got.Cause != contract.CauseFarEnd || got.Status != contract.CallCompleted {
			t.Errorf("%s by %v", got.Status, got.Cause)
		}
	})
}

func TestGatherIsBounded(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.on("/voice", `<Gather finishOnKey="" action="/got"/>`)
		s.app.on("/got")
		c := s.calling("ann")
		settle()
		ctx, cancel := context.WithCancel(s.t.Context())
		var keying sync.WaitGroup
		keying.Go(func() { c.far.SendDigits(ctx, strings.Repeat("7", 1200)) })
		c.waits()
		cancel()
		keying.Wait()
		if posts := s.app.requests(); len(posts) != 2 || len(posts[1].form.Get("Digits")) != 1000 {
			t.Errorf("gathered %d keys", len(posts[len(posts)-1].form.Get("Digits")))
		}
	})
}

// What a caller keys is theirs alone: it is in no event.
func TestKeysAreNotInTheJournal(t *testing.T) {
	onStage(t, func(s *stage) {
		s.app.on("/voice", `<Gather method="GET" action="/got?room=1"/>`)
		c := s.calling("ann")
		time.Sleep(time.Second)
		c.presses("998877#")
		c.waits() // /got is not there: it is warned of
		if len(s.warnings()) == 0 {
			t.Fatal("no warning")
		}
		for _, e := range s.journal.all() {
			if e.Warning != nil && (strings.Contains(e.Warning.URL, "998877") || strings.Contains(e.Warning.Message, "998877")) {
				t.Errorf("warning %+v", *e.Warning)
			}
		}
	})
}
