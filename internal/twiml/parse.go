package twiml

import (
	"fmt"
	"strings"
)

// maxWarnings is how many notices a document can cause: enough to mend it by,
// and a bound on what a hostile one costs.
const maxWarnings = 50

// Parse reads a document. body is not kept.
//
// An error is always a *ParseError. A document that parses may hold warnings,
// and may be empty of verbs.
func Parse(body []byte) (*Document, error) {
	return parse(body, (*parser).verb)
}

// ParseWait reads a document for somebody who waits, is on hold, or hears an
// announcement. Only Say, Play, Pause and Redirect may stand in it (Twilio
// <Conference> waitUrl); each other verb is a warning 13238 and is left out.
func ParseWait(body []byte) (*Document, error) {
	return parse(body, (*parser).waitVerb)
}

// parser holds what is known of a document so far.
type parser struct {
	doc Document
}

func parse(body []byte, verb func(*parser, *element) Verb) (*Document, error) {
	root, err := decode(body)
	if err != nil {
		return nil, err
	}
	if root.name != "Response" {
		return nil, &ParseError{Code: codeRoot, Line: root.line,
			Message: fmt.Sprintf("root element is <%s>, not <Response>", clip(root.name, 40))}
	}
	p := &parser{}
	p.attributes(root).done()
	p.noText(root)
	root.elements(func(e *element) {
		if v := verb(p, e); v != nil {
			p.doc.Verbs = append(p.doc.Verbs, v)
		}
	})
	return &p.doc, nil
}

// verb makes a verb of an element directly inside <Response>; nil of one that is
// none.
func (p *parser) verb(e *element) Verb {
	switch e.name {
	case "Say":
		return p.say(e, codeSayLoop)
	case "Play":
		return p.play(e)
	case "Pause":
		return p.pause(e)
	case "Gather":
		return p.gather(e)
	case "Redirect":
		return p.redirect(e)
	case "Hangup":
		return p.hangup(e)
	case "Reject":
		return p.reject(e)
	case "Dial":
		return p.dial(e)
	}
	if unsupportedVerbs[e.name] {
		return &Unsupported{Name: e.name}
	}
	p.unexpected(e, "Response")
	return nil
}

// waitVerb is verb for the documents that ParseWait reads.
func (p *parser) waitVerb(e *element) Verb {
	switch e.name {
	case "Say", "Play", "Pause", "Redirect":
		return p.verb(e)
	}
	if knownVerb(e.name) {
		p.warn(codeWaitVerb, e.line, "<%s> may not stand in a document for somebody who waits", e.name)
	} else {
		p.unexpected(e, "Response")
	}
	return nil
}

// unexpected notes an element that does not belong where it stands.
func (p *parser) unexpected(e *element, parent string) {
	hint := ""
	if name := spelling(e.name); name != "" {
		hint = ": names are case-sensitive, <" + name + "> was perhaps meant"
	}
	p.warn(codeSchema, e.line, "<%s> is not an element of <%s>%s", clip(e.name, 40), parent, hint)
}

// noText notes text in an element that takes none.
func (p *parser) noText(e *element) {
	if e.text() != "" {
		p.warn(codeSchema, e.line, "<%s> takes no text of its own", e.name)
	}
}

// noElements notes elements in an element that takes none but those of allowed.
func (p *parser) noElements(e *element, allowed ...string) {
	e.elements(func(child *element) {
		for _, name := range allowed {
			if child.name == name {
				return
			}
		}
		p.unexpected(child, e.name)
	})
}

// warn adds a notice and returns it.
func (p *parser) warn(code, line int, format string, args ...any) Warning {
	w := Warning{Code: code, Line: line, Message: fmt.Sprintf(format, args...)}
	switch n := len(p.doc.Warnings); {
	case n < maxWarnings-1:
		p.doc.Warnings = append(p.doc.Warnings, w)
	case n == maxWarnings-1:
		p.doc.Warnings = append(p.doc.Warnings, Warning{Code: codeSchema, Line: line,
			Message: "more is wrong with this document than can be said"})
	}
	return w
}

// show quotes a value of a document for a notice.
func show(value string) string { return fmt.Sprintf("%q", clip(value, 40)) }

// showURL quotes an address, without any user:password@.
func showURL(value string) string {
	if i := strings.LastIndexByte(value, '@'); i >= 0 {
		value = "…" + value[i:]
	}
	return show(value)
}

// clip shortens s to at most n characters.
func clip(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i] + "…"
		}
	}
	return s
}
