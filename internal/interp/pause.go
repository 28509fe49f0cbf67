package interp

import (
	"context"

	"confab/internal/twiml"
)

// pause waits. Twilio <Pause>: as the first verb it leaves the call ringing that
// long before it is answered.
func (r *run) pause(ctx context.Context, v *twiml.Pause) error {
	if err := sleep(ctx, v.Length); err != nil {
		return err
	}
	return r.call.Answer(ctx)
}
