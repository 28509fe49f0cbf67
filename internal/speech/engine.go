package speech

import (
	"context"
	"errors"

	"confab/internal/audio"
)

var (
	// ErrNoEngine: there is nothing to speak with. Callers may play Beep.
	ErrNoEngine = errors.New("no speech engine")
	// ErrVoice: no such voice (13511).
	ErrVoice = errors.New("no such voice")
	// ErrLanguage: no such language, or the voice does not speak it (13512).
	ErrLanguage = errors.New("no such language for the voice")
	// ErrTooLong: the text is longer than MaxText (13521).
	ErrTooLong = errors.New("text too long")
)

// Engine speaks. It is used by many goroutines at a time.
type Engine interface {
	// Name tells engines, and versions of one, apart: it is part of what a
	// cached prompt is found by.
	Name() string

	// Synthesize speaks text, at a rate of the engine's choice. It blocks until
	// all is spoken or ctx ends. A language it does not know is ErrLanguage.
	Synthesize(ctx context.Context, text string, v Voice) (audio.Source, error)
}

// Gender is how a voice is meant to sound.
type Gender byte

// The genders that Twilio's voices have.
const (
	Woman Gender = iota + 1
	Man
)

// Voice is whom an engine shall sound like: what Twilio's voice name and
// language come to.
type Voice struct {
	Name     string // in Twilio's words: "alice", "Polly.Hans"; engines may tell voices of one gender apart by it
	Language string // BCP 47, in the usual case: "en-US"
	Gender   Gender
}
