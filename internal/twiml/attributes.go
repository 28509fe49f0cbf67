package twiml

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The largest values of attributes for which the contract has no limit.
const (
	maxNumber  = 1<<31 - 1
	maxSeconds = 24 * 60 * 60 // no call lasts longer (Twilio <Dial> timeLimit)
)

// attributes reads the attributes of one element, each by the type that the
// contract gives it. A value that is wrong is a notice with the code given, and
// the default is returned. done notes those that nobody asked for.
type attributes struct {
	p *parser
	e *element

	// fault is the first notice whose code the contract calls an error.
	fault *Warning
}

func (p *parser) attributes(e *element) *attributes { return &attributes{p: p, e: e} }

// raw returns the value as written.
func (a *attributes) raw(name string) (string, bool) {
	for i := range a.e.attrs {
		if at := &a.e.attrs[i]; at.name == name {
			at.read = true
			return at.value, true
		}
	}
	return "", false
}

// text returns the value with white space around it trimmed; empty when not
// given.
func (a *attributes) text(name string) string {
	v, _ := a.raw(name)
	return strings.TrimSpace(v)
}

// url returns an address, relative or absolute; empty when not given.
func (a *attributes) url(name string, code int) string {
	v, _ := a.parseURL(name, code)
	return v
}

// parseURL is url, and reports whether the value is well-formed.
func (a *attributes) parseURL(name string, code int) (string, bool) {
	v := a.text(name)
	if _, err := url.Parse(v); err != nil {
		a.bad(code, "%s of <%s> is not a URL: %s", name, a.e.name, showURL(v))
		return "", false
	}
	return v, true
}

// keyword returns the one of allowed that the value is, in whatever case it is
// written.
func (a *attributes) keyword(name string, code int, def string, allowed ...string) string {
	v, given := a.raw(name)
	if !given {
		return def
	}
	v = strings.TrimSpace(v)
	for _, word := range allowed {
		if strings.EqualFold(word, v) {
			return word
		}
	}
	a.bad(code, "%s of <%s> is not one of %s: %s", name, a.e.name, strings.Join(allowed, ", "), show(v))
	return def
}

// keywords returns a list of words separated by white space, each once, in the
// order given. One word that is not allowed spoils the list.
func (a *attributes) keywords(name string, code int, def []string, allowed ...string) []string {
	v, given := a.raw(name)
	if !given {
		return def
	}
	var list []string
	for _, word := range strings.Fields(v) {
		if !slices.Contains(allowed, word) {
			a.bad(code, "%s of <%s> is not one of %s: %s", name, a.e.name, strings.Join(allowed, ", "), show(word))
			return def
		}
		if !slices.Contains(list, word) {
			list = append(list, word)
		}
	}
	return list
}

// method returns GET or POST; POST when not given.
func (a *attributes) method(name string, code int) string {
	return a.keyword(name, code, POST, GET, POST)
}

// boolean returns true or false.
func (a *attributes) boolean(name string, code int, def bool) bool {
	return a.keyword(name, code, strconv.FormatBool(def), "true", "false") == "true"
}

// number returns a whole number from low to high.
func (a *attributes) number(name string, code, def, low, high int) int {
	v, given := a.raw(name)
	if !given {
		return def
	}
	v = strings.TrimSpace(v)
	n, err := strconv.Atoi(v)
	if err != nil || n < low || n > high {
		a.bad(code, "%s of <%s> is not a whole number from %d to %d: %s", name, a.e.name, low, high, show(v))
		return def
	}
	return n
}

// seconds returns a duration of whole seconds.
func (a *attributes) seconds(name string, code int, def time.Duration, low, high int) time.Duration {
	return time.Duration(a.number(name, code, int(def/time.Second), low, high)) * time.Second
}

// bad notes a wrong value.
func (a *attributes) bad(code int, format string, args ...any) {
	w := a.p.warn(code, a.e.line, format, args...)
	if a.fault == nil && errorLevel[code] {
		a.fault = &w
	}
}

// done notes the attributes that nobody asked for (Twilio 12200: schema
// validation warning).
func (a *attributes) done() {
	for _, at := range a.e.attrs {
		if !at.read {
			a.p.warn(codeSchema, a.e.line, "<%s> has no attribute %s", clip(a.e.name, 40), show(at.name))
		}
	}
}
