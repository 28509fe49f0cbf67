package speech_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/speech"
)

// findEngine returns the engine of this machine. Tests that need one are skipped
// where there is none, but not in CI.
func findEngine(t *testing.T) speech.Engine {
	t.Helper()
	e, err := speech.Find(t.Context())
	if errors.Is(err, speech.ErrNoEngine) && os.Getenv("CI") == "" {
		t.Skipf("needs espeak-ng (apt-get install espeak-ng): %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEspeak_speaks(t *testing.T) {
	s := newSpeaker(t, speech.Config{Engine: findEngine(t), CacheDir: t.TempDir()})
	if !strings.HasPrefix(s.Engine(), "espeak-ng 1.") {
		t.Errorf("engine %q", s.Engine())
	}
	for _, r := range []speech.Request{
		{Text: "Welcome to the conference system."},
		{Text: "Willkommen in der Konferenz.", Voice: "Polly.Marlene"},
		{Text: "Bienvenue à la conférence.", Voice: "woman", Language: "fr"},
		{Text: "会議へようこそ。", Voice: "alice", Language: "ja-JP"},
		{Text: "-v de --help", Voice: "man"},
		{Text: "<speak>one & two</speak> [[h@l'oU]]", Voice: "alice"},
		{Text: "Welcome to the conference system.", Voice: "Google.en-GB-Standard-B", Rate: 16000},
	} {
		got := say(t, s, r)
		seconds := float64(len(got)) / float64(max(r.Rate, 8000))
		if level := audio.Level(got); seconds < 0.5 || seconds > 8 || level < -30 || level > -14 {
			t.Errorf("%q is heard for %.1f s at %.1f dBov", r.Text, seconds, level)
		}
	}
	if _, err := s.Say(t.Context(), speech.Request{Text: "ola", Voice: "alice", Language: "gl-ES"}); !errors.Is(err, speech.ErrLanguage) {
		t.Errorf("Galician, which it does not speak: %v", err)
	}
}

// Twilio <Say> language: what alice speaks, the engine speaks.
func TestEspeak_speaksAllOfAlice(t *testing.T) {
	s := newSpeaker(t, speech.Config{Engine: findEngine(t)})
	for language := range strings.FieldsSeq(`da-DK de-DE en-AU en-CA en-GB en-IN en-US ca-ES es-ES es-MX fi-FI fr-CA fr-FR
		it-IT ja-JP ko-KR nb-NO nl-NL pl-PL pt-BR pt-PT ru-RU sv-SE zh-CN zh-HK zh-TW`) {
		if got := say(t, s, speech.Request{Text: "1", Voice: "alice", Language: language}); audio.Level(got) < -40 {
			t.Errorf("%s: %d samples at %.1f dBov", language, len(got), audio.Level(got))
		}
	}
}

// Talk-off: a prompt that leaks back to us is not heard as keys.
func TestEspeak_isNotHeardAsDigits(t *testing.T) {
	s := newSpeaker(t, speech.Config{Engine: findEngine(t)})
	text := "Please enter your access code, followed by the pound key. 0 1 2 3 4 5 6 7 8 9. " +
		"The access code you entered is incorrect. You are the first participant in this conference."
	for _, voice := range []string{"man", "alice", "Polly.Joanna", "Polly.Kendra", "Polly.Amy", "Polly.Matthew"} {
		d := audio.NewDTMFDetector(8000)
		for v := say(t, s, speech.Request{Text: text, Voice: voice}); len(v) > 0; v = v[min(160, len(v)):] {
			if key, ok := d.Write(v[:min(160, len(v))]); ok {
				t.Errorf("%s is heard as %c", voice, key)
			}
		}
	}
}

// pretend puts a program that claims to be espeak-ng first in PATH. body runs when
// it is to speak; its directory is $HERE.
func pretend(t *testing.T, body string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	script := `#!/bin/sh
HERE=` + dir + `
case "$1" in
--version) echo "eSpeak NG text-to-speech: 9.9  Data at: /nowhere"; exit ;;
--voices) printf 'Pty Language Age/Gender VoiceName File Other\n 2  en-us  --/M  English  gmw/en\n'; exit ;;
esac
` + body
	if err := os.WriteFile(filepath.Join(dir, "espeak-ng"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return dir
}

func TestEspeak_textIsInputAndSecretsStay(t *testing.T) {
	t.Setenv("CONFAB_AUTH_TOKEN", "topsecret")
	dir := pretend(t, `echo "$@" > $HERE/args; env > $HERE/env; cat > $HERE/stdin; exit 3`)
	s := newSpeaker(t, speech.Config{Engine: findEngine(t)})
	if s.Engine() != "espeak-ng 9.9" {
		t.Errorf("engine %q", s.Engine())
	}
	text := "$(reboot) \"; -f /etc/passwd \x01[[x]]\xff ok"
	if _, err := s.Say(t.Context(), speech.Request{Text: text, Voice: "woman"}); err == nil || strings.Contains(err.Error(), "reboot") {
		t.Errorf("a failing engine gives %v", err)
	}
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if got := read("stdin"); got != `$(reboot) "; -f /etc/passwd ((x)) ok` {
		t.Errorf("it read %q", got)
	}
	if got := read("args"); got != "--stdin --stdout -b 1 -s 160 -v en-us+f2\n" {
		t.Errorf("its arguments were %q", got)
	}
	if strings.Contains(read("env"), "topsecret") {
		t.Error("it knows the token")
	}
}

func TestEspeak_misbehaves(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"fails":        {`echo "no such voice" >&2; exit 1`, "no such voice"},
		"says nothing": {`exit 0`, audio.ErrFormat.Error()},
		"no WAV":       {`echo hello, this is no sound at all`, audio.ErrFormat.Error()},
		"no end":       {`exec cat /dev/zero`, "more than it may"},
		"long moan":    {`head -c 100000 /dev/zero | tr '\0' x >&2; exit 1`, "xxx"},
	} {
		t.Run(name, func(t *testing.T) {
			pretend(t, c.body)
			s := newSpeaker(t, speech.Config{Engine: findEngine(t)})
			_, err := s.Say(t.Context(), speech.Request{Text: "hello"})
			if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 2000 {
				t.Errorf("got %.200q, want %q in it", err, c.want)
			}
		})
	}
}

func TestEspeak_endsWithItsCaller(t *testing.T) {
	pretend(t, `exec sleep 60`)
	s := newSpeaker(t, speech.Config{Engine: findEngine(t)})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := s.Say(ctx, speech.Request{Text: "hello"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestFind_nothingThere(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if e, err := speech.Find(t.Context()); !errors.Is(err, speech.ErrNoEngine) || e != nil {
		t.Errorf("found %v, %v", e, err)
	}
}

func TestFind_brokenIsNone(t *testing.T) {
	dir := pretend(t, "")
	if err := os.WriteFile(filepath.Join(dir, "espeak-ng"), []byte("#!/bin/sh\nexit 127\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if e, err := speech.Find(t.Context()); !errors.Is(err, speech.ErrNoEngine) || e != nil {
		t.Errorf("found %v, %v", e, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := speech.Find(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, speech.ErrNoEngine) {
		t.Errorf("no time to look: %v", err)
	}
}
