package twiml

// Parse reads a document. body is not kept.
//
// An error is always a *ParseError. A document that parses may hold warnings,
// and may be empty of verbs.
func Parse(body []byte) (*Document, error) {
	return nil, &ParseError{Code: codeParse, Message: "not implemented"}
}

// ParseWait reads a document for somebody who waits, is on hold, or hears an
// announcement. Only Say, Play, Pause and Redirect may stand in it (Twilio
// <Conference> waitUrl); each other verb is a warning 13238 and is left out.
func ParseWait(body []byte) (*Document, error) {
	return nil, &ParseError{Code: codeParse, Message: "not implemented"}
}
