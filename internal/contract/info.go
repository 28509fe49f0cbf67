package contract

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// CallInfo is a snapshot of one call: an immutable copy for readers, for
// records and for webhooks. Zero times mean "not yet".
type CallInfo struct {
	SID     CallSID
	Account AccountSID
	Parent  CallSID // the call whose <Dial> made this one; empty for others
	Number  string  // the number dialled, as configured; empty for outbound calls
	// Application answers the call of a client that named it, in place of a number;
	// empty: none does.
	Application ApplicationSID `json:",omitempty"`
	From, To    string         // E.164 where normalisable, otherwise as received (Twilio From, To)
	Caller      string         // display name of the far end; may be empty
	Forwarded   string         `json:",omitempty"` // who forwarded the call to this number (Twilio ForwardedFrom); empty: nobody
	Status      CallStatus
	Direction   Direction
	Created     time.Time
	Answered    time.Time
	Ended       time.Time
	Cause       Cause
	SIPCode     int    // final SIP status sent or received; 0 until the end
	SIPCallID   string // Call-ID of the dialog
	SIPDomain   string // host of the request URI
	SourceIP    string // IP address that the call came from
	// Quality is that of the voice, once a call that was answered is over.
	Quality *Quality `json:",omitempty"`
	// CallbackURL is told of the call's progress (Twilio StatusCallback); empty: nobody
	// is. It is that of the number, until the call is given another.
	CallbackURL    string `json:",omitempty"`
	CallbackMethod string `json:",omitempty"`
	// CallbackEvents are the words of statusCallbackEvent that it asked for, separated
	// by spaces; empty: completed alone.
	CallbackEvents string `json:",omitempty"`
	// Headers are the X-… and User-to-User headers of the INVITE, by their name as received.
	Headers map[string]string `json:",omitempty"`
}

// Duration is how long the call was answered: zero for one that never was,
// and until now for one that lives.
func (c CallInfo) Duration(now time.Time) time.Duration {
	switch {
	case c.Answered.IsZero():
		return 0
	case c.Ended.IsZero():
		return now.Sub(c.Answered)
	}
	return c.Ended.Sub(c.Answered)
}

// callbackEvents are the words by which an application asks for the progress of a
// call (Twilio Call resource, StatusCallbackEvent).
var callbackEvents = map[EventType]string{
	EventCallInitiated: "initiated",
	EventCallRinging:   "ringing",
	EventCallAnswered:  "answered",
	EventCallCompleted: "completed",
}

// Callback returns who is told of an event of the call; nil when nobody is. Twilio
// Call resource, StatusCallbackEvent; IncomingPhoneNumber resource,
// StatusCallback: where no events are named, it is the end alone.
func (c CallInfo) Callback(t EventType) *Callback {
	word := callbackEvents[t]
	if c.CallbackURL == "" || word == "" || !slices.Contains(strings.Fields(cmp.Or(c.CallbackEvents, "completed")), word) {
		return nil
	}
	return &Callback{URL: c.CallbackURL, Method: c.CallbackMethod}
}

// ConferenceInfo is a snapshot of one conference.
type ConferenceInfo struct {
	SID          ConferenceSID
	Account      AccountSID
	FriendlyName string
	Status       ConferenceStatus
	Created      time.Time
	Started      time.Time
	Ended        time.Time
	ReasonEnded  EndReason
	CallEnding   CallSID // whose leaving ended it; empty when none did
	Participants int     // how many are in it now

	// Who is told of its events, and of which: the words of statusCallbackEvent,
	// separated by spaces. What a crash cuts off is told to them too.
	CallbackURL    string `json:",omitempty"`
	CallbackMethod string `json:",omitempty"`
	CallbackEvents string `json:",omitempty"`
}

// ParticipantInfo is a snapshot of a call's place in a conference.
type ParticipantInfo struct {
	Conference   ConferenceSID
	Call         CallSID
	Label        string
	Muted        bool
	Hold         bool
	Coaching     bool
	CallToCoach  CallSID
	StartOnEnter bool // startConferenceOnEnter
	EndOnExit    bool // endConferenceOnExit
	Joined       time.Time

	// Invited: its call is being made, and it is not in the conference yet. Joined is
	// when that began.
	Invited bool `json:",omitempty"`
}
