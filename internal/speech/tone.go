package speech

import (
	"context"
	"time"

	"confab/internal/audio"
)

const (
	toneRate     = 8000
	toneLevel    = -20 // dBov
	toneDuration = 60 * time.Millisecond
)

// NewTones returns the engine that whistles: for each character of the text a
// tone of 60 ms, its pitch told by the character, and silence for a space. It
// speaks every language alike, needs nothing, and is the same everywhere, so
// that tests know how long a prompt lasts and can tell one from another.
func NewTones() Engine { return tones{} }

type tones struct{}

func (tones) Name() string { return "tones" }

func (tones) Synthesize(_ context.Context, text string, _ Voice) (audio.Source, error) {
	var notes []audio.Source
	for _, r := range text {
		if r == ' ' {
			notes = append(notes, audio.Silence(toneRate, toneDuration))
		} else {
			notes = append(notes, audio.NewTone(toneRate, tonePitch(r), toneLevel, toneDuration))
		}
	}
	return audio.Concat(notes...), nil
}

// tonePitch spreads characters over 400 to 1975 Hz, neighbours apart.
func tonePitch(r rune) float64 { return 400 + 25*float64(r*37%64) }

// Beep is a short tone at rate (Hz), to be heard where speech cannot be.
func Beep(rate int) audio.Source {
	return audio.NewTone(rate, 440, toneLevel, 400*time.Millisecond)
}
