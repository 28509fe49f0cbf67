package twiml

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// element is one element as written: between the bytes of a document and the
// verbs made of it, in both directions.
type element struct {
	name     string
	attrs    []attribute
	children []node
	line     int // of its "<"; 0 in a document that is being built
}

// attribute is one attribute as written. read is set by whoever asks for it, so
// that those nobody knows are found.
type attribute struct {
	name, value string
	read        bool
}

// node is a child of an element: a text, or an element.
type node struct {
	text    string
	element *element
}

// text returns the texts directly inside e as one, white space around it trimmed
// (Twilio nouns: line breaks around a name do not count).
func (e *element) text() string {
	var b strings.Builder
	for _, n := range e.children {
		b.WriteString(n.text)
	}
	return strings.TrimSpace(b.String())
}

// elements calls f for each element directly inside e.
func (e *element) elements(f func(*element)) {
	for _, n := range e.children {
		if n.element != nil {
			f(n.element)
		}
	}
}

// add appends a child.
func (e *element) add(child *element) { e.children = append(e.children, node{element: child}) }

// content appends a text.
func (e *element) content(text string) {
	if text != "" {
		e.children = append(e.children, node{text: text})
	}
}

// put sets an attribute. The methods by type leave out one that is at its
// default.
func (e *element) put(name, v string) {
	e.attrs = append(e.attrs, attribute{name: name, value: v})
}

func (e *element) putText(name, v, def string) {
	if v != def {
		e.put(name, v)
	}
}

func (e *element) putBoolean(name string, v, def bool) {
	if v != def {
		e.put(name, strconv.FormatBool(v))
	}
}

func (e *element) putNumber(name string, v, def int) {
	if v != def {
		e.put(name, strconv.Itoa(v))
	}
}

// putSeconds writes a duration in whole seconds, a part of one counted as one.
func (e *element) putSeconds(name string, v, def time.Duration) {
	e.putNumber(name, int((v+time.Second-1)/time.Second), int(def/time.Second))
}

func (e *element) putWords(name string, v, def []string, between string) {
	if !slices.Equal(v, def) {
		e.put(name, strings.Join(v, between))
	}
}
