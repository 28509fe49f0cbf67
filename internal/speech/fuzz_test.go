package speech

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// What a document says about voice and language never reaches a command line but
// through our tables.
func FuzzResolve(f *testing.F) {
	f.Add("alice", "en-gb")
	f.Add("Polly.Hans-Neural", "")
	f.Add("Google.es-US-Chirp3-HD-Aoede", "es-419")
	f.Add("", "sr-latn-rs")
	e := &espeak{voices: map[string]bool{"en-us": true, "de": true, "es-419": true}}
	f.Fuzz(func(t *testing.T, name, language string) {
		v, err := resolve(name, language)
		if err != nil {
			return
		}
		if v.Gender != Woman && v.Gender != Man || v.Language == "" {
			t.Fatalf("%q in %q: %+v", name, language, v)
		}
		if again, ok := canonical(v.Language); !ok || again != v.Language {
			t.Fatalf("%q is %q, and that is %q, %v", language, v.Language, again, ok)
		}
		if voice, ok := e.voice(v); ok && !e.voices[voice[:strings.IndexByte(voice, '+')]] {
			t.Fatalf("%+v is spoken by %q", v, voice)
		}
	})
}

func FuzzPlain(f *testing.F) {
	f.Add(" hello \x01 [[world]]\xff\n")
	f.Fuzz(func(t *testing.T, text string) {
		got := plain(text)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) || strings.Contains(got, "  ") || plain(got) != got {
			t.Fatalf("%q became %q", text, got)
		}
		if strings.Contains(espeakText(got), "[[") {
			t.Fatalf("%q still holds phonemes", espeakText(got))
		}
	})
}
