package twiml

import (
	"bytes"
	"mime"
	"strings"
)

// FromResponse makes a document of the answer to a fetch. Its content type
// decides (Twilio "TwiML response MIME types"): XML and text/html are parsed; an
// audio type is played and the call hung up; text/plain is parsed if it is a
// document and else spoken and the call hung up. Any other type is a *ParseError
// with code 12300, an empty body one with 11770. body is kept only as sound.
func FromResponse(contentType string, body []byte) (*Document, error) {
	return fromResponse(contentType, body, Parse, &Hangup{})
}

// WaitFromResponse is FromResponse for a document as ParseWait reads it: nothing
// hangs up after sound or plain text.
func WaitFromResponse(contentType string, body []byte) (*Document, error) {
	return fromResponse(contentType, body, ParseWait)
}

// fromResponse reads body by its type. last follows what is not a document.
func fromResponse(contentType string, body []byte, parse func([]byte) (*Document, error), last ...Verb) (*Document, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, &ParseError{Code: codeEmptyBody, Message: "response has no body"}
	}
	// A parameter that cannot be read does not make the type unknown.
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind, _, _ = strings.Cut(contentType, ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
	}
	switch {
	case kind == "text/xml" || kind == "application/xml" || kind == "text/html":
		return parse(body)
	case strings.HasPrefix(kind, "audio/"):
		play := newPlay("")
		play.Audio, play.AudioType = body, kind
		return &Document{Verbs: append([]Verb{play}, last...)}, nil
	case kind == "text/plain":
		if doc, err := parse(body); err == nil {
			return doc, nil
		}
		p := &parser{}
		text := strings.TrimSpace(strings.ToValidUTF8(string(body), "\uFFFD"))
		p.doc.Verbs = append([]Verb{newSay(p.checkText(text, 1))}, last...)
		return &p.doc, nil
	}
	return nil, &ParseError{Code: codeContentType, Message: "content type is neither TwiML nor sound nor text: " + show(contentType)}
}
