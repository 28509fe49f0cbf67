package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"

	"confab/internal/contract"
)

// tell sends one event, even when Run is being ended.
func (d *Delivery) tell(ctx context.Context, e contract.Event) error {
	return d.client.Tell(context.WithoutCancel(ctx), Request{Account: e.Account(), URL: e.Callback.URL, Method: e.Callback.Method,
		Params: EventParams(e), Token: token(e)})
}

// token is the same however often an event is told, before and after a restart:
// by it an application knows one that it has had.
func token(e contract.Event) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", e.Stream(), e.Type, e.Sequence))
	return hex.EncodeToString(sum[:16])
}

// settle decides what becomes of an event that was told, and is where a policy
// of trying again later has its place. Now a failure is recorded and the stream
// goes on: the tries that the URL's overrides ask for were made already.
func (d *Delivery) settle(e contract.Event, err error) {
	if err == nil {
		d.delivered.Add(1)
		return
	}
	d.givenUp.Add(1)
	w := warning(e, err)
	subject := slog.Attr{}
	switch {
	case e.Conference != nil:
		subject = slog.String("conf", string(e.Conference.SID))
	case e.Call != nil:
		subject = slog.String("call", string(e.Call.SID))
	}
	d.log.Warn("callback given up", subject, "event", string(e.Type), "sequence", e.Sequence, "code", int(w.Code), "err", err)
	d.failed(e, w)
}

// warning is what the customer is told of a callback that was given up.
func warning(e contract.Event, err error) contract.Warning {
	w := contract.Warning{Code: contract.CodeRetrieval, Message: "callback could not be delivered", URL: redactRaw(e.Callback.URL)}
	if told := new(contract.Error); errors.As(err, &told) {
		w.Code, w.Message = told.Code, told.Message
	}
	var status statusError
	switch {
	case e.Conference != nil:
		w.Code = contract.CodeEventDelivery
	case errors.As(err, &status):
		w.Code = contract.CodeCallbackWarning
	}
	w.Message = fmt.Sprintf("%s, sequence %d: %s", e.Type, e.Sequence, w.Message)
	return w
}
