package interp

import (
	"confab/internal/contract"
	"confab/internal/twiml"
)

// unsupported passes over a verb that cannot be run yet, and says so.
func (r *run) unsupported(doc *document, v twiml.Verb) (next, error) {
	r.warn(doc, contract.CodeUnsupportedVerb, "<"+v.Element()+"> cannot be run here and was passed over")
	return next{}, nil
}
