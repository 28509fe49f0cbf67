package twiml

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Gather collects digits, or speech, while its prompts play (Twilio <Gather>).
type Gather struct {
	Action              string // relative to the document; empty: the document itself
	Method              string // GET or POST
	Input               Input
	Timeout             time.Duration // after the prompts, and between digits
	FinishOnKey         string        // one key, or empty: no key ends it
	NumDigits           int           // 0: no limit
	ActionOnEmptyResult bool          // request Action even when nothing was entered

	Prompts []Verb // *Say, *Play and *Pause

	// What follows concerns speech only.

	SpeechTimeout     time.Duration // 0: as Timeout
	SpeechTimeoutAuto bool          // end at the end of a phrase
	MaxSpeechTime     time.Duration // 0: not given
	Language          string        // en-US when not given
	Hints             []string
	SpeechModel       string // default when not given
	Enhanced          bool
	ProfanityFilter   bool
	BargeIn           bool   // speech stops the prompts
	PartialResult     string // partialResultCallback; empty: none
	PartialMethod     string // GET or POST
	Debug             bool
}

// Input says what a Gather listens for.
type Input struct {
	DTMF   bool
	Speech bool
}

// String returns the input as it is written in a document.
func (i Input) String() string {
	switch {
	case i.DTMF && i.Speech:
		return "dtmf speech"
	case i.Speech:
		return "speech"
	}
	return "dtmf"
}

// Defaults and limits of a Gather's attributes.
const (
	gatherTimeout  = 5 * time.Second
	gatherFinish   = "#"
	gatherLanguage = "en-US"
	gatherModel    = "default"
	maxHints       = 500
	maxHint        = 100 // characters
)

func newGather() *Gather {
	return &Gather{
		Method: POST, Input: Input{DTMF: true}, Timeout: gatherTimeout, FinishOnKey: gatherFinish,
		Language: gatherLanguage, SpeechModel: gatherModel, ProfanityFilter: true, BargeIn: true,
		PartialMethod: POST,
	}
}

// Element returns "Gather".
func (*Gather) Element() string { return "Gather" }

func (p *parser) gather(e *element) *Gather {
	a := p.attributes(e)
	g := &Gather{
		Action:              a.text("action"),
		Method:              a.method("method", codeGatherMethod),
		Input:               a.input(),
		Timeout:             a.seconds("timeout", codeGatherTimeout, gatherTimeout, 1, maxSeconds),
		FinishOnKey:         a.finishOnKey(),
		NumDigits:           a.number("numDigits", codeNumDigits, 0, 1, maxNumber),
		ActionOnEmptyResult: a.boolean("actionOnEmptyResult", codeActionOnEmpty, false),
		MaxSpeechTime:       a.seconds("maxSpeechTime", codeMaxSpeechTime, 0, 1, maxSeconds),
		Language:            or(a.text("language"), gatherLanguage),
		Hints:               a.hints(),
		SpeechModel:         or(a.text("speechModel"), gatherModel),
		Enhanced:            a.boolean("enhanced", codeSchema, false),
		ProfanityFilter:     a.boolean("profanityFilter", codeProfanityFilter, true),
		BargeIn:             a.boolean("bargeIn", codeBargeIn, true),
		PartialResult:       a.text("partialResultCallback"),
		PartialMethod:       a.method("partialResultCallbackMethod", codePartialMethod),
		Debug:               a.boolean("debug", codeSchema, false),
	}
	if g.SpeechTimeoutAuto = a.text("speechTimeout") == "auto"; !g.SpeechTimeoutAuto {
		g.SpeechTimeout = a.seconds("speechTimeout", codeSpeechTimeout, 0, 1, maxSeconds)
	}
	a.done()
	p.noText(e)
	e.elements(func(child *element) {
		if v := p.prompt(child); v != nil {
			g.Prompts = append(g.Prompts, v)
		}
	})
	return g
}

