package interp

import (
	"context"

	"confab/internal/twiml"
)

// apology is what a caller hears when there is no document to run.
const apology = "We are sorry, an application error has occurred. Goodbye."

// apologise tells the caller, rather than leaving them in silence. The call is
// hung up after it.
func (r *run) apologise(ctx context.Context) {
	if err := r.call.Answer(ctx); err != nil {
		return // gone
	}
	say := &twiml.Say{Text: apology, Loop: 1}
	if err := r.prompt(ctx, &document{}, say); err != nil && ctx.Err() == nil {
		r.log().Info("apology not heard", "err", err)
	}
	_ = r.outlast(ctx) // whatever ends the wait is what comes next
}
