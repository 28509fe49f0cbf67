package sip

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The bounds of one message.
const (
	maxDatagram = 65535 // bytes of a message over UDP
	maxFields   = 256   // header fields, lists counted by element
)

var errSyntax = errors.New("not a SIP message")

// head is the header section of a message as it came over the wire, with
// folding undone (RFC 3261 §7.3.1) and white space where the grammar lets it
// be, removed. It stands before the parser: what it keeps is said again in
// answers word for word, whatever the parser makes of it.
type head struct {
	start  string
	fields []field
	body   []byte // aliases the input
}

// field is one header field: its full name in small letters, its value, and
// its name as it was received.
type field struct{ name, value, received string }

// scan divides a message. In a stream the message must have a Content-Length,
// which has been used to find its end (frame); a datagram may have none. When
// it returns an error, h still holds what was read.
func scan(b []byte, stream bool) (h head, err error) {
	line, rest, err := nextLine(b)
	if err != nil {
		return h, err
	}
	h.start = line
	if !printable(line) {
		return h, fmt.Errorf("%w: start line has control characters", errSyntax)
	}
	for {
		line, rest, err = nextLine(rest)
		if err != nil {
			return h, err
		}
		if line == "" {
			break
		}
		// RFC 3261 §7.3.1: a line that begins with white space goes on with the
		// one before.
		for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') {
			var more string
			if more, rest, err = nextLine(rest); err != nil {
				return h, err
			}
			line = strings.TrimRight(line, " \t") + " " + strings.TrimLeft(more, " \t")
		}
		if err := h.add(line); err != nil {
			return h, err
		}
	}
	return h, h.setBody(rest, stream)
}

// nextLine cuts the first line off b. It must end in CRLF, or in LF alone.
func nextLine(b []byte) (line string, rest []byte, err error) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return "", b, fmt.Errorf("%w: header section has no end", errSyntax)
	}
	l := bytes.TrimSuffix(b[:i], []byte{'\r'})
	if bytes.IndexByte(l, '\r') >= 0 {
		return "", b, fmt.Errorf("%w: CR within a line", errSyntax)
	}
	return string(l), b[i+1:], nil
}

// add reads one header line.
func (h *head) add(line string) error {
	name, value, ok := strings.Cut(line, ":")
	name = strings.TrimRight(name, " \t")
	if !ok || !isToken(name) {
		return fmt.Errorf("%w: header line %.40q", errSyntax, line)
	}
	received := name
	name = fullName(strings.ToLower(name))
	value = strings.Trim(value, " \t")
	switch name {
	case "via":
		value = tighten(value, "/;=,:")
	case "from", "to", "contact", "route", "record-route", "refer-to":
		value = tighten(value, ";=,")
	case "cseq":
		value = strings.Join(strings.Fields(value), " ")
	case "call-id", "max-forwards", "content-length":
		value = tighten(value, "")
	}
	switch name {
	case "via", "contact", "route", "record-route", "require", "proxy-require", "supported", "accept":
		// RFC 3261 §7.3.1: a list is as good as one line for each of its elements.
		for _, v := range splitList(value) {
			h.fields = append(h.fields, field{name, v, received})
		}
	default:
		h.fields = append(h.fields, field{name, value, received})
	}
	if len(h.fields) > maxFields {
		return fmt.Errorf("%w: more than %d header fields", errSyntax, maxFields)
	}
	return nil
}

// setBody takes what follows the header section as the body, as long as
// Content-Length says (RFC 3261 §18.3).
func (h *head) setBody(rest []byte, stream bool) error {
	h.body = rest
	lengths := h.all("content-length")
	switch {
	case len(lengths) > 1:
		return fmt.Errorf("%w: two Content-Length", errSyntax)
	case len(lengths) == 0 && stream:
		return fmt.Errorf("%w: no Content-Length in a stream", errSyntax)
	case len(lengths) == 0:
		return nil
	}
	n, err := contentLength(lengths[0])
	if err != nil {
		return err
	}
	if n > len(rest) {
		return fmt.Errorf("%w: Content-Length %d, body of %d", errSyntax, n, len(rest))
	}
	h.body = rest[:n]
	return nil
}

func contentLength(value string) (int, error) {
	n, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%w: Content-Length %.20q", errSyntax, value)
	}
	return int(n), nil
}

// get returns the value of the first field of that name, or "".
func (h *head) get(name string) string {
	for _, f := range h.fields {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// all returns the values of the fields of that name, in order.
func (h *head) all(name string) (values []string) {
	for _, f := range h.fields {
		if f.name == name {
			values = append(values, f.value)
		}
	}
	return values
}

// text writes the header section again, as the parser likes it.
func (h *head) text() []byte {
	var b bytes.Buffer
	b.WriteString(h.start)
	b.WriteString("\r\n")
	for _, f := range h.fields {
		if f.name == "content-length" {
			continue // the body has been measured
		}
		b.WriteString(f.name)
		b.WriteString(": ")
		b.WriteString(f.value)
		b.WriteString("\r\n")
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// tighten removes white space around the separators and shortens the rest of
// it to single spaces, outside of quoted strings and angle brackets.
func tighten(value, separators string) string {
	var (
		b      strings.Builder
		quoted bool
		angle  bool
		space  bool // white space seen and not yet written
		last   byte
	)
	for i := 0; i < len(value); i++ {
		c := value[i]
		if !quoted && !angle && (c == ' ' || c == '\t') {
			space = true
			continue
		}
		if space {
			if b.Len() > 0 && strings.IndexByte(separators, last) < 0 && strings.IndexByte(separators, c) < 0 {
				b.WriteByte(' ')
			}
			space = false
		}
		b.WriteByte(c)
		last = c
		switch {
		case quoted && c == '\\' && i+1 < len(value):
			i++
			b.WriteByte(value[i])
		case c == '"' && !angle:
			quoted = !quoted
		case c == '<' && !quoted:
			angle = true
		case c == '>' && !quoted:
			angle = false
		}
	}
	return b.String()
}

// splitList divides a value at its commas, outside of quoted strings and angle
// brackets. Empty elements are left out.
func splitList(value string) (list []string) {
	var quoted, angle bool
	from := 0
	cut := func(to int) {
		if v := strings.Trim(value[from:to], " \t"); v != "" {
			list = append(list, v)
		}
		from = to + 1
	}
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case quoted && c == '\\':
			i++
		case c == '"' && !angle:
			quoted = !quoted
		case c == '<' && !quoted:
			angle = true
		case c == '>' && !quoted:
			angle = false
		case c == ',' && !quoted && !angle:
			cut(i)
		}
	}
	cut(len(value))
	return list
}

// fullName returns the long form of a compact header name (RFC 3261 §20).
func fullName(name string) string {
	if len(name) != 1 {
		return name
	}
	switch name {
	case "c":
		return "content-type"
	case "e":
		return "content-encoding"
	case "f":
		return "from"
	case "i":
		return "call-id"
	case "k":
		return "supported"
	case "l":
		return "content-length"
	case "m":
		return "contact"
	case "o":
		return "event"
	case "r":
		return "refer-to"
	case "s":
		return "subject"
	case "t":
		return "to"
	case "v":
		return "via"
	}
	return name
}

// isToken reports whether s is a token (RFC 3261 §25.1).
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte("-.!%*_+`'~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// printable reports whether s has no control characters.
func printable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}
