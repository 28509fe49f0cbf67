package twiml

// Hangup ends the call (Twilio <Hangup>).
type Hangup struct{}

// Element returns "Hangup".
func (*Hangup) Element() string { return "Hangup" }
