package contract

import "time"

// Codes of the resources of numbers (Twilio error and warning dictionary).
const (
	CodeForbiddenREST      Code = 20403
	CodeNumberInvalid      Code = 21421 // PhoneNumber is no number
	CodeNumberNotAvailable Code = 21422
	CodeAreaCodeInvalid    Code = 21451
	CodeAreaCodeEmpty      Code = 21452 // no number is left there
)

// NumberInfo is an incoming number and the application that owns it.
type NumberInfo struct {
	SID            NumberSID
	Number         string // E.164, any SIP user part, or "*" for every other
	FriendlyName   string
	VoiceURL       string // empty: the built-in line
	VoiceMethod    string // GET or POST; empty means POST
	FallbackURL    string
	FallbackMethod string
	StatusCallback string
	StatusMethod   string

	// Application is the one whose values count instead of those above; empty:
	// none (Twilio IncomingPhoneNumber resource, VoiceApplicationSid).
	Application ApplicationSID `json:",omitempty"`

	Type       NumberType `json:",omitempty"` // empty for one of no block
	Created    time.Time  `json:",omitzero"`  // zero for one of the configuration file
	FromConfig bool       // given in the configuration file: read-only elsewhere
}

// ApplicationInfo is a set of addresses that numbers can share (Twilio
// Application resource). Its fields mean what they do in NumberInfo.
type ApplicationInfo struct {
	SID            ApplicationSID
	FriendlyName   string
	VoiceURL       string
	VoiceMethod    string
	FallbackURL    string
	FallbackMethod string
	StatusCallback string
	StatusMethod   string
	Created        time.Time
}

// CallerIDInfo is a number that calls may be shown as coming from (Twilio
// OutgoingCallerId resource).
type CallerIDInfo struct {
	SID          NumberSID
	Number       string // E.164
	FriendlyName string
	Created      time.Time
}

// KeyInfo is an API key without its secret (Twilio Key resource).
type KeyInfo struct {
	SID          KeySID
	FriendlyName string
	Role         Role
	Created      time.Time
}

// NumberType is the kind of a number (Twilio IncomingPhoneNumber resource,
// type).
type NumberType string

// The types of number that a block can have.
const (
	NumberLocal    NumberType = "local"
	NumberMobile   NumberType = "mobile"
	NumberTollFree NumberType = "tollfree"
)

// NumberBlock is a run of numbers that can be had: those from First to Last,
// both E.164 and of the same length.
type NumberBlock struct {
	First, Last string
	Country     string // ISO 3166-1 alpha-2
	Type        NumberType
}
