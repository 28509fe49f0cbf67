package sip

import (
	"context"
	"fmt"
)

// PressINFO presses a key ('0'-'9', '*', '#', 'A'-'D') at the far end by INFO
// (application/dtmf-relay, which no RFC describes), as phones do that know
// nothing better: what Session().SendDigits does by RFC 4733. It returns when
// the far end has taken it.
func (l *Leg) PressINFO(ctx context.Context, key byte) error {
	if keyOf(string(key)) != key || key == 0 {
		return fmt.Errorf("press by INFO: %q is no key", key)
	}
	result := make(chan error, 1)
	if err := l.d.ask(ctx, func() error { return l.d.press(key, result) }); err != nil {
		return fmt.Errorf("press by INFO: %w", err)
	}
	select {
	case err := <-result:
		return err
	case <-l.d.gone:
		return fmt.Errorf("press by INFO: %w", ErrEnded)
	case <-ctx.Done():
		return fmt.Errorf("press by INFO: %w", context.Cause(ctx))
	}
}

// press sends INFO; result is told of the answer.
func (d *dialog) press(key byte, result chan<- error) error {
	switch d.phase {
	case phaseOver:
		return ErrEnded
	case phaseEarly:
		return errNotAnswered
	}
	body := []byte("Signal=" + string(key) + "\r\nDuration=160\r\n")
	d.send("INFO", []header{{"Content-Type", "application/dtmf-relay"}}, body, func(r *response, err error) {
		if err == nil && r.code >= 300 {
			err = fmt.Errorf("refused: %d %s", r.code, r.reason)
		}
		result <- err
	})
	return nil
}
