package twiml_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"confab/internal/twiml"
)

// gatherDefaults are those of Twilio's table, written out once more.
func gatherDefaults() twiml.Gather {
	return twiml.Gather{
		Action: "", Method: "POST", Input: twiml.Input{DTMF: true}, Timeout: 5 * time.Second, FinishOnKey: "#",
		NumDigits: 0, ActionOnEmptyResult: false, SpeechTimeout: 0, Language: "en-US", SpeechModel: "default",
		Enhanced: false, ProfanityFilter: true, BargeIn: true, PartialMethod: "POST",
	}
}

func TestGather_attributes(t *testing.T) {
	type g = twiml.Gather
	walk(t, "Gather", "", gatherDefaults(), []row[twiml.Gather]{
		{``, nil, 0},
		{`action="/join"`, func(g *g) { g.Action = "/join" }, 0},
		{`action=""`, nil, 0},
		{`method="GET"`, func(g *g) { g.Method = "GET" }, 0},
		{`method="HEAD"`, nil, 13312},
		{`input="dtmf"`, nil, 0},
		{`input="speech"`, func(g *g) { g.Input = twiml.Input{Speech: true} }, 0},
		{`input="dtmf speech"`, func(g *g) { g.Input = twiml.Input{DTMF: true, Speech: true} }, 0},
		{`input="speech dtmf"`, func(g *g) { g.Input = twiml.Input{DTMF: true, Speech: true} }, 0},
		{`input="voice"`, nil, 13326},
		{`input=""`, nil, 13326},
		{`timeout="10"`, func(g *g) { g.Timeout = 10 * time.Second }, 0},
		{`timeout="0"`, nil, 13313},
		{`timeout="soon"`, nil, 13313},
		{`finishOnKey="*"`, func(g *g) { g.FinishOnKey = "*" }, 0},
		{`finishOnKey="5"`, func(g *g) { g.FinishOnKey = "5" }, 0},
		{`finishOnKey="#"`, nil, 0},
		{`finishOnKey=""`, func(g *g) { g.FinishOnKey = "" }, 0},
		{`finishOnKey="A"`, nil, 13310},
		{`finishOnKey=" "`, nil, 13310},
		{`finishOnKey="#*"`, nil, 13311},
		{`numDigits="4"`, func(g *g) { g.NumDigits = 4 }, 0},
		{`numDigits="0"`, nil, 13314},
		{`numDigits="four"`, nil, 13314},
		{`actionOnEmptyResult="true"`, func(g *g) { g.ActionOnEmptyResult = true }, 0},
		{`actionOnEmptyResult="yes"`, nil, 13338},
		{`speechTimeout="3"`, func(g *g) { g.SpeechTimeout = 3 * time.Second }, 0},
		{`speechTimeout="auto"`, func(g *g) { g.SpeechTimeoutAuto = true }, 0},
		{`speechTimeout="automatic"`, nil, 13327},
		{`maxSpeechTime="30"`, func(g *g) { g.MaxSpeechTime = 30 * time.Second }, 0},
		{`maxSpeechTime="-1"`, nil, 13328},
		{`language="de-DE"`, func(g *g) { g.Language = "de-DE" }, 0},
		{`hints="one, two ,, three words long"`, func(g *g) { g.Hints = []string{"one", "two", "three words long"} }, 0},
		{`hints="` + strings.Repeat("x", 101) + `"`, nil, 13330},
		{`hints="` + strings.Repeat("x,", 501) + `"`, nil, 13330},
		{`speechModel="phone_call"`, func(g *g) { g.SpeechModel = "phone_call" }, 0},
		{`enhanced="true"`, func(g *g) { g.Enhanced = true }, 0},
		{`profanityFilter="false"`, func(g *g) { g.ProfanityFilter = false }, 0},
		{`profanityFilter="0"`, nil, 13333},
		{`bargeIn="false"`, func(g *g) { g.BargeIn = false }, 0},
		{`bargeIn="maybe"`, nil, 13332},
		{`partialResultCallback="/p"`, func(g *g) { g.PartialResult = "/p" }, 0},
		{`partialResultCallbackMethod="GET"`, func(g *g) { g.PartialMethod = "GET" }, 0},
		{`partialResultCallbackMethod="X"`, nil, 13329},
		{`debug="true"`, func(g *g) { g.Debug = true }, 0},
		{`numdigits="4"`, nil, 12200},
	})
}

// Twilio <Gather>: only Say, Play and Pause nest; others are 13320.
func TestGather_nesting(t *testing.T) {
	g, got := one[*twiml.Gather](t, `<Gather>
		<Say loop="x">one</Say><Pause/><Play>/a.wav</Play>
		<Play digits="12"/><Redirect>/x</Redirect><Gather/><Record/><Foo/> text </Gather>`)
	want := []twiml.Verb{
		&twiml.Say{Text: "one", Loop: 1}, &twiml.Pause{Length: time.Second}, &twiml.Play{URL: "/a.wav", Loop: 1},
	}
	if diff := cmp.Diff(want, g.Prompts); diff != "" {
		t.Errorf("prompts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{12200, 13322, 13430, 13320, 13320, 13320, 12200}, got); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
}

func TestInput_String(t *testing.T) {
	for in, want := range map[twiml.Input]string{
		{}: "dtmf", {DTMF: true}: "dtmf", {Speech: true}: "speech", {DTMF: true, Speech: true}: "dtmf speech",
	} {
		if got := fmt.Sprint(in); got != want {
			t.Errorf("%#v: got %q, want %q", in, got, want)
		}
	}
}
