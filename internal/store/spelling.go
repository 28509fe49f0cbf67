package store

import (
	"fmt"
	"slices"
	"strings"
)

// dialled returns the keys to look a dialled number up by, best first.
func dialled(user string) []string {
	keys := []string{user}
	if key, err := normal(user); err == nil {
		keys = append(keys, key)
	}
	return append(slices.Compact(keys), everyOther)
}

// normal returns the form in which a number is kept and looked up: an E.164
// number with its plus sign and without separators; any other SIP user part as
// it is, for case counts in it (RFC 3261 §19.1.4); "*" for every other number.
// A URI is reduced to its user part.
func normal(number string) (string, error) {
	user := strings.TrimSpace(number)
	for _, scheme := range []string{"sip:", "sips:", "tel:"} {
		if len(user) >= len(scheme) && strings.EqualFold(user[:len(scheme)], scheme) {
			user = user[len(scheme):]
			break
		}
	}
	user, _, _ = strings.Cut(user, "@")
	user, _, _ = strings.Cut(user, ";") // parameters of a telephone-subscriber (RFC 3966 §3)
	if user == "" {
		return "", fmt.Errorf("number %q is empty", number)
	}
	if i := strings.IndexFunc(user, func(c rune) bool { return c <= ' ' || c == 0x7f }); i >= 0 && e164(user) == "" {
		return "", fmt.Errorf("number %q has a space or a control character in it", number)
	}
	if n := e164(user); n != "" {
		return n, nil
	}
	return user, nil
}

// e164 returns a number of ITU-T E.164 form: plus sign, no leading zero, 7 to
// 15 digits. Shorter ones are extensions. It returns "" for anything else.
func e164(user string) string {
	digits := strings.Map(func(c rune) rune {
		if strings.ContainsRune(" -.()", c) { // RFC 3966 §3: visual separators
			return -1
		}
		return c
	}, user)
	digits = strings.TrimPrefix(digits, "+")
	if len(digits) < 7 || len(digits) > 15 || digits[0] == '0' {
		return ""
	}
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return ""
		}
	}
	return "+" + digits
}
