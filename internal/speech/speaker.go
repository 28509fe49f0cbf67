package speech

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"sync"
	"unicode/utf8"

	"confab/internal/audio"
)

const (
	// MaxText is how many characters one text may have (Twilio 13521).
	MaxText = 4096

	defaultRate       = 8000
	defaultCacheBytes = 256 << 20
)

// Config is what a Speaker needs. With the zero value, Say gives ErrNoEngine.
type Config struct {
	Engine     Engine       // nil: there is none
	CacheDir   string       // where what was spoken is kept; made if missing; empty: nothing is kept
	CacheBytes int64        // how much of it; zero: 256 MiB
	Log        *slog.Logger // nil: nothing is logged
}

// Request is a text to be spoken, in the words of Twilio <Say>.
type Request struct {
	Text     string
	Voice    string // "man", "alice", "Polly.Hans", "Google.de-DE-Neural2-B"; empty: man
	Language string // "de-DE"; empty: the voice's own, else en-US
	Rate     int    // of the result, Hz; zero: 8000
}

// Speaker says what it is asked to, and keeps what it has said. It is used by
// many goroutines at a time.
type Speaker struct {
	engine Engine
	cache  *cache // nil: nothing is kept
	log    *slog.Logger

	mu      sync.Mutex
	flights map[string]*flight // by key: what is being spoken now
	unkept  bool               // the last attempt to keep something failed, and was logged
}

// flight is a text that one caller has spoken while others wait for it. Its
// fields are set before done is closed.
type flight struct {
	done      chan struct{}
	samples   []int16
	err       error
	abandoned bool // the caller who had it spoken went away
}

// New returns a speaker. It fails if the cache's directory cannot be used.
func New(c Config) (*Speaker, error) {
	s := &Speaker{engine: c.Engine, log: c.Log, flights: map[string]*flight{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if c.CacheDir == "" || c.Engine == nil {
		return s, nil
	}
	if c.CacheBytes == 0 {
		c.CacheBytes = defaultCacheBytes
	}
	var err error
	s.cache, err = openCache(c.CacheDir, c.CacheBytes)
	return s, err
}

// Engine returns the name of the engine, or "" if there is none.
func (s *Speaker) Engine() string {
	if s.engine == nil {
		return ""
	}
	return s.engine.Name()
}

// Say has r spoken, unless it was before, and returns the whole of it, at r.Rate.
// It blocks until then, or until ctx ends. The same text asked for by several at
// once is spoken once. A text of white space only is no sound at all. Errors are
// ErrVoice, ErrLanguage, ErrTooLong, ErrNoEngine, the ctx's or the engine's.
func (s *Speaker) Say(ctx context.Context, r Request) (audio.Source, error) {
	if n := utf8.RuneCountInString(r.Text); n > MaxText {
		return nil, fmt.Errorf("%w: %d characters > %d", ErrTooLong, n, MaxText)
	}
	v, err := resolve(r.Voice, r.Language)
	if err != nil {
		return nil, err
	}
	if s.engine == nil {
		return nil, ErrNoEngine
	}
	if r.Rate <= 0 {
		r.Rate = defaultRate
	}
	if r.Text = plain(r.Text); r.Text == "" {
		return audio.FromSamples(r.Rate, nil), nil
	}
	samples, err := s.share(ctx, r, v)
	if err != nil {
		return nil, fmt.Errorf("say: %w", err)
	}
	return audio.FromSamples(r.Rate, samples), nil
}

// share returns what is spoken for r: by this caller, or by another who asked for
// the same at the same time. When that other goes away, one of those who wait
// takes its place.
func (s *Speaker) share(ctx context.Context, r Request, v Voice) ([]int16, error) {
	key := s.key(r, v)
	for {
		s.mu.Lock()
		f, others := s.flights[key]
		if !others {
			f = &flight{done: make(chan struct{})}
			s.flights[key] = f
		}
		s.mu.Unlock()
		if !others {
			s.fly(ctx, f, key, r, v)
			return f.samples, f.err
		}
		select {
		case <-f.done:
			if !f.abandoned {
				return f.samples, f.err
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// fly finds or makes the sound of f and lands it, whatever happens.
func (s *Speaker) fly(ctx context.Context, f *flight, key string, r Request, v Voice) {
	f.abandoned = true // until we know better: an engine may panic
	defer func() {
		s.mu.Lock()
		delete(s.flights, key)
		s.mu.Unlock()
		close(f.done)
	}()
	f.samples, f.err = s.speak(ctx, key, r, v)
	f.abandoned = f.err != nil && ctx.Err() != nil
}

// speak returns the sound of r from the cache, or from the engine.
func (s *Speaker) speak(ctx context.Context, key string, r Request, v Voice) ([]int16, error) {
	if s.cache != nil {
		if samples, ok := s.cache.get(key, r.Rate); ok {
			return samples, nil
		}
	}
	src, err := s.engine.Synthesize(ctx, r.Text, v)
	if err != nil {
		return nil, err
	}
	samples, err := audio.Samples(audio.Resample(src, r.Rate))
	if err != nil {
		return nil, err
	}
	if s.cache != nil {
		s.noteKept(s.cache.put(key, r.Rate, samples))
	}
	return samples, nil
}

// noteKept logs that speech cannot be kept, once until it can again: a full disk
// makes prompts slower, not silent.
func (s *Speaker) noteKept(err error) {
	s.mu.Lock()
	first := err != nil && !s.unkept
	s.unkept = err != nil
	s.mu.Unlock()
	if first {
		s.log.Warn("speech is not kept", "err", err)
	}
}

// key names what is heard: everything that it depends on.
func (s *Speaker) key(r Request, v Voice) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %d %d %q", s.engine.Name(), v.Name, v.Language, v.Gender, r.Rate, r.Text)
	return hex.EncodeToString(h.Sum(nil))
}
