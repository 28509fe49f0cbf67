package twiml

// Redirect goes on with another document (Twilio <Redirect>).
type Redirect struct {
	URL    string // relative to the document; empty: the document itself
	Method string // GET or POST
}

// Element returns "Redirect".
func (*Redirect) Element() string { return "Redirect" }
