package sip

import (
	"context"
	"fmt"

	"confab/internal/contract"
)

// staleGap is left in the CSeq of a dialog whose last requests may not have
// been kept.
const staleGap = 16

// Bye ends a dialog of which only its state is left, and returns when the far
// end has answered (whatever it answered: it is over) or ctx ends.
func (s *Server) Bye(ctx context.Context, state DialogState) error {
	d := newDialog(s, dialogKey{state.CallID, state.LocalTag}, flow{network: state.Network, remote: state.Flow})
	d.state = state
	d.state.LocalSeq += staleGap
	d.phase = phaseLive
	result := make(chan error, 1)
	d.post(func() {
		d.end(contract.CauseShutdown, 200)
		d.send("BYE", nil, nil, func(_ *response, err error) { result <- err })
	})
	if code := s.enter(d, nil); code != 0 {
		return fmt.Errorf("bye %s: %d %s", state.CallID, code, phrases[code])
	}
	select {
	case err := <-result:
		if err != nil {
			return fmt.Errorf("bye %s: %w", state.CallID, err)
		}
		return nil
	case <-d.gone:
		return fmt.Errorf("bye %s: %w", state.CallID, errClosed)
	case <-ctx.Done():
		return fmt.Errorf("bye %s: %w", state.CallID, context.Cause(ctx))
	}
}
