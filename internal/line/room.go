package line

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Room is a standing entry of the line: who keys its code joins the conference
// of its name.
type Room struct {
	Name     string // of the conference: 1 to 128 characters, unique
	Code     string // 3 to 16 digits, unique; a secret; empty in Add: one is made
	Language string // of what is said after the code; empty in Add: en-US
	Greeting string // said on entering instead of the line's own words; may be empty
	Closed   bool   // its code opens nothing
	Created  time.Time
}

// Sample reports whether r is one of the two rooms that a line begins with: their
// codes are in the manual, and no secret.
func (r Room) Sample() bool {
	return r.Name == "conference 1" && r.Code == "123" || r.Name == "conference 2" && r.Code == "456"
}

// Limits of a room.
const (
	maxName     = 128 // Twilio <Conference>: length of a name
	minCode     = 3
	maxCode     = 16
	maxGreeting = 4096 // Twilio <Say>: length of a text
)

// clean returns the room in the form in which it is stored, or what is wrong
// with it. The code may be empty.
func (r Room) clean() (Room, error) {
	r.Name = strings.TrimSpace(r.Name)
	r.Greeting = strings.TrimSpace(r.Greeting)
	switch n := utf8.RuneCountInString(r.Name); {
	case n == 0:
		return r, errors.New("room has no name")
	case n > maxName:
		return r, fmt.Errorf("name of the room is too long: %d characters of %d", n, maxName)
	case !printable(r.Name):
		return r, fmt.Errorf("name of the room holds a character that cannot be written: %q", r.Name)
	case conferenceSID(r.Name):
		return r, fmt.Errorf("name of the room looks like the SID of a conference: %q", r.Name)
	}
	if n := utf8.RuneCountInString(r.Greeting); n > maxGreeting {
		return r, fmt.Errorf("greeting of the room is too long: %d characters of %d", n, maxGreeting)
	}
	if !printable(r.Greeting) {
		return r, errors.New("greeting of the room holds a character that cannot be spoken")
	}
	if r.Language == "" {
		r.Language = defaultLanguage
	}
	language, ok := spoken(r.Language)
	if !ok {
		return r, fmt.Errorf("language of the room is not one of %s: %q", strings.Join(languages, " "), r.Language)
	}
	r.Language = language
	if r.Code == "" {
		return r, nil
	}
	return r, checkCode(r.Code)
}

// checkCode returns what is wrong with a code, without saying it.
func checkCode(code string) error {
	if strings.Trim(code, "0123456789") != "" {
		return errors.New("code of the room is not made of the digits 0 to 9")
	}
	if n := len(code); n < minCode || n > maxCode {
		return fmt.Errorf("code of the room has %d digits, not %d to %d", n, minCode, maxCode)
	}
	return nil
}

// newCode makes a code of 8 digits that survives a bad line: no 0 first, and no
// digit twice in a row, which networks are known to take for one.
func newCode() string {
	nine := big.NewInt(9)
	code := make([]byte, 8)
	for i := range code {
		n, err := rand.Int(rand.Reader, nine)
		if err != nil {
			panic(err) // never: crypto/rand crashes the program instead
		}
		d := byte(n.Int64()) // one of the nine digits that may stand here
		switch {
		case i == 0:
			d++
		case '0'+d >= code[i-1]:
			d++
		}
		code[i] = '0' + d
	}
	return string(code)
}

// printable reports whether s is UTF-8 that a document can hold and a person
// can read.
func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == 0xfffe || r == 0xffff
	}) < 0
}

// conferenceSID reports whether s has the form of the SID of a conference, which
// is not a name (Twilio <Conference>).
func conferenceSID(s string) bool {
	return len(s) == 34 && strings.HasPrefix(s, "CF") && strings.Trim(s[2:], "0123456789abcdef") == ""
}
