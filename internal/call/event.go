package call

import (
	"time"

	"confab/internal/contract"
)

// appendLocked numbers an event and gives it to the journal.
//
// Twilio Call resource, StatusCallback: SequenceNumber counts from 0. A warning
// and a call's quality are called back to nobody; they carry the number of the
// event that comes next, and take it from none.
func (c *Call) appendLocked(t contract.EventType, at time.Time, w *contract.Warning) {
	info := c.info
	e := contract.Event{Type: t, Sequence: c.sequence, Time: at, Call: &info, Warning: w}
	if w == nil && t != contract.EventCallQuality {
		c.sequence++
		e.Callback = c.callback(t)
	}
	c.calls.cfg.Journal.Append(e)
}

// callback says who is told of an event: for a number that was called, its
// application, of the end alone (Twilio IncomingPhoneNumber resource,
// StatusCallback).
func (c *Call) callback(t contract.EventType) *contract.Callback {
	if t != contract.EventCallCompleted || c.number.StatusCallback == "" {
		return nil
	}
	return &contract.Callback{URL: c.number.StatusCallback, Method: c.number.StatusMethod}
}
