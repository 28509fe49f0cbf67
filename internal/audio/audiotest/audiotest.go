// Package audiotest listens: it tells tests which pitches a voice holds and how
// loud each is, so that "who hears whom" is one spectrum.
package audiotest

import "confab/internal/audio"

// ToneLevel is how loud a Tone is, in dBov.
const ToneLevel = -20.0

// Tone returns an endless sine of hz at 8 kHz and ToneLevel: one speaker's pitch.
func Tone(hz float64) audio.Source {
	return audio.NewTone(8000, hz, ToneLevel, 0)
}

// Hears returns how loud the pitch hz is in samples, in dBov: −20 for a Tone. It
// is audio.LevelAt.
func Hears(samples []int16, rate int, hz float64) float64 {
	return audio.LevelAt(samples, rate, hz)
}

// Pitches returns the strongest pitches in samples, at most n, loudest first. It
// is audio.Pitches.
func Pitches(samples []int16, rate, n int) []audio.Pitch {
	return audio.Pitches(samples, rate, n)
}
