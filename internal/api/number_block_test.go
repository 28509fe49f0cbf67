package api

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A pattern of a number with some digits made * is in the number, wherever it
// begins; one with a digit that is changed is not, when it has all of them.
func TestMatches_partsOfNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := "+" + rapid.StringMatching(`[1-9][0-9]{6,14}`).Draw(t, "number")
		from := rapid.IntRange(0, len(number)-1).Draw(t, "from")
		part := []byte(number[from:rapid.IntRange(from, len(number)).Draw(t, "to")])
		for i, c := range part {
			if c != '+' && rapid.Bool().Draw(t, "any") {
				part[i] = '*'
			}
		}
		if !matches(string(part), number) {
			t.Errorf("%q is not in %s", part, number)
		}
		at := rapid.IntRange(1, len(number)-1).Draw(t, "at")
		other := []byte(number)
		other[at] = '0' + (other[at]-'0'+1)%10
		if matches(string(other), number) {
			t.Errorf("%q is in %s", other, number)
		}
		if matches(number+"*", number) {
			t.Errorf("what is longer is in %s", number)
		}
	})
}

// ITU-T E.161: which letters are on which key.
func TestMatches_letters(t *testing.T) {
	for digit, letters := range map[string]string{"2": "abc", "3": "def", "4": "ghi", "5": "jkl", "6": "mno", "7": "pqrs", "8": "tuv", "9": "wxyz"} {
		for _, l := range letters {
			for _, text := range []string{string(l), strings.ToUpper(string(l))} {
				p, err := pattern(text)
				if err != nil || !matches(p, "+1"+digit) || matches(p, "+10") {
					t.Errorf("%s is not on %s: %v", text, digit, err)
				}
			}
		}
	}
	for _, bad := range []string{"@", "[", "`", "{", "ä", "\x00", "1/2", "\u212a"} { // the last is the Kelvin sign, which is no K
		if p, err := pattern(bad); err == nil {
			t.Errorf("%q is the pattern %q", bad, p)
		}
	}
}
