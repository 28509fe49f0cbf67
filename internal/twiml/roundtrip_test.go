package twiml_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"confab/internal/twiml"
)

// What is built with valid values is read back the same, with nothing to note.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r twiml.Response
		for range rapid.IntRange(0, 5).Draw(t, "verbs") {
			drawVerb(t, &r)
		}
		doc, err := twiml.Parse([]byte(r.String()))
		if err != nil {
			t.Fatalf("%v\n%s", err, &r)
		}
		if diff := cmp.Diff(r.Verbs, doc.Verbs); diff != "" {
			t.Fatalf("built (-) and parsed (+) differ:\n%s\n%s", diff, &r)
		}
		if len(doc.Warnings) > 0 {
			t.Fatalf("warnings: %v\n%s", doc.Warnings, &r)
		}
	})
}

// text draws a text with no white space around it, of characters that XML holds.
func text(t *rapid.T, name string) string {
	runes := rapid.SampledFrom([]rune("aZ09 \t\n<>&\"'/?=é€𝄞]-"))
	return strings.TrimSpace("x" + rapid.StringOfN(runes, 0, 20, -1).Draw(t, name) + "x")
}

func method(t *rapid.T, name string) string {
	return rapid.SampledFrom([]string{"GET", "POST"}).Draw(t, name)
}

func seconds(t *rapid.T, name string, low, high int) time.Duration {
	return time.Duration(rapid.IntRange(low, high).Draw(t, name)) * time.Second
}

func maybe[V any](t *rapid.T, name string, draw func() V) (v V) {
	if rapid.Bool().Draw(t, name+" given") {
		return draw()
	}
	return v
}

func drawVerb(t *rapid.T, r *twiml.Response) {
	switch rapid.IntRange(0, 7).Draw(t, "verb") {
	case 0:
		drawSay(t, r.Say(text(t, "text")))
	case 1:
		p := r.Play(text(t, "url"))
		if p.Loop = rapid.IntRange(0, 1000).Draw(t, "loop"); rapid.Bool().Draw(t, "digits given") {
			p.URL, p.Digits = "", rapid.StringMatching(`[0-9A-D#*wW]{1,9}`).Draw(t, "digits")
		}
	case 2:
		r.Pause().Length = seconds(t, "length", 1, 86400)
	case 3:
		drawGather(t, r.Gather())
	case 4:
		r.Redirect(maybe(t, "url", func() string { return text(t, "url") })).Method = method(t, "method")
	case 5:
		r.Hangup()
	case 6:
		r.Reject().Reason = rapid.SampledFrom([]string{twiml.Rejected, twiml.Busy}).Draw(t, "reason")
	case 7:
		drawDial(t, r.Dial())
	}
}

func drawSay(t *rapid.T, s *twiml.Say) {
	s.Voice = maybe(t, "voice", func() string { return text(t, "voice") })
	s.Language = maybe(t, "language", func() string { return text(t, "language") })
	s.Loop = rapid.IntRange(0, 1000).Draw(t, "loop")
}

func drawGather(t *rapid.T, g *twiml.Gather) {
	g.Action = maybe(t, "action", func() string { return text(t, "action") })
	g.Method = method(t, "method")
	g.Input = rapid.SampledFrom([]twiml.Input{{DTMF: true}, {Speech: true}, {DTMF: true, Speech: true}}).Draw(t, "input")
	g.Timeout = seconds(t, "timeout", 1, 86400)
	g.FinishOnKey = rapid.SampledFrom(strings.Split("0123456789#*", "")).Draw(t, "key")
	if rapid.Bool().Draw(t, "no key") {
		g.FinishOnKey = ""
	}
	g.NumDigits = rapid.IntRange(0, 100).Draw(t, "numDigits")
	g.ActionOnEmptyResult = rapid.Bool().Draw(t, "actionOnEmptyResult")
	if g.SpeechTimeoutAuto = rapid.Bool().Draw(t, "auto"); !g.SpeechTimeoutAuto {
		g.SpeechTimeout = seconds(t, "speechTimeout", 0, 60)
	}
	g.MaxSpeechTime = seconds(t, "maxSpeechTime", 0, 60)
	g.Hints = rapid.SliceOfN(rapid.StringMatching(`[a-z]( [a-z])?`), 0, 3).Draw(t, "hints")
	if len(g.Hints) == 0 {
		g.Hints = nil
	}
	g.Enhanced = rapid.Bool().Draw(t, "enhanced")
	g.ProfanityFilter = rapid.Bool().Draw(t, "profanityFilter")
	g.BargeIn = rapid.Bool().Draw(t, "bargeIn")
	g.PartialResult = maybe(t, "partial", func() string { return text(t, "partial") })
	g.PartialMethod = method(t, "partialMethod")
	g.Debug = rapid.Bool().Draw(t, "debug")
	for range rapid.IntRange(0, 2).Draw(t, "prompts") {
		drawSay(t, g.Say(text(t, "prompt")))
		g.Play(text(t, "file"))
		g.Pause().Length = seconds(t, "pause", 1, 60)
	}
}

