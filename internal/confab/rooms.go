package confab

import (
	"bytes"
	"context"
	"net/http"

	"confab/internal/api"
	"confab/internal/audio"
	"confab/internal/contract"
	"confab/internal/line"
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

// serveRooms serves the API of the built-in line's rooms to whom the REST API lets
// in. Who looks sees the rooms; their codes and PINs are for who administers.
func (s *Switch) serveRooms(mux *http.ServeMux, rest *api.API) error {
	c := line.APIConfig{Rooms: s.rooms, Allow: func(*http.Request) bool { return true }, Log: s.log}
	if s.speaker.Engine() != "" {
		c.Speak = SpeakWAV(s.speaker)
	}
	rooms, err := line.NewAPI(c)
	if err != nil {
		return err
	}
	mux.Handle(line.Root, rest.Guard(contract.RoleLook, contract.RoleAdminister, rooms))
	mux.Handle("GET "+line.Root+"rooms/{id}/codes", rest.Guard(contract.RoleAdminister, contract.RoleAdminister, rooms))
	return nil
}
