package speech_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/audio"
	"confab/internal/speech"
)

// engine is a speech engine under a test's control.
type engine struct {
	name  string
	takes time.Duration
	err   error
	rate  int
	spoke atomic.Int64
}

func (e *engine) Name() string { return e.name }

func (e *engine) Synthesize(ctx context.Context, text string, v speech.Voice) (audio.Source, error) {
	e.spoke.Add(1)
	if e.takes > 0 {
		select {
		case <-time.After(e.takes):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if e.err != nil {
		return nil, e.err
	}
	// What is heard tells what was asked for.
	samples := []int16{int16(len(text)), int16(v.Gender), int16(len(v.Language)), int16(e.spoke.Load())}
	return audio.FromSamples(max(e.rate, 8000), samples), nil
}

func newSpeaker(t *testing.T, c speech.Config) *speech.Speaker {
	t.Helper()
	s, err := speech.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func say(t *testing.T, s *speech.Speaker, r speech.Request) []int16 {
	t.Helper()
	src, err := s.Say(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	samples, err := audio.Samples(src)
	if err != nil {
		t.Fatal(err)
	}
	if want := max(r.Rate, 8000); src.Rate() != want {
		t.Fatalf("spoken at %d Hz, not %d", src.Rate(), want)
	}
	return samples
}

func TestSay_refusals(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name   string
		engine speech.Engine
		r      speech.Request
		want   error
	}{
		{"no engine", nil, speech.Request{Text: "hi"}, speech.ErrNoEngine},
		{"bad voice", &engine{}, speech.Request{Text: "hi", Voice: "robot"}, speech.ErrVoice},
		{"bad voice, no engine", nil, speech.Request{Text: "hi", Voice: "robot"}, speech.ErrVoice},
		{"bad language", &engine{}, speech.Request{Text: "hi", Voice: "alice", Language: "xx"}, speech.ErrLanguage},
		{"not that voice's language", &engine{}, speech.Request{Text: "hi", Voice: "Polly.Hans", Language: "fr-FR"}, speech.ErrLanguage},
		{"engine cannot", &engine{err: speech.ErrLanguage}, speech.Request{Text: "hi"}, speech.ErrLanguage},
		{"engine fails", &engine{err: broken}, speech.Request{Text: "hi"}, broken},
		{"too long", &engine{}, speech.Request{Text: strings.Repeat("é", 4097)}, speech.ErrTooLong},
	} {
		s := newSpeaker(t, speech.Config{Engine: c.engine, CacheDir: t.TempDir()})
		if src, err := s.Say(t.Context(), c.r); !errors.Is(err, c.want) || src != nil {
			t.Errorf("%s: %v, %v; want %v", c.name, src, err, c.want)
		}
	}
}

func TestSay_atTheEdges(t *testing.T) {
	e := &engine{rate: 22050}
	s := newSpeaker(t, speech.Config{Engine: e})
	say(t, s, speech.Request{Text: strings.Repeat("é", speech.MaxText)})
	for _, blank := range []string{"", " \n\t ", "\x01\x02"} {
		if got := say(t, s, speech.Request{Text: blank}); len(got) != 0 {
			t.Errorf("%q is heard as %d samples", blank, len(got))
		}
	}
	if got := say(t, s, speech.Request{Text: "a", Rate: 48000}); len(got) != 9 { // ⌈4·48000/22050⌉
		t.Errorf("4 samples at 22050 Hz became %d at 48000", len(got))
	}
	if got := s.Engine(); got != "" {
		t.Errorf("engine %q", got)
	}
}

func TestSay_isSpokenOnceAndKept(t *testing.T) {
	e, dir := &engine{name: "one"}, t.TempDir()
	s := newSpeaker(t, speech.Config{Engine: e, CacheDir: dir})
	hello := speech.Request{Text: "hello", Voice: "alice"}
	first := say(t, s, hello)
	again := say(t, s, speech.Request{Text: "  hello\n", Voice: "Alice", Language: "en-US"}) // the same, put otherwise
	restarted := say(t, newSpeaker(t, speech.Config{Engine: e, CacheDir: dir}), hello)
	if e.spoke.Load() != 1 || !slices.Equal(first, again) || !slices.Equal(first, restarted) {
		t.Errorf("spoken %d times: %v, %v, %v", e.spoke.Load(), first, again, restarted)
	}

	// Whatever changes what is heard is spoken anew.
	others := []speech.Request{
		{Text: "Hello", Voice: "alice"}, {Text: "hello", Voice: "woman"}, {Text: "hello", Voice: "man"},
		{Text: "hello", Voice: "alice", Language: "en-GB"}, {Text: "hello", Voice: "alice", Rate: 16000},
	}
	for i, r := range others {
		say(t, s, r)
		if got := e.spoke.Load(); got != int64(i+2) {
			t.Errorf("%+v was taken for another: spoken %d times", r, got)
		}
	}
	other := &engine{name: "two"}
	if say(t, newSpeaker(t, speech.Config{Engine: other, CacheDir: dir}), hello); other.spoke.Load() != 1 {
		t.Error("another engine's speech was taken for this one's")
	}

	for _, f := range files(t, dir) {
		info, err := os.Stat(f)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f, info.Mode(), err)
		}
	}
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSay_damagedFilesAreSpokenAnew(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"empty":     func([]byte) []byte { return nil },
		"cut off":   func(b []byte) []byte { return b[:len(b)-2] },
		"grown":     func(b []byte) []byte { return append(b, 0, 0) },
		"no WAV":    func(b []byte) []byte { return bytes.Repeat([]byte("x"), len(b)) },
		"wrong way": func(b []byte) []byte { b[24] ^= 0xFF; return b },
	} {
		t.Run(name, func(t *testing.T) {
			e, dir := &engine{}, t.TempDir()
			s := newSpeaker(t, speech.Config{Engine: e, CacheDir: dir})
			say(t, s, speech.Request{Text: "hello"})
			path := files(t, dir)[0]
			whole, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, damage(slices.Clone(whole)), 0o600); err != nil {
				t.Fatal(err)
			}
			for range 2 { // and kept again
				if got := say(t, s, speech.Request{Text: "hello"}); len(got) != 4 || e.spoke.Load() != 2 {
					t.Errorf("heard %v, spoken %d times", got, e.spoke.Load())
				}
			}
		})
	}
}

