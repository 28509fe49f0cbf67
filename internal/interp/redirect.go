package interp

import "confab/internal/twiml"

// redirect goes on with another document; a call that rings goes on ringing.
// Twilio <Redirect>: an empty URL is the current document.
func (r *run) redirect(doc *document, v *twiml.Redirect) (next, error) {
	return r.follow(doc, v.URL, v.Method, nil)
}
