package speech

import (
	"context"
	"errors"

	"confab/internal/audio"
)

var (
	// ErrNoEngine: there is nothing to speak with. Callers may play Beep.
	ErrNoEngine = errors.New("no speech engine")
	// ErrVoice: there is no such voice (Twilio 13511).
	ErrVoice = errors.New("no such voice")
	// ErrLanguage: there is no such language, or the voice does not speak it
	// (Twilio 13512).
	ErrLanguage = errors.New("no such language for the voice")
	// ErrTooLong: the text is longer than MaxText (Twilio 13521).
	ErrTooLong = errors.New("text too long")
)

// Engine speaks. It is used by many goroutines at a time.
type Engine interface {
	// Name tells engines, and versions of one engine, apart: what was spoken is
	// kept under it.
	Name() string

	// Synthesize speaks text, at a rate of the engine's choice. It blocks until
	// all is spoken or ctx ends. A language that it does not know gives
	// ErrLanguage.
	Synthesize(ctx context.Context, text string, v Voice) (audio.Source, error)
}

// Gender is how a voice is meant to sound.
type Gender byte

// The genders that Twilio's voices have.
const (
	Woman Gender = iota + 1
	Man
)

// Voice is whom an engine shall sound like: what a voice name and a language of
// Twilio <Say> come to.
type Voice struct {
	Name     string // in lower case: "alice", "hans", "de-de-neural2-b": tells voices of one gender apart
	Language string // BCP 47 in its usual case: "en-US"
	Gender   Gender
}
