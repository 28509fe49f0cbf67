package interp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"strings"
	"time"

	"confab/internal/audio"
	"confab/internal/codec"
	"confab/internal/conference"
	"confab/internal/contract"
	"confab/internal/twiml"
	"confab/internal/webhook"
)

// play makes a sound file, or digits, ready to be heard. A file that cannot be
// had or read is a warning, and passed over.
func (r *reader) play(ctx context.Context, doc *document, v *twiml.Play) (clip, error) {
	if v.Digits != "" {
		return press(v.Digits, repeats(v.Loop)), nil
	}
	kind, body, at, asked := v.AudioType, v.Audio, doc.url, doc.asked
	if body == nil {
		var err error
		if at, err = doc.resolve(v.URL); err != nil || v.URL == "" {
			r.warn(doc, contract.CodeURL, "<Play> has no usable URL: "+short(shown(v.URL)))
			return nil, nil
		}
		m, err := r.cfg.Webhook.FetchMedia(ctx, at, webhook.MaxSound, r.told("sound"))
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		if err != nil {
			r.warnError(asError(err, contract.CodeRetrieval, "sound file could not be fetched"), at)
			return nil, nil
		}
		kind, body, asked = m.ContentType, m.Body, m.Asked
	}
	src, err := decode(kind, body)
	if err == nil {
		var c clip
		if c, err = sound(src, v.Loop); err == nil {
			return c, nil
		}
	}
	r.warnError(&contract.Error{Code: contract.CodePlayType, Message: "sound file cannot be played: " + short(kind), Err: err, Exchange: asked.Exchange()}, at)
	return nil, nil
}

// errType: the type is none that is played.
var errType = errors.New("type of sound is not played here")

// decode reads a sound file by its MIME type. Deviation (Twilio <Play>): MP3,
// AIFF and GSM are not read yet and are warned of with 13420, as any other type.
func decode(contentType string, body []byte) (audio.Source, error) {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, fmt.Errorf("content type %q: %w", contentType, err)
	}
	switch strings.ToLower(kind) {
	case "audio/wav", "audio/wave", "audio/x-wav", "audio/vnd.wave":
		src, err := audio.NewWAVReader(bytes.NewReader(body))
		if err != nil {
			return nil, fmt.Errorf("read WAV: %w", err)
		}
		return src, nil
	case "audio/basic", "audio/ulaw", "audio/x-ulaw", "audio/mulaw", "audio/x-mulaw": // RFC 2046 §4.3: headerless
		samples := make([]int16, len(body))
		n := codec.PCMU.NewDecoder().Decode(samples, body)
		return audio.FromSamples(codec.PCMU.SampleRate(), samples[:n]), nil
	}
	return nil, errType
}

// How long a key is pressed, and the silence after it, where it is heard as a
// tone.
const (
	keyTone = 100 * time.Millisecond
	keyGap  = 100 * time.Millisecond
)

// press presses keys at an ear: of a far end by its transport, otherwise (a
// bridge) as tones. (Twilio <Play> digits: w is half a second, W a second.)
func press(digits string, times int) clip {
	return func(ctx context.Context, ear conference.Ear) error {
		send := func() error { return ear.Play(ctx, tones(digits)) }
		if far, ok := ear.(interface {
			SendDigits(ctx context.Context, digits string) error
		}); ok {
			send = func() error { return far.SendDigits(ctx, digits) }
		}
		for range times {
			if err := send(); err != nil {
				return err
			}
		}
		return nil
	}
}

// tones is how keys sound.
func tones(digits string) audio.Source {
	var list []audio.Source
	for _, key := range []byte(digits) {
		switch key {
		case 'w':
			list = append(list, audio.Silence(sayRate, time.Second/2))
		case 'W':
			list = append(list, audio.Silence(sayRate, time.Second))
		default:
			list = append(list, audio.Digit(sayRate, key, keyTone), audio.Silence(sayRate, keyGap))
		}
	}
	return audio.Concat(list...)
}
