package sip

import (
	"bufio"
	"bytes"
	"mime"
	"strings"
)

// infoDigit returns the key that the body of an INFO tells of, in one of the
// two ways that are in use (neither has an RFC): application/dtmf, which is
// the key, and application/dtmf-relay, which has it after "Signal". key is 0
// when the body is understood and tells of no key of ours (a hook flash); ok
// is false when it is not understood.
func infoDigit(contentType string, body []byte) (key byte, ok bool) {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return 0, false
	}
	switch kind {
	case "application/dtmf":
		return keyOf(string(body)), true
	case "application/dtmf-relay":
		lines := bufio.NewScanner(bytes.NewReader(body))
		for lines.Scan() {
			name, value, found := strings.Cut(lines.Text(), "=")
			if !found {
				name, value, _ = strings.Cut(lines.Text(), ":")
			}
			if strings.EqualFold(strings.TrimSpace(name), "signal") {
				return keyOf(value), true
			}
		}
		return 0, true
	}
	return 0, false
}

// keyOf reads a key: itself, or its number as an event (RFC 4733 §3.2).
func keyOf(text string) byte {
	text = strings.ToUpper(strings.Trim(strings.TrimSpace(text), "\""))
	switch text {
	case "10":
		return '*'
	case "11":
		return '#'
	case "12":
		return 'A'
	case "13":
		return 'B'
	case "14":
		return 'C'
	case "15":
		return 'D'
	}
	if len(text) == 1 && strings.Contains("0123456789*#ABCD", text) {
		return text[0]
	}
	return 0
}
