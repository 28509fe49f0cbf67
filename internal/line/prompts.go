package line

import (
	"slices"
	"strings"

	"confab/internal/twiml"
)

// What the line says before it knows the room.
const (
	welcome   = "Welcome to the conference system."
	enterCode = "Please enter your access code."
	wrongCode = "The access code you entered is incorrect."
	goodbye   = "Goodbye."
)

// voice is who says it.
const voice = "alice"

// defaultLanguage is that of a room which names none.
const defaultLanguage = "en-US"

// languages are those that the voice speaks (Twilio <Say> voice="alice").
var languages = []string{
	"ca-ES", "da-DK", "de-DE", "en-AU", "en-CA", "en-GB", "en-IN", "en-US", "es-ES", "es-MX", "fi-FI", "fr-CA",
	"fr-FR", "it-IT", "ja-JP", "ko-KR", "nb-NO", "nl-NL", "pl-PL", "pt-BR", "pt-PT", "ru-RU", "sv-SE", "zh-CN",
	"zh-HK", "zh-TW",
}

// nowEntering is what is said on the way into a room with no greeting of its
// own, by the first part of the language.
var nowEntering = map[string]string{
	"de": "Sie betreten jetzt die Konferenz.",
	"en": "You are now entering the conference.",
	"es": "Está entrando en la conferencia.",
	"fr": "Vous entrez maintenant dans la conférence.",
	"it": "Sta entrando nella conferenza.",
	"nl": "U komt nu in de conferentie.",
	"pt": "Está a entrar na conferência.",
}

// isFull is what is said to one too many, by the first part of the language.
var isFull = map[string]string{
	"de": "Die Konferenz ist voll.",
	"en": "The conference is full.",
	"es": "La conferencia está llena.",
	"fr": "La conférence est complète.",
	"it": "La conferenza è al completo.",
	"nl": "De conferentie is vol.",
	"pt": "A conferência está cheia.",
}

// full returns what is said to who finds the room full, and in which language, as
// entering does.
func full(room Room) (words, language string) {
	short, _, _ := strings.Cut(room.Language, "-")
	words, known := isFull[short]
	switch {
	case !known:
		return isFull["en"], ""
	case room.Language == defaultLanguage:
		return words, ""
	}
	return words, room.Language
}

// entering returns what is said on the way into room, and in which language:
// empty for the voice's own, the default. A room in a language that the line has
// no words for is entered in English.
func entering(room Room) (words, language string) {
	short, _, _ := strings.Cut(room.Language, "-")
	words, known := nowEntering[short]
	switch {
	case room.Greeting != "":
		words = room.Greeting
	case !known:
		return nowEntering["en"], ""
	}
	if room.Language == defaultLanguage {
		return words, ""
	}
	return words, room.Language
}

// spoken returns language in its usual spelling, if the voice speaks it.
func spoken(language string) (string, bool) {
	i := slices.IndexFunc(languages, func(known string) bool { return strings.EqualFold(known, language) })
	if i < 0 {
		return "", false
	}
	return languages[i], true
}

// say makes s the line's own speech.
func say(s *twiml.Say) { s.Voice = voice }
