package interp

import "confab/internal/contract"

// hangup ends the call. Twilio <Hangup>: as the first verb it does not keep the
// call from being answered.
func (r *run) hangup() (next, error) {
	r.call.End(contract.CauseDocument)
	return next{end: true}, nil
}
