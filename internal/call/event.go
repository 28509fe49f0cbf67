package call

import (
	"time"

	"confab/internal/contract"
)

// appendLocked numbers an event and gives it to the journal.
//
// Twilio Call resource, StatusCallback: SequenceNumber counts from 0. What is not
// numbered (contract.EventType.Numbered) is called back to nobody.
func (c *Call) appendLocked(t contract.EventType, at time.Time, w *contract.Warning) {
	info := c.info
	e := contract.Event{Type: t, Sequence: c.sequence, Time: at, Call: &info, Warning: w}
	if t.Numbered() {
		c.sequence++
	}
	e.Callback = info.Callback(t)
	c.calls.cfg.Journal.Append(e)
}
