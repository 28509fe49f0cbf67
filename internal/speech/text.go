package speech

import (
	"strings"
	"unicode"
)

// plain returns text with every run of white space and of what is no text
// (control characters, broken UTF-8) as one space, and none around it. Engines
// take some control characters for commands.
func plain(text string) string {
	text = strings.ToValidUTF8(text, " ")
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}
