package twiml

// Reject refuses the call without answering it, as the first verb of a call's
// first document (Twilio <Reject>).
type Reject struct {
	Reason string // Rejected or Busy
}

// The reasons of a Reject.
const (
	Rejected = "rejected"
	Busy     = "busy"
)

// Element returns "Reject".
func (*Reject) Element() string { return "Reject" }
