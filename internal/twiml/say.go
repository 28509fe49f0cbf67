package twiml

import (
	"strings"
	"unicode/utf8"
)

// Say reads text aloud (Twilio <Say>). Its text is what is to be spoken, with
// white space around it trimmed and the tags of SSML taken away; a <sub> is read
// as its alias.
type Say struct {
	Text     string // empty: nothing is said
	Voice    string // as written; empty: the house voice
	Language string // as written; empty: the voice's own, or en-US
	Loop     int    // times; 0 is until hangup, at most MaxLoop
}

// maxSay is the longest text of a Say in characters (Twilio <Say>, 13521).
const maxSay = 4096

// ssml are the elements that may stand in a Say (Twilio <Say>, "SSML").
// separates says that what comes before and after are words of their own.
var ssml = map[string]struct{ separates bool }{
	"break": {true}, "emphasis": {}, "lang": {}, "p": {true}, "phoneme": {},
	"prosody": {}, "s": {true}, "say-as": {}, "sub": {}, "w": {},
}

func newSay(text string) *Say { return &Say{Text: text, Loop: 1} }

// Element returns "Say".
func (*Say) Element() string { return "Say" }

// say reads a Say. The code of a bad loop depends on where it stands.
func (p *parser) say(e *element, loopCode int) *Say {
	a := p.attributes(e)
	s := &Say{
		Voice:    a.text("voice"),
		Language: a.text("language"),
		Loop:     a.loop(loopCode),
	}
	a.done()
	var b strings.Builder
	p.spoken(e, &b)
	s.Text = p.checkText(strings.TrimSpace(b.String()), e.line)
	return s
}

// spoken writes what is to be said of e and of the SSML inside it.
func (p *parser) spoken(e *element, b *strings.Builder) {
	for _, n := range e.children {
		b.WriteString(n.text)
		if n.element == nil {
			continue
		}
		kind, known := ssml[n.element.name]
		if !known {
			p.unexpected(n.element, "Say")
		}
		if kind.separates {
			b.WriteByte(' ')
		}
		if alias := p.attributes(n.element).text("alias"); alias != "" && n.element.name == "sub" {
			b.WriteString(alias)
		} else {
			p.spoken(n.element, b)
		}
		if kind.separates {
			b.WriteByte(' ')
		}
	}
}

// checkText returns text if it can be said, and else notes why not.
func (p *parser) checkText(text string, line int) string {
	n := utf8.RuneCountInString(text)
	switch {
	case n == 0:
		p.warn(codeSayEmpty, line, "<Say> has no text")
	case n > maxSay:
		p.warn(codeSayTooLong, line, "text of <Say> is too long and is not said: %d characters of %d", n, maxSay)
		return ""
	}
	return text
}

// loop returns how often a Say or Play is repeated.
func (a *attributes) loop(code int) int {
	// Twilio <Say>, <Play> loop: 0 or more; nothing is repeated beyond MaxLoop.
	return min(a.number("loop", code, 1, 0, maxNumber), MaxLoop)
}

func (s *Say) element() *element {
	e := &element{name: "Say"}
	e.putText("voice", s.Voice, "")
	e.putText("language", s.Language, "")
	e.putNumber("loop", s.Loop, 1)
	e.content(s.Text)
	return e
}
