package api

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// answer is what a request is answered with: a resource or a list. It has one
// description, of which both forms are made.
type answer interface {
	appendJSON(b []byte) []byte
	appendXML(b []byte) []byte // without the root
}

// object is a resource's properties, in order, by their names in JSON. XML's are
// made of these: date_created is DateCreated.
type object []property

// property is a named value: nil, a string, an int, a bool, a date, an object or
// objects.
type property struct {
	name  string
	value any
}

// text is a string's value: null where there is none.
func text[T ~string](s T) any {
	if s == "" {
		return nil
	}
	return string(s)
}

// date is a time as the contract writes it: RFC 2822 in GMT with a numeric
// offset; null where there is none.
func date(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 +0000")
}

// resource is one resource. kind is the element that holds it in XML.
type resource struct {
	kind string
	object
}

func (o object) appendJSON(b []byte) []byte {
	b = append(b, '{')
	for i, p := range o {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, p.name), ':')
		switch v := p.value.(type) {
		case nil:
			b = append(b, "null"...)
		case string:
			b = appendString(b, v)
		case object:
			b = v.appendJSON(b)
		case []object:
			b = append(b, '[')
			for i, o := range v {
				if i > 0 {
					b = append(b, ',')
				}
				b = o.appendJSON(b)
			}
			b = append(b, ']')
		default: // an int or a bool
			b = fmt.Append(b, v)
		}
	}
	return append(b, '}')
}

// appendString leaves <, > and & as they are, for those who read URIs.
func appendString(b []byte, s string) []byte {
	buf := bytes.NewBuffer(b)
	e := json.NewEncoder(buf)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string into memory
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

func (r resource) appendXML(b []byte) []byte { return appendElement(b, r.kind, r.object) }

// appendElement writes an element; an empty one for null.
func appendElement(b []byte, name string, value any) []byte {
	b = append(append(append(b, '<'), name...), '>')
	switch v := value.(type) {
	case nil:
	case string:
		b = appendText(b, v)
	case object:
		for _, p := range v {
			b = appendElement(b, elementName(p.name), p.value)
		}
	case []object: // an element of IceServers is an IceServer
		for _, o := range v {
			b = appendElement(b, strings.TrimSuffix(name, "s"), o)
		}
	default:
		b = fmt.Append(b, v)
	}
	return append(append(append(b, "</"...), name...), '>')
}

func appendText(b []byte, s string) []byte {
	buf := bytes.NewBuffer(b)
	_ = xml.EscapeText(buf, []byte(s)) // into memory; what XML cannot hold becomes U+FFFD
	return buf.Bytes()
}

// appendAttribute writes an attribute of an element that is open.
func appendAttribute(b []byte, name string, value any) []byte {
	b = append(append(append(b, ' '), name...), `="`...)
	switch v := value.(type) {
	case string:
		b = appendText(b, v)
	case int:
		b = strconv.AppendInt(b, int64(v), 10)
	}
	return append(b, '"')
}

// elementName makes DateCreated of date_created.
func elementName(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "_") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}