func drawClient(t *rapid.T, c *twiml.Client) {
	c.URL = maybe(t, "url", func() string { return "/w?a=1&b=2" })
	c.Method, c.StatusCallbackMethod = method(t, "method"), method(t, "callbackMethod")
	c.StatusCallback = maybe(t, "callback", func() string { return "https://app.test/s" })
	c.StatusCallbackEvents = rapid.SampledFrom([][]string{nil, {"ringing"}, {"initiated", "completed"}}).Draw(t, "events")
	for range rapid.IntRange(0, 2).Draw(t, "parameters") {
		c.Parameters = append(c.Parameters, twiml.Parameter{Name: text(t, "name"), Value: text(t, "value")})
	}
}

func drawDial(t *rapid.T, d *twiml.Dial) {
	d.HasAction = rapid.Bool().Draw(t, "action given")
	if d.HasAction {
		d.Action = maybe(t, "action", func() string { return text(t, "action") })
	}
	d.Method = method(t, "method")
	d.Timeout = seconds(t, "timeout", 5, 600)
	d.TimeLimit = seconds(t, "timeLimit", 1, 86400)
	d.HangupOnStar = rapid.Bool().Draw(t, "hangupOnStar")
	d.CallerID = rapid.SampledFrom([]string{"", "+15550100", "client:ann"}).Draw(t, "callerId")
	d.RingTone = rapid.SampledFrom([]string{"", "de", "us-old"}).Draw(t, "ringTone")
	d.Record = rapid.SampledFrom([]string{"do-not-record", "record-from-ringing-dual"}).Draw(t, "record")
	d.Trim = rapid.Bool().Draw(t, "trim")
	d.Track = rapid.SampledFrom([]string{"inbound", "outbound", "both"}).Draw(t, "track")
	if !rapid.Bool().Draw(t, "conference") {
		d.Nouns = []*twiml.Unsupported{{Name: "Number"}, {Name: "Sip"}}
		for range rapid.IntRange(0, 3).Draw(t, "clients") {
			drawClient(t, d.Call(rapid.StringMatching(`[a-zé_.@:-]{1,20}`).Draw(t, "identity")))
		}
		return
	}
	c := d.Join(text(t, "name"))
	c.Muted = rapid.Bool().Draw(t, "muted")
	c.Beep = rapid.SampledFrom([]twiml.Beep{twiml.BeepBoth, twiml.BeepNever, twiml.BeepOnEnter, twiml.BeepOnExit}).Draw(t, "beep")
	c.StartOnEnter = rapid.Bool().Draw(t, "start")
	c.EndOnExit = rapid.Bool().Draw(t, "end")
	c.JitterBufferSize = rapid.SampledFrom([]string{"off", "small", "medium", "large"}).Draw(t, "jitter")
	if c.HasWaitURL = rapid.Bool().Draw(t, "waitUrl given"); c.HasWaitURL {
		c.WaitURL = rapid.SampledFrom([]string{"", "/wait?a=1&b=2"}).Draw(t, "waitUrl")
	}
	c.WaitMethod = method(t, "waitMethod")
	c.MaxParticipants = rapid.IntRange(0, 250).Draw(t, "max")
	c.StatusCallbackEvents = rapid.SampledFrom([][]string{nil, {"start"}, {"leave", "join"}}).Draw(t, "events")
	c.StatusCallbackMethod = method(t, "statusCallbackMethod")
	c.Trim = rapid.Bool().Draw(t, "conference trim")
	c.Recording.Events = rapid.SampledFrom([][]string{nil, {"completed"}, {"absent", "in-progress"}}).Draw(t, "recording events")
}
