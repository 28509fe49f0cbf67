package speech

import (
	"errors"
	"slices"
	"testing"
)

func TestResolve(t *testing.T) {
	for _, c := range []struct {
		voice, language string
		want            Voice
	}{
		{"", "", Voice{"man", "en-US", Man}}, // Twilio <Say> voice, language: the defaults
		{"", "de-DE", Voice{"man", "de-DE", Man}},
		{"man", "en", Voice{"man", "en", Man}},
		{"man", "en-gb", Voice{"man", "en-GB", Man}},
		{"woman", "fr", Voice{"woman", "fr", Woman}},
		{"alice", "zh-HK", Voice{"alice", "zh-HK", Woman}},
		{"Alice", "pt-br", Voice{"alice", "pt-BR", Woman}},
		{"alice", "en-UK", Voice{"alice", "en-GB", Woman}},
		{"alice", "es-419", Voice{"alice", "es-419", Woman}},
		{"alice", "SR-latn-rs", Voice{"alice", "sr-Latn-RS", Woman}},
		{"Polly.Joanna", "", Voice{"joanna", "en-US", Woman}},
		{"Polly.Joanna-Neural", "en-US", Voice{"joanna", "en-US", Woman}},
		{"Polly.Matthew-Generative", "", Voice{"matthew", "en-US", Man}},
		{"Polly.Hans", "", Voice{"hans", "de-DE", Man}},
		{"Polly.Hans", "de-AT", Voice{"hans", "de-AT", Man}},
		{"Polly.Vitória", "pt-BR", Voice{"vitória", "pt-BR", Woman}},
		{"Polly.Zhiyu", "zh-CN", Voice{"zhiyu", "zh-CN", Woman}},
		{"Polly.Aditi", "hi-IN", Voice{"aditi", "hi-IN", Woman}},
		{"Polly.Liv", "no-NO", Voice{"liv", "no-NO", Woman}},
		{"Google.en-GB-Standard-B", "", Voice{"en-gb-standard-b", "en-GB", Man}},
		{"Google.de-DE-Neural2-C", "de-DE", Voice{"de-de-neural2-c", "de-DE", Woman}},
		{"Google.es-US-Chirp3-HD-Aoede", "", Voice{"es-us-chirp3-hd-aoede", "es-US", Woman}},
		{"Google.cmn-CN-Chirp3-HD-Puck", "", Voice{"cmn-cn-chirp3-hd-puck", "cmn-CN", Man}},
	} {
		if got, err := resolve(c.voice, c.language); err != nil || got != c.want {
			t.Errorf("%q in %q: %+v, %v; want %+v", c.voice, c.language, got, err, c.want)
		}
	}
}

