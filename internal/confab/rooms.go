package confab

import (
	"bytes"
	"context"

	"confab/internal/audio"
	"confab/internal/speech"
)

// promptRate is that of a prompt that is listened to beforehand, Hz: a good
// telephone's.
const promptRate = 16000

// SpeakWAV returns what speaks a text as a WAV file, for the API of the line's
// rooms; an empty language is the voice's own.
func SpeakWAV(speaker *speech.Speaker) func(ctx context.Context, text, language, voice string) ([]byte, error) {
	return func(ctx context.Context, text, language, voice string) ([]byte, error) {
		src, err := speaker.Say(ctx, speech.Request{Text: text, Language: language, Voice: voice, Rate: promptRate})
		if err != nil {
			return nil, err
		}
		samples, err := audio.Samples(src)
		if err != nil {
			return nil, err
		}
		var wav bytes.Buffer
		err = audio.WriteWAV(&wav, promptRate, samples)
		return wav.Bytes(), err
	}
}
