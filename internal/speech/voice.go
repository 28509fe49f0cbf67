package speech

import (
	"fmt"
	"strings"
)

const defaultLanguage = "en-US"

// basic are the voices that speak every language.
var basic = map[string]Gender{"man": Man, "woman": Woman, "alice": Woman}

// resolve returns the voice that name and language mean. Both may be empty.
//
//	man, woman, alice                      any language; en-US if none is given
//	Polly.<Name>[-Neural|-Generative|…]    the language of that name
//	Google.<locale>-<Family>-<Name>        the language of its locale
//
// A language that is given beside a Polly or Google voice must be the voice's
// own, of whatever region; its region is then what is spoken.
func resolve(name, language string) (Voice, error) {
	// Twilio <Say> voice: the default is man.
	if name == "" {
		name = "man"
	}
	v, others, err := named(name)
	if err != nil {
		return Voice{}, err
	}
	if language == "" {
		if v.Language == "" {
			v.Language = defaultLanguage
		}
		return v, nil
	}
	tag, ok := canonical(language)
	if !ok {
		return Voice{}, fmt.Errorf("%w: %q", ErrLanguage, language)
	}
	if v.Language != "" && base(tag) != base(v.Language) && base(tag) != others {
		return Voice{}, fmt.Errorf("%w: %s speaks %s, not %s", ErrLanguage, name, v.Language, tag)
	}
	v.Language = tag
	return v, nil
}

// named returns the voice called name, and the other language of a bilingual one.
func named(name string) (v Voice, other string, err error) {
	unknown := fmt.Errorf("%w: %q", ErrVoice, name)
	house, rest, dotted := strings.Cut(name, ".")
	if !dotted {
		gender, ok := basic[strings.ToLower(name)]
		if !ok {
			return Voice{}, "", unknown
		}
		return Voice{Name: strings.ToLower(name), Gender: gender}, "", nil
	}
	switch strings.ToLower(house) {
	case "polly":
		first, quality, _ := strings.Cut(rest, "-")
		p, ok := polly[strings.ToLower(first)]
		if !ok || !pollyQualities[strings.ToLower(quality)] {
			return Voice{}, "", unknown
		}
		return Voice{Name: strings.ToLower(first), Language: p.language, Gender: p.gender}, p.other, nil
	case "google":
		language, gender, ok := google(rest)
		if !ok {
			return Voice{}, "", unknown
		}
		return Voice{Name: strings.ToLower(rest), Language: language, Gender: gender}, "", nil
	}
	return Voice{}, "", unknown
}

// google reads the name of a Google voice: "en-GB-Standard-A",
// "es-US-Chirp3-HD-Aoede".
func google(name string) (language string, gender Gender, ok bool) {
	parts := strings.Split(name, "-")
	if len(parts) < 4 {
		return "", 0, false
	}
	language, ok = canonical(parts[0] + "-" + parts[1])
	if !ok {
		return "", 0, false
	}
	last := strings.ToLower(parts[len(parts)-1])
	if len(last) == 1 && last[0] >= 'a' && last[0] <= 'z' {
		return language, letterGender(last[0]), true
	}
	gender, ok = chirp[last]
	return language, gender, ok
}

// letterGender is the gender that most of Google's locales give to a letter.
func letterGender(letter byte) Gender {
	if strings.IndexByte("bdijmnq", letter) >= 0 {
		return Man
	}
	return Woman
}
