package transcript

import (
	"errors"
	"strings"
)

// words splits a line into steps, divided by ";", and those into words. A word
// with spaces, "#" or ";" in it stands in double quotes, or has a part that
// does. A "#" at the beginning or after a space begins a comment; comment is
// where, or the length of the line.
func words(line string) (steps [][]string, comment int, err error) {
	var step []string
	var word strings.Builder
	inWord, quoted := false, false
	endWord := func() {
		if inWord {
			step = append(step, word.String())
		}
		word.Reset()
		inWord = false
	}
	endStep := func() {
		endWord()
		if len(step) > 0 {
			steps = append(steps, step)
		}
		step = nil
	}
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			quoted, inWord = !quoted, true
		case quoted && c == '\\' && i+1 < len(line):
			i++
			word.WriteByte(line[i])
		case quoted:
			word.WriteByte(c)
		case c == ' ' || c == '\t':
			endWord()
		case c == ';':
			endStep()
		case c == '#' && !inWord:
			endStep()
			return steps, i, nil
		default:
			inWord = true
			word.WriteByte(c)
		}
	}
	if quoted {
		return nil, 0, errors.New("a quote is not closed")
	}
	endStep()
	return steps, len(line), nil
}

// quote writes a word so that words reads it.
func quote(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\";#\\") {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