// prompt makes a verb of an element inside a <Gather>; nil of one that has no
// place there.
func (p *parser) prompt(e *element) Verb {
	switch e.name {
	case "Say":
		return p.say(e, codeGatherSayLoop)
	case "Pause":
		return p.pause(e)
	case "Play":
		v := p.play(e)
		if v.Digits != "" {
			p.warn(codePlayDigits, e.line, "<Play> cannot play digits inside <Gather>") // Twilio <Play> digits
			return nil
		}
		return v
	}
	if knownVerb(e.name) {
		p.warn(codeGatherNested, e.line, "<%s> cannot stand inside <Gather>: only Say, Play and Pause can", e.name)
	} else {
		p.unexpected(e, "Gather")
	}
	return nil
}

// input returns what to listen for (Twilio <Gather> input: dtmf, speech or both,
// in either order).
func (a *attributes) input() Input {
	v, given := a.raw("input")
	if !given {
		return Input{DTMF: true}
	}
	var in Input
	for _, word := range strings.Fields(v) {
		switch strings.ToLower(word) {
		case "dtmf":
			in.DTMF = true
		case "speech":
			in.Speech = true
		default:
			a.bad(codeGatherInput, "input of <Gather> is not dtmf, speech or both: %s", show(v))
			return Input{DTMF: true}
		}
	}
	if in == (Input{}) {
		a.bad(codeGatherInput, "input of <Gather> is empty")
		return Input{DTMF: true}
	}
	return in
}

// finishOnKey returns the key that ends the digits; empty for none (Twilio
// <Gather> finishOnKey: one of 0-9 # *, or the empty string).
func (a *attributes) finishOnKey() string {
	v, given := a.raw("finishOnKey")
	switch {
	case !given:
		return gatherFinish
	case v == "":
		return ""
	case strings.Trim(v, "0123456789#*") != "":
		a.bad(codeFinishOnKey, "finishOnKey of <Gather> is not one of 0-9 # *: %s", show(v))
		return gatherFinish
	case len(v) > 1:
		a.bad(codeFinishOnKeys, "finishOnKey of <Gather> is more than one key: %s", show(v))
		return gatherFinish
	}
	return v
}

// hints returns the phrases that are likely to be heard (Twilio <Gather> hints:
// separated by commas, at most 500 of 100 characters).
func (a *attributes) hints() []string {
	var list []string
	for hint := range strings.SplitSeq(a.text("hints"), ",") {
		if hint = strings.TrimSpace(hint); hint == "" {
			continue
		}
		if n := utf8.RuneCountInString(hint); n > maxHint {
			a.bad(codeHints, "hint of <Gather> is too long: %d characters of %d", n, maxHint)
			return nil
		}
		list = append(list, hint)
	}
	if len(list) > maxHints {
		a.bad(codeHints, "hints of <Gather> are too many: %d of %d", len(list), maxHints)
		return nil
	}
	return list
}

func (g *Gather) element() *element {
	e := &element{name: "Gather"}
	e.putText("input", g.Input.String(), "dtmf")
	e.putText("action", g.Action, "")
	e.putText("method", g.Method, POST)
	e.putSeconds("timeout", g.Timeout, gatherTimeout)
	e.putText("finishOnKey", g.FinishOnKey, gatherFinish)
	e.putNumber("numDigits", g.NumDigits, 0)
	e.putBoolean("actionOnEmptyResult", g.ActionOnEmptyResult, false)
	if g.SpeechTimeoutAuto {
		e.putText("speechTimeout", "auto", "")
	} else {
		e.putSeconds("speechTimeout", g.SpeechTimeout, 0)
	}
	e.putSeconds("maxSpeechTime", g.MaxSpeechTime, 0)
	e.putText("language", g.Language, gatherLanguage)
	e.putWords("hints", g.Hints, nil, ",")
	e.putText("speechModel", g.SpeechModel, gatherModel)
	e.putBoolean("enhanced", g.Enhanced, false)
	e.putBoolean("profanityFilter", g.ProfanityFilter, true)
	e.putBoolean("bargeIn", g.BargeIn, true)
	e.putText("partialResultCallback", g.PartialResult, "")
	e.putText("partialResultCallbackMethod", g.PartialMethod, POST)
	e.putBoolean("debug", g.Debug, false)
	for _, v := range g.Prompts {
		e.add(v.element())
	}
	return e
}

// or returns s, or def when s is empty.
func or(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
