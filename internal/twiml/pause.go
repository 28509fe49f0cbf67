package twiml

import "time"

// Pause waits in silence (Twilio <Pause>). As the first verb of a call's first
// document it leaves the call ringing that long before it is answered.
type Pause struct {
	Length time.Duration // whole seconds; 1 s when not given
}

// Element returns "Pause".
func (*Pause) Element() string { return "Pause" }
