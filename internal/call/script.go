package call

// Script is what a call is told to do: a document to fetch, or one that was
// given whole.
type Script struct {
	Address // empty: the built-in line

	// Body is the document itself, when it was given instead of a URL (Twilio
	// Call resource, Twiml).
	Body []byte

	// Params go with the request for the document, beside the standard ones, and
	// never in place of one.
	Params map[string]string
}

// Address is where a document is fetched from.
type Address struct {
	URL    string // absolute
	Method string // GET or POST; empty means POST
}
