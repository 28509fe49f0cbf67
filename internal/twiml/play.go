package twiml

import "strings"

// Play plays a sound file, or digits (Twilio <Play>). When URL, Digits and Audio
// are all empty it plays nothing.
type Play struct {
	URL    string // relative to the document; empty when Digits or Audio is set
	Digits string // keys 0-9 A-D # *, w waits 0.5 s and W 1 s; empty: play URL
	Loop   int    // times; 0 is until hangup, at most MaxLoop

	// Audio is set, with its MIME type, when the answer to a fetch was not a
	// document but a sound file: this is it, and URL is empty.
	Audio     []byte
	AudioType string
}

func newPlay(url string) *Play { return &Play{URL: url, Loop: 1} }

// Element returns "Play".
func (*Play) Element() string { return "Play" }

func (p *parser) play(e *element) *Play {
	a := p.attributes(e)
	v := &Play{URL: e.text(), Digits: a.digits(), Loop: a.loop(codePlayLoop)}
	a.done()
	p.noElements(e)
	switch {
	case v.Digits != "":
		v.URL = "" // Twilio <Play> digits: they are played instead of a file
	case v.URL == "":
		p.warn(codeSchema, e.line, "<Play> has nothing to play")
	}
	return v
}

// digits returns the keys to be played (Twilio <Play> digits). They may be
// somebody's secret, so they are not shown.
func (a *attributes) digits() string {
	v := a.text("digits")
	if i := strings.IndexFunc(v, func(r rune) bool { return !strings.ContainsRune("0123456789ABCD#*wW", r) }); i >= 0 {
		a.bad(codePlayDigits, "digits of <Play> holds something else than 0-9 A-D # * w W at place %d", i+1)
		return ""
	}
	return v
}

func (v *Play) element() *element {
	e := &element{name: "Play"}
	e.putText("digits", v.Digits, "")
	e.putNumber("loop", v.Loop, 1)
	e.content(v.URL)
	return e
}
