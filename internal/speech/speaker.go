package speech

import (
	"context"
	"log/slog"
	"time"

	"confab/internal/audio"
)

// MaxText is how many characters one Say may hold (13521).
const MaxText = 4096

// Config is what a Speaker needs. The zero value speaks not at all, and says so.
type Config struct {
	Engine     Engine       // nil: Say gives ErrNoEngine
	CacheDir   string       // made if missing; empty: nothing is kept
	CacheBytes int64        // how much is kept; zero: 256 MiB
	Log        *slog.Logger // nil: nothing is logged
}

// Request is one thing to be said, in the words of Twilio <Say>.
type Request struct {
	Text     string
	Voice    string // "": woman
	Language string // "": the voice's own, else en-US
	Rate     int    // of the result, Hz; zero: 8000
}

// Speaker says what it is asked to say.
type Speaker struct{}

// New returns a speaker.
func New(c Config) (*Speaker, error) { return &Speaker{}, nil }

// Say speaks r and returns the whole of it.
func (s *Speaker) Say(ctx context.Context, r Request) (audio.Source, error) { return nil, ErrNoEngine }

// Engine returns the name of the engine, or "" if there is none.
func (s *Speaker) Engine() string { return "" }

// Beep is a short tone at rate, to be heard where speech cannot be.
func Beep(rate int) audio.Source { return audio.NewTone(rate, 440, -20, 400*time.Millisecond) }
