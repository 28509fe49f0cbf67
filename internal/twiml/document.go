package twiml

import "fmt"

// Document is one parsed <Response>: its verbs in the order in which they run,
// and what was wrong with it. It belongs to the caller.
type Document struct {
	Verbs    []Verb
	Warnings []Warning
}

// Verb is an element that acts. The types that are verbs are *Say, *Play,
// *Pause, *Gather, *Redirect, *Hangup, *Reject, *Dial and *Unsupported; all have
// every attribute set, to the default where the document is silent.
type Verb interface {
	// Element is the name of the element, as it is written in a document.
	Element() string

	element() *element
}

// Warning is a notice about a document that runs nevertheless. Code is the
// documented one (Twilio error and warning dictionary); Line counts from 1.
type Warning struct {
	Code    int
	Message string // in words, with the offending value
	Line    int
}

// String returns the notice as one line.
func (w Warning) String() string {
	return fmt.Sprintf("%d: %s (line %d)", w.Code, w.Message, w.Line)
}

// ParseError says why a document cannot run at all. Code is the documented one:
// 12100 not well-formed, 12101 wrong XML version, 12102 wrong root, and from
// FromResponse also 11770 empty and 12300 wrong content type. Line is 0 when no
// line is to blame.
type ParseError struct {
	Code    int
	Line    int
	Message string
}

// Error returns the code, the message and the line.
func (e *ParseError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%d: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("%d: %s (line %d)", e.Code, e.Message, e.Line)
}

// The methods of a request.
const (
	GET  = "GET"
	POST = "POST"
)

// MaxLoop is how often a Say or a Play with loop="0" is repeated at most
// (Twilio <Say>, <Play> loop).
const MaxLoop = 1000
