package speech

import "strings"

// languages are the base languages that Say knows, in words of two or three
// letters: all that Twilio lists, and all that the engines speak.
var languages = setOf(`
	af am an ar as az ba be bg bn bpy bs ca chr cs cv cy da de el en eo es et eu fa fi fil fr ga gd gl gn gu
	ha hak haw he hi hr ht hu hy ia id is it ja jv ka kk kl km kn ko kok ku ky la lb lo lt ltg lv mi mk ml mn
	mr ms mt my nb ne nl nn nog om or pa pap pl ps pt qu quc ro ru sd shn si sk sl smj so sq sr su sv sw ta te
	th tk tn tr tt ug uk ur uz vi yi yue zh zu`)

// sameLanguage are other names of a base language.
var sameLanguage = map[string]string{"arb": "ar", "cmn": "zh", "no": "nb", "iw": "he", "in": "id", "tl": "fil", "jw": "jv"}

// canonical returns language in its usual case, and whether Say knows it: a base
// language, alone or with a script, a region and whatever more. Twilio's basic
// voices also take "en" and "en-gb".
func canonical(language string) (string, bool) {
	parts := strings.Split(language, "-")
	if len(language) > 20 || !languages[base(language)] {
		return "", false
	}
	parts[0] = strings.ToLower(parts[0])
	for i, p := range parts[1:] {
		switch {
		case p == "" || strings.Trim(strings.ToLower(p), "abcdefghijklmnopqrstuvwxyz0123456789") != "":
			return "", false
		case len(p) == 4: // a script
			parts[i+1] = strings.ToUpper(p[:1]) + strings.ToLower(p[1:])
		default:
			parts[i+1] = strings.ToUpper(p)
		}
	}
	// Twilio <Say> language: its page writes en-UK.
	if tag := strings.Join(parts, "-"); tag != "en-UK" {
		return tag, true
	}
	return "en-GB", true
}

// base returns the language of a tag without its region: "nb" of "no-NO".
func base(tag string) string {
	b, _, _ := strings.Cut(strings.ToLower(tag), "-")
	if same, ok := sameLanguage[b]; ok {
		return same
	}
	return b
}

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}
