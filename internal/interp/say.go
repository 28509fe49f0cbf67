package interp

import (
	"context"
	"errors"
	"strings"

	"confab/internal/contract"
	"confab/internal/speech"
	"confab/internal/twiml"
)

// The rates of spoken prompts, Hz. The voices know nothing beyond the wide band.
const (
	sayRate = 8000
	sayInHD = 16000
)

// sayRate returns the rate at which to speak: for a telephone its own, so that what is
// kept need not be converted for every caller.
func (r *reader) sayRate() int {
	if r.rate != nil && r.rate() > sayRate {
		return sayInHD
	}
	return sayRate
}

// say makes speech ready to be heard. A text that cannot be spoken is passed
// over with a warning (Twilio 13511, 13512, 13520, 13521); where nothing can be
// spoken at all, a short tone stands for it.
func (r *reader) say(ctx context.Context, doc *document, v *twiml.Say) (clip, error) {
	if v.Text == "" {
		return nil, nil // the parser has warned
	}
	src, err := r.cfg.Speech.Say(ctx, speech.Request{Text: v.Text, Voice: v.Voice, Language: v.Language, Rate: r.sayRate()})
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if errors.Is(err, speech.ErrNoEngine) {
		r.warn(doc, contract.CodeInternalDocument, "there is no speech engine: a tone was played instead of speech")
		return sound(speech.Beep(sayRate), 1)
	}
	if err != nil {
		code, ok := speechCode(err)
		r.warn(doc, code, "the text was not spoken: "+sayProblem(v, code))
		if !ok {
			r.log().Error("speech", "err", err)
			return sound(speech.Beep(sayRate), 1)
		}
		return nil, nil
	}
	return sound(src, v.Loop)
}

// speechCode is the documented code of what is wrong with a text to be spoken;
// ok is false when the fault is ours.
func speechCode(err error) (code contract.Code, ok bool) {
	switch {
	case errors.Is(err, speech.ErrVoice):
		return contract.CodeSayVoice, true
	case errors.Is(err, speech.ErrLanguage):
		return contract.CodeSayLanguage, true
	case errors.Is(err, speech.ErrTooLong):
		return contract.CodeSayTooLong, true
	}
	return contract.CodeInternalDocument, false
}

// sayProblem says what is wrong with a Say, in words.
func sayProblem(v *twiml.Say, code contract.Code) string {
	switch code {
	case contract.CodeSayVoice:
		return "no such voice: " + short(v.Voice)
	case contract.CodeSayLanguage:
		return strings.TrimSpace("the voice " + short(v.Voice) + " does not speak " + short(v.Language))
	case contract.CodeSayTooLong:
		return "it is too long"
	}
	return "the speech engine failed"
}

// short quotes a value of a document for a warning.
func short(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return `"` + s + `"`
}
