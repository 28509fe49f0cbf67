package interp

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"

	"confab/internal/contract"
	"confab/internal/twiml"
)

// maxDigits bounds what a Gather without numDigits collects.
const maxDigits = 1000

// entry is what a caller entered.
type entry struct {
	digits   string // without the key that finished it
	finished byte   // that key; 0: it was not finished by one
}

// gather collects keys while its prompts are heard.
//
// Keys that were pressed before the Gather began are forgotten: they were meant
// for nobody, or for a Gather that is over. Those pressed from then on count,
// also while its files are still being fetched.
func (r *run) gather(ctx context.Context, doc *document, g *twiml.Gather) (next, error) {
	forgotten := r.session.ClearDigits() // before the answer, if it comes by this verb: a phone may key at once
	if err := r.call.Answer(ctx); err != nil {
		return next{}, err
	}
	if g.Input.Speech {
		r.warn(doc, contract.CodeGatherInput, "there is no speech recogniser: what is said in <Gather> is not heard")
	}
	prompts, err := r.prepareAll(ctx, doc, g.Prompts)
	if err != nil {
		return next{}, err
	}
	got, err := r.collect(ctx, g, prompts)
	if err != nil {
		return next{}, err
	}
	r.keyed(g, got, forgotten, len(got.digits) == g.NumDigits || len(got.digits) == maxDigits)
	// Twilio <Gather>: nothing entered (also: the finish key and nothing before
	// it) falls through to the next verb, unless actionOnEmptyResult says not to.
	if got.digits == "" && !g.ActionOnEmptyResult {
		return next{}, nil
	}
	params := url.Values{"Digits": {got.digits}}
	if got.finished != 0 {
		params.Set("FinishedOnKey", string(got.finished))
	}
	return r.follow(doc, g.Action, g.Method, params)
}

// prepareAll makes all prompts ready. Twilio <Gather>: all nested files are
// fetched before the first is played.
func (r *run) prepareAll(ctx context.Context, doc *document, verbs []twiml.Verb) ([]clip, error) {
	clips := make([]clip, 0, len(verbs))
	for _, v := range verbs {
		c, err := r.prepare(ctx, doc, v)
		if err != nil {
			return nil, err
		}
		clips = append(clips, c)
	}
	return clips, nil
}

// errSilence ends the wait for a key.
var errSilence = errors.New("no key in time")

// collect returns what was entered when a key has finished it, enough keys were
// pressed, or none was for the time-out.
func (r *run) collect(ctx context.Context, g *twiml.Gather, prompts []clip) (entry, error) {
	var digits strings.Builder
	key, err := r.firstKey(ctx, g, prompts)
	for err == nil {
		// Twilio <Gather> finishOnKey: it is not among the digits; empty: no key
		// finishes.
		if g.FinishOnKey != "" && g.FinishOnKey[0] == key {
			return entry{digits.String(), key}, nil
		}
		digits.WriteByte(key)
		if n := digits.Len(); n == g.NumDigits || n == maxDigits {
			return entry{digits: digits.String()}, nil
		}
		key, err = r.nextKey(ctx, g.Timeout)
	}
	if errors.Is(err, errSilence) {
		return entry{digits: digits.String()}, nil
	}
	return entry{}, err
}

// firstKey plays the prompts and returns the first key, by which they stop.
// Twilio <Gather> timeout: it begins when they have ended.
func (r *run) firstKey(ctx context.Context, g *twiml.Gather, prompts []clip) (byte, error) {
	listening, deaf := context.WithCancelCause(ctx)
	defer deaf(nil)
	playing, barge := context.WithCancel(ctx)
	defer barge()
	var speaking sync.WaitGroup
	speaking.Go(func() {
		deaf(r.speak(playing, prompts, silence(g)))
	})
	defer speaking.Wait()
	defer barge()
	if !g.Input.DTMF {
		<-listening.Done()
		return 0, context.Cause(listening)
	}
	return r.session.Digit(listening)
}

// speak plays prompts, then waits for d; it returns errSilence, or why it was
// cut short.
func (r *run) speak(ctx context.Context, prompts []clip, d time.Duration) error {
	for _, c := range prompts {
		if err := c.play(ctx, r.session); err != nil {
			return err
		}
	}
	if err := sleep(ctx, d); err != nil {
		return err
	}
	return errSilence
}

// silence is how long nothing may come after the prompts (Twilio <Gather>
// speechTimeout: that of speech, when it is given).
func silence(g *twiml.Gather) time.Duration {
	if !g.Input.DTMF && g.SpeechTimeout > 0 {
		return g.SpeechTimeout
	}
	return g.Timeout
}

// nextKey returns the next key, or errSilence after d.
func (r *run) nextKey(ctx context.Context, d time.Duration) (byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, d, errSilence)
	defer cancel()
	return r.session.Digit(ctx)
}
