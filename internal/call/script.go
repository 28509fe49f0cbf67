package call

// Script is what a call is told to do: a document to fetch, or one that was
// given whole.
type Script struct {
	URL    string // absolute; empty: the built-in line
	Method string // GET or POST; empty means POST

	FallbackURL    string // for every document of the call; may be empty
	FallbackMethod string

	// Body is the document itself, when it was given instead of a URL (Twilio
	// Call resource, Twiml).
	Body []byte
}
