package interp

import (
	"context"

	"confab/internal/contract"
	"confab/internal/twiml"
)

// reject refuses a call that still rings. Twilio <Reject>: it does so only as
// the first verb; in a call that was answered it hangs up.
func (r *run) reject(ctx context.Context, v *twiml.Reject) (next, error) {
	switch {
	case !r.call.Ringing():
		return r.hangup(ctx)
	case v.Reason == twiml.Busy:
		r.call.End(contract.CauseBusy)
	default:
		r.call.End(contract.CauseRejected)
	}
	return next{end: true}, nil
}
