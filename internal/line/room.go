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
	ID       int64  // given by Add; stays when the name changes
	Name     string // of the conference: 1 to 128 characters, unique
	Code     string // 3 to 16 digits, unique among codes and PINs; a secret; empty in Add: one is made
	Language string // of what is said after the code; empty in Add: en-US
	Greeting string // said on entering instead of the line's own words; may be empty
	Closed   bool   // neither its code nor its PIN opens anything

	// ModeratorPIN is what a moderator keys instead of the code: 3 to 16 digits,
	// unique among codes and PINs, a secret. Where there is one, the others wait with
	// music until a moderator comes. Empty: nobody is waited for.
	ModeratorPIN      string
	EndsWithModerator bool // the conference ends when a moderator leaves it

	MaxParticipants int // in its conference; 0: as many as the switch lets in
	MaxMinutes      int // of one caller; 0: as long as the switch lets them

	Created time.Time
}

// Entry is what a caller's digits open: a room, and as whom it is entered.
type Entry struct {
	Room      Room
	Moderator bool
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

	maxParticipants = 10000
	maxMinutes      = 24 * 60 // Twilio <Dial> timeLimit: a day
)

// fault is what is wrong with one field of a room; field is its name in JSON.
type fault struct {
	field string
	err   error
}

func (f fault) Error() string { return f.err.Error() }
func (f fault) Unwrap() error { return f.err }

// clean returns the room in the form in which it is stored, or the fault of it.
// The code may be empty.
func (r Room) clean() (Room, error) {
	r.Name = strings.TrimSpace(r.Name)
	r.Greeting = strings.TrimSpace(r.Greeting)
	if r.Language == "" {
		r.Language = defaultLanguage
	}
	language, known := spoken(r.Language)
	checks := []struct {
		field string
		err   error
	}{
		{"name", checkName(r.Name)},
		{"code", checkCode("code", r.Code)},
		{"moderator_pin", checkCode("moderator PIN", r.ModeratorPIN)},
		{"greeting", checkGreeting(r.Greeting)},
		{"max_participants", checkLimit("participants", r.MaxParticipants, maxParticipants)},
		{"max_minutes", checkLimit("minutes", r.MaxMinutes, maxMinutes)},
	}
	for _, c := range checks {
		if c.err != nil {
			return r, fault{c.field, c.err}
		}
	}
	switch {
	case !known:
		return r, fault{"language", fmt.Errorf("language of the room is not one of %s: %q", strings.Join(languages, " "), r.Language)}
	case r.ModeratorPIN != "" && r.ModeratorPIN == r.Code:
		return r, fault{"moderator_pin", errors.New("moderator PIN of the room is its code: nobody could enter without being the moderator")}
	case r.MaxParticipants == 1:
		return r, fault{"max_participants", errors.New("a conference of at most 1 participant never starts: 2 or more, or 0 for no limit of its own")}
	case r.EndsWithModerator && r.ModeratorPIN == "":
		return r, fault{"ends_with_moderator", errors.New("conference of the room cannot end with its moderator: it has no moderator PIN")}
	}
	r.Language = language
	return r, nil
}

func checkName(name string) error {
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return errors.New("room has no name")
	case n > maxName:
		return fmt.Errorf("name of the room is too long: %d characters of %d", n, maxName)
	case !printable(name):
		return fmt.Errorf("name of the room holds a character that cannot be written: %q", name)
	case conferenceSID(name):
		return fmt.Errorf("name of the room looks like the SID of a conference: %q", name)
	}
	return nil
}

func checkGreeting(text string) error {
	if n := utf8.RuneCountInString(text); n > maxGreeting {
		return fmt.Errorf("greeting of the room is too long: %d characters of %d", n, maxGreeting)
	}
	if !printable(text) {
		return errors.New("greeting of the room holds a character that cannot be spoken")
	}
	return nil
}

// checkCode returns what is wrong with a code or PIN, without saying it. Empty is
// none.
func checkCode(what, code string) error {
	if code == "" {
		return nil
	}
	if strings.Trim(code, "0123456789") != "" {
		return fmt.Errorf("%s of the room is not made of the digits 0 to 9", what)
	}
	if n := len(code); n < minCode || n > maxCode {
		return fmt.Errorf("%s of the room has %d digits, not %d to %d", what, n, minCode, maxCode)
	}
	return nil
}

func checkLimit(what string, n, most int) error {
	if n < 0 || n > most {
		return fmt.Errorf("room cannot be limited to %d %s: 1 to %d, or 0 for no limit of its own", n, what, most)
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
