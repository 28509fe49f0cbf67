package twiml

import "time"

// Dial connects the call to its noun (Twilio <Dial>).
//
// A Dial with a Conference joins it. One without is to be treated as a call that
// could not be made, its action requested with DialCallStatus=failed: either its
// noun is not supported, and stands in Nouns, or it is faulty, and Fault says why.
type Dial struct {
	Conference *Conference
	Nouns      []*Unsupported // nouns that the package has no type for, in order

	// Fault is set when an attribute of the conference is wrong in a way that
	// the contract calls an error, not a warning: the conference is not joined.
	// The same notice is among the document's warnings.
	Fault *Warning

	HasAction      bool   // an action was given
	Action         string // relative to the document; empty: the document itself
	Method         string // GET or POST
	Timeout        time.Duration
	TimeLimit      time.Duration
	HangupOnStar   bool
	CallerID       string // empty: the caller's
	AnswerOnBridge bool
	RingTone       string // empty: the carrier's
	Sequential     bool
	ReferURL       string
	ReferMethod    string // GET or POST
	Events         string

	Record    string // DoNotRecord, "record-from-answer", …
	Trim      bool   // trim silence from the recording
	Recording RecordingCallback
	Track     string // inbound, outbound or both
}

// RecordingCallback says where the life of a recording is reported. Configured
// by the recording… attributes of a Dial and of a Conference alike.
type RecordingCallback struct {
	URL             string   // empty: nowhere
	Method          string   // GET or POST
	Events          []string // in-progress, completed, absent
	ConfigurationID string
}

// DoNotRecord is the Record of a Dial or Conference that is not recorded.
const DoNotRecord = "do-not-record"

// Element returns "Dial".
func (*Dial) Element() string { return "Dial" }
