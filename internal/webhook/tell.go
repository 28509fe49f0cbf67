package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"confab/internal/contract"
)

// tell sends one event, even when Run is being ended.
func (d *Delivery) tell(ctx context.Context, e contract.Event) telling {
	return d.client.tell(context.WithoutCancel(ctx), Request{Account: e.Account(), URL: e.Callback.URL, Method: e.Callback.Method,
		Params: EventParams(e), Token: Token(e), keep: d.told != nil}, false)
}

// Token returns the I-Twilio-Idempotency-Token of an event. It is the same
// however often the event is told, before and after a restart: by it an
// application knows one that it has had.
func Token(e contract.Event) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", e.Stream(), e.Type, e.Sequence))
	return hex.EncodeToString(sum[:16])
}

// settle notes what became of an event that is told no more for now. What was
// not taken is parked, with a notice that marks the gap, and its stream goes on.
func (d *Delivery) settle(s *stream, e contract.Event, err error) {
	parked := s.again != nil
	if err == nil {
		d.delivered.Add(1)
		d.mu.Lock()
		s.taken = time.Now()
		s.window.widen()
		d.mu.Unlock()
		if parked {
			d.parking.Unpark(e)
		}
		return
	}
	d.givenUp.Add(1)
	d.shut(s)
	w := warning(e, s.attempts, err)
	subject := slog.Attr{}
	switch {
	case e.Conference != nil:
		subject = slog.String("conf", string(e.Conference.SID))
	case e.Call != nil:
		subject = slog.String("call", string(e.Call.SID))
	}
	d.log.Warn("callback given up", subject, "event", string(e.Type), "sequence", e.Sequence, "attempts", s.attempts, "code", int(w.Code), "err", err)
	if !parked {
		d.failed(e, w)
	}
	if d.parking == nil {
		return
	}
	d.parking.Park(e, s.attempts, w)
	if parked { // those behind it wait until they are asked for again
		d.mu.Lock()
		s.redo, s.redone = false, 0
		d.mu.Unlock()
	}
}

// warning is what the customer is told of a callback that was given up.
func warning(e contract.Event, attempts int, err error) contract.Warning {
	w := contract.Warning{Code: contract.CodeRetrieval, Message: "callback could not be delivered", URL: redactRaw(e.Callback.URL)}
	if told := new(contract.Error); errors.As(err, &told) {
		w.Code, w.Message, w.Exchange = told.Code, told.Message, told.Exchange
	}
	var status statusError
	switch {
	case e.Conference != nil:
		w.Code = contract.CodeEventDelivery
	case errors.As(err, &status):
		w.Code = contract.CodeCallbackWarning
	}
	w.Message = fmt.Sprintf("%s, sequence %d: %s", e.Type, e.Sequence, w.Message)
	if attempts > 1 {
		w.Message += fmt.Sprintf(" (the last of %d attempts)", attempts)
	}
	return w
}
