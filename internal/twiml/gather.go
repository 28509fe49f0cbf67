package twiml

import "time"

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
	Language          string
	Hints             []string
	SpeechModel       string
	Enhanced          bool
	ProfanityFilter   bool
	BargeIn           bool // speech stops the prompts
	PartialResult     string
	PartialMethod     string // GET or POST
	Debug             bool
}

// Input says what a Gather listens for.
type Input struct {
	DTMF   bool
	Speech bool
}

// Element returns "Gather".
func (*Gather) Element() string { return "Gather" }
