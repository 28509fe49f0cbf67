package interp

import (
	"context"
	"time"

	"confab/internal/contract"
)

// lastWord is how long a call outlasts what was said in it: a far end plays its
// voice some time after it comes, and not at all once it is hung up on.
const lastWord = 200 * time.Millisecond

// hangup ends the call. Twilio <Hangup>: as the first verb it does not keep the
// call from being answered.
func (r *run) hangup(ctx context.Context) (next, error) {
	if err := r.outlast(ctx); err != nil {
		return next{}, err
	}
	r.call.End(contract.CauseDocument)
	return next{end: true}, nil
}

// outlast waits until the last word will have been heard; it returns ctx's cause.
func (r *run) outlast(ctx context.Context) error {
	if left := lastWord - time.Since(r.said); left > 0 {
		return sleep(ctx, left)
	}
	return context.Cause(ctx)
}