func TestResolve_refuses(t *testing.T) {
	for _, c := range []struct {
		voice, language string
		want            error
	}{
		{"robot", "", ErrVoice},
		{"Polly.Joana", "", ErrVoice},
		{"Polly.", "", ErrVoice},
		{"Polly.Joanna-Loud", "", ErrVoice},
		{"Azure.Joanna", "", ErrVoice},
		{"Google.en-US", "", ErrVoice},
		{"Google.xx-YY-Standard-A", "", ErrVoice},
		{"Google.en-US-Chirp3-HD-Nobody", "", ErrVoice},
		{"Google.en-US-Standard-", "", ErrVoice},
		{"alice", "tlh", ErrLanguage},
		{"alice", "english", ErrLanguage},
		{"alice", "en_US", ErrLanguage},
		{"alice", "en-", ErrLanguage},
		{"alice", "en-US -v evil", ErrLanguage},
		{"alice", "en-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ErrLanguage},
		{"Polly.Hans", "en-US", ErrLanguage},
		{"Polly.Aditi", "fr-FR", ErrLanguage},
		{"Google.en-GB-Standard-B", "de-DE", ErrLanguage},
	} {
		if got, err := resolve(c.voice, c.language); !errors.Is(err, c.want) || got != (Voice{}) {
			t.Errorf("%q in %q: %+v, %v; want %v", c.voice, c.language, got, err, c.want)
		}
	}
}

// Twilio <Say> language: the locales of alice.
func TestResolve_aliceSpeaksAllThatSheDoesAtTwilio(t *testing.T) {
	for _, language := range []string{
		"da-DK", "de-DE", "en-AU", "en-CA", "en-GB", "en-IN", "en-US", "ca-ES", "es-ES", "es-MX", "fi-FI", "fr-CA",
		"fr-FR", "it-IT", "ja-JP", "ko-KR", "nb-NO", "nl-NL", "pl-PL", "pt-BR", "pt-PT", "ru-RU", "sv-SE", "zh-CN",
		"zh-HK", "zh-TW",
	} {
		if v, err := resolve("alice", language); err != nil || v.Language != language {
			t.Errorf("%s: %+v, %v", language, v, err)
		}
	}
}

func TestPolly_speakWhatSayKnows(t *testing.T) {
	for name, p := range polly {
		if p.language == "" {
			continue // a basic voice
		}
		if tag, ok := canonical(p.language); !ok || tag != p.language || p.gender == 0 {
			t.Errorf("%s: %+v", name, p)
		}
		if p.other != "" && !languages[p.other] {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestEspeak_voiceThatComesClosest(t *testing.T) {
	e := &espeak{voices: espeakLanguages(`Pty Language       Age/Gender VoiceName          File                 Other Languages
 5  de              --/M      German             gmw/de
 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)
 2  en-us           --/M      English_(America)  gmw/en-US            (en 3)
 5  es              --/M      Spanish_(Spain)    roa/es
 5  es-419          --/M      Spanish_(Latin_America) roa/es-419           (es-mx 6)(es 6)
 5  fr-fr           --/M      French_(France)    roa/fr               (fr 5)
 5  nb              --/M      Norwegian_Bokmål  gmq/nb               (no 5)
 5  pt              --/M      Portuguese_(Portugal) roa/pt               (pt-pt 5)
 5  pt-br           --/M      Portuguese_(Brazil) roa/pt-BR            (pt 6)
 5  cmn             --/M      Chinese_(Mandarin) sit/cmn              (zh-cmn 5)(zh 5)
 5  yue             --/M      Chinese_(Cantonese) sit/yue              (zh-yue 5)(zh 8)
`)}
	for language, want := range map[string]string{
		"en-US": "en-us", "en": "en-us", "en-CA": "en-us", "en-GB": "en-gb", "en-AU": "en-gb", "en-GB-WLS": "en-gb", "en-XX": "en-us",
		"de-DE": "de", "de-AT": "de", "es-ES": "es", "es-MX": "es-419", "es-US": "es-419", "es-419": "es-419",
		"fr-FR": "fr-fr", "fr-CA": "fr-fr", "fr": "fr-fr", "no-NO": "nb", "nn-NO": "nb", "pt-PT": "pt", "pt-BR": "pt-br",
		"zh-CN": "cmn", "zh-TW": "cmn", "zh-HK": "yue", "cmn-CN": "cmn", "yue-HK": "yue",
	} {
		if got, ok := e.voice(Voice{"man", language, Man}); !ok || got != want+"+m3" {
			t.Errorf("%s: %q, %v; want %s", language, got, ok, want)
		}
	}
	if got, ok := e.voice(Voice{"man", "gl-ES", Man}); ok {
		t.Errorf("Galician is spoken by %q", got)
	}
}

func TestEspeak_namesSoundApart(t *testing.T) {
	var heard []string
	for _, name := range []string{"joanna", "kendra", "kimberly", "salli", "ivy", "ruth"} {
		variant := espeakVariant(Voice{name, "en-US", Woman})
		if variant[:2] != "+f" {
			t.Errorf("%s sounds like %s", name, variant)
		}
		if !slices.Contains(heard, variant) {
			heard = append(heard, variant)
		}
	}
	if len(heard) < 3 {
		t.Errorf("six names, but only %v", heard)
	}
}
