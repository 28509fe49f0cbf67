package logtest

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Secrets are what must not be logged: tokens, passwords, access codes. Digits
// that are short (access codes, what somebody keys) would be found in any time
// or port; they are looked for where a log names them, and with their "#".
type Secrets []string

// short is the length up to which digits are found by their name only.
const short = 4

// always are what is never logged, whoever's secret it is.
var always = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\bauthorization[:=]`),
	regexp.MustCompile(`\b(Basic [A-Za-z0-9+/]*[A-Z0-9][A-Za-z0-9+/]{3,}|Bearer \S|Digest [a-z]+=)`),
	regexp.MustCompile(`://[^/\s"@?#]*:[^/\s"@?#]+@`), // user:password@
	regexp.MustCompile(`(?i)\b(auth_?token|password|secret)[=:]\s*"?[^"\s]`),
	regexp.MustCompile(`\bDigits=\S`),
}

// In returns the lines of text in which a secret stands, in whatever spelling,
// with the secret masked; each begins with the number of the line.
func (s Secrets) In(text string) (found []string) {
	patterns := append([]*regexp.Regexp(nil), always...)
	for _, secret := range s {
		if secret != "" {
			patterns = append(patterns, spellings(secret))
		}
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		for _, p := range patterns {
			if at := p.FindStringIndex(line); at != nil {
				found = append(found, fmt.Sprintf("%d: %s[secret, matched by %d characters]%s", number, line[:at[0]], at[1]-at[0], tail(line[at[1]:])))
			}
		}
	}
	return found
}

// tail is a little of what follows a secret: it may go on.
func tail(rest string) string {
	if len(rest) > 12 {
		return " …" + strings.TrimRight(rest[len(rest)-12:], "\n")
	}
	return ""
}

// spellings finds a secret as it is, escaped, in hexadecimal and in base64
// wherever in a longer text it stood.
func spellings(secret string) *regexp.Regexp {
	if strings.Trim(secret, "0123456789") == "" && len(secret) <= short {
		return regexp.MustCompile(`(?i)(digit|code|key|pin|entered)\w*[=:]\s*"?` + secret + `\b|\b` + secret + `#`)
	}
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), hex.EncodeToString([]byte(secret))}
	for before := range 3 {
		all = append(all, inBase64(secret, before))
	}
	for i, one := range all {
		all[i] = regexp.QuoteMeta(one)
	}
	return regexp.MustCompile(strings.Join(all, "|"))
}

// inBase64 is the part of a longer text in base64 that depends on the secret
// alone, which begins so many bytes after a multiple of three.
func inBase64(secret string, before int) string {
	text := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), secret...))
	from := (before*8 + 5) / 6
	to := (before + len(secret)) * 8 / 6
	return text[from:to]
}
