package contract

// Exchange is a request to an application and what it answered, as a notice
// keeps it: bounded, and without secrets (Twilio Notification resource,
// RequestVariables and others).
type Exchange struct {
	ID        string // of this exchange alone: several notices may be about it
	Method    string // GET or POST
	Variables string // what was sent beside the URL's own query, form-encoded
	Headers   string // of the answer, form-encoded; empty when there was none
	Body      string // of the answer; empty when it is no text
}