func TestSay_cacheIsBounded(t *testing.T) {
	const each = 44 + 8 // bytes of one file
	e, dir := &engine{}, t.TempDir()
	c := speech.Config{Engine: e, CacheDir: dir, CacheBytes: 10 * each}
	s := newSpeaker(t, c)
	text := func(i int) speech.Request { return speech.Request{Text: strings.Repeat("x", i+1)} }
	old := time.Now().Add(-time.Hour)
	for i := range 10 {
		say(t, s, text(i))
	}
	for _, f := range files(t, dir) {
		os.Chtimes(f, old, old)
	}
	s = newSpeaker(t, c)
	say(t, s, text(0)) // heard again: it stays
	say(t, s, text(10))
	if n := len(files(t, dir)); n != 9 {
		t.Errorf("%d files after the eleventh", n)
	}
	spoken := e.spoke.Load()
	say(t, s, text(0))
	say(t, s, text(10))
	if e.spoke.Load() != spoken {
		t.Error("what was just heard is gone")
	}
	c.CacheBytes = 3 * each
	newSpeaker(t, c)
	if n := len(files(t, dir)); n > 3 {
		t.Errorf("%d files where 3 fit", n)
	}
	c.CacheBytes = 1
	say(t, newSpeaker(t, c), text(0))
	if n := len(files(t, dir)); n != 0 {
		t.Errorf("%d files where none fits", n)
	}
}

func TestNew_cacheDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "down")
	newSpeaker(t, speech.Config{Engine: &engine{}, CacheDir: dir})
	left := filepath.Join(dir, "123.part") // by a crash
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	newSpeaker(t, speech.Config{Engine: &engine{}, CacheDir: dir})
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a half-written file is left: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := speech.New(speech.Config{Engine: &engine{}, CacheDir: filepath.Join(file, "cache")}); err == nil {
		t.Error("a directory inside a file was made")
	}
}

// A cache that fails is logged once, and never heard.
func TestSay_lostCache(t *testing.T) {
	var log bytes.Buffer
	e, dir := &engine{}, filepath.Join(t.TempDir(), "cache")
	s := newSpeaker(t, speech.Config{Engine: e, CacheDir: dir, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"my code is 4711", "again"} {
		if got := say(t, s, speech.Request{Text: text}); len(got) != 4 {
			t.Errorf("heard %v", got)
		}
	}
	if n := strings.Count(log.String(), "\n"); n != 1 || strings.Contains(log.String(), "4711") {
		t.Errorf("logged %d lines: %s", n, log.String())
	}
}

func TestSay_manyAtOnceAreSpokenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &engine{takes: time.Second}
		s := newSpeaker(t, speech.Config{Engine: e})
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if got := say(t, s, speech.Request{Text: "hello"}); len(got) != 4 {
					t.Errorf("heard %v", got)
				}
			})
		}
		all.Wait()
		if e.spoke.Load() != 1 {
			t.Errorf("spoken %d times", e.spoke.Load())
		}
		// Without a cache it is spoken again for the next.
		if say(t, s, speech.Request{Text: "hello"}); e.spoke.Load() != 2 {
			t.Errorf("spoken %d times", e.spoke.Load())
		}
	})
}

// Who asked first goes away: the others hear it all the same.
func TestSay_theFirstHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &engine{takes: time.Second}
		s := newSpeaker(t, speech.Config{Engine: e})
		first, hangUp := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := s.Say(first, speech.Request{Text: "hello"}); !errors.Is(err, context.Canceled) {
				t.Errorf("the first: %v", err)
			}
		})
		synctest.Wait()
		for range 5 {
			all.Go(func() { say(t, s, speech.Request{Text: "hello"}) })
		}
		all.Go(func() { // one who waits may go away too
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if _, err := s.Say(ctx, speech.Request{Text: "hello"}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the impatient: %v", err)
			}
		})
		time.Sleep(500 * time.Millisecond)
		hangUp()
		all.Wait()
		if e.spoke.Load() != 2 {
			t.Errorf("spoken %d times", e.spoke.Load())
		}
	})
}

// An engine's own failure goes to all who wait, and is tried again for the next.
func TestSay_failureIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &engine{takes: time.Second, err: errors.New("broken")}
		s := newSpeaker(t, speech.Config{Engine: e})
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if _, err := s.Say(t.Context(), speech.Request{Text: "hello"}); !errors.Is(err, e.err) {
					t.Errorf("got %v", err)
				}
			})
		}
		all.Wait()
		if e.spoke.Load() != 1 {
			t.Errorf("tried %d times", e.spoke.Load())
		}
	})
}
