package twiml

// FromResponse makes a document of the answer to a fetch. Its content type
// decides (Twilio "TwiML response MIME types"): XML and text/html are parsed; an
// audio type is played and the call hung up; text/plain is parsed if it is a
// document and else spoken and the call hung up. Any other type is a *ParseError
// with code 12300, an empty body one with 11770.
func FromResponse(contentType string, body []byte) (*Document, error) {
	return nil, &ParseError{Code: codeParse, Message: "not implemented"}
}

// WaitFromResponse is FromResponse for a document as ParseWait reads it: sound
// and plain text end in silence instead of a hangup.
func WaitFromResponse(contentType string, body []byte) (*Document, error) {
	return nil, &ParseError{Code: codeParse, Message: "not implemented"}
}
