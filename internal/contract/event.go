package contract

import "time"

// Pos is a position in the journal: 1 for its first event, rising by one.
type Pos uint64

// EventType is what happened. Conference events have the word of the contract
// (Twilio <Conference> statusCallback, StatusCallbackEvent); call events are
// "call-" and the word of the call progress event. Those that are not Numbered
// are never called back.
type EventType string

// The types of event.
const (
	EventConferenceStart   EventType = "conference-start"
	EventConferenceEnd     EventType = "conference-end"
	EventParticipantJoin   EventType = "participant-join"
	EventParticipantLeave  EventType = "participant-leave"
	EventParticipantMute   EventType = "participant-mute"
	EventParticipantUnmute EventType = "participant-unmute"
	EventParticipantHold   EventType = "participant-hold"
	EventParticipantUnhold EventType = "participant-unhold"
	EventParticipantModify EventType = "participant-modify" // beep, end on exit, coaching or wait document
	EventSpeechStart       EventType = "participant-speech-start"
	EventSpeechStop        EventType = "participant-speech-stop"
	EventAnnouncementEnd   EventType = "announcement-end"   // heard to its end, or cut off by a leave or an end
	EventAnnouncementFail  EventType = "announcement-fail"  // by an error of ours
	EventParticipantInvite EventType = "participant-invite" // a place is kept for a call that is being made
	EventConferenceWarning EventType = "conference-warning" // a notice on the conference

	EventCallInitiated EventType = "call-initiated"
	EventCallRinging   EventType = "call-ringing"
	EventCallAnswered  EventType = "call-answered"
	EventCallCompleted EventType = "call-completed" // any terminal status
	EventCallWarning   EventType = "call-warning"   // a notice on the call
	EventCallQuality   EventType = "call-quality"   // after the end: what the voice was like
	EventCallModify    EventType = "call-modify"    // who is told of the call's end is somebody else now
)

// Numbered reports whether events of the type have a number of their own in
// their stream. Others carry that of the one which comes next.
func (t EventType) Numbered() bool {
	switch t {
	case EventCallWarning, EventCallQuality, EventCallModify, EventConferenceWarning, EventParticipantInvite:
		return false
	}
	return true
}

// Callback is where an event is told: absolute URL and method (GET or POST;
// empty means POST).
type Callback struct {
	URL    string
	Method string `json:",omitempty"`
}

// Event is one fact, numbered when it became true, under the lock of its
// subject. It is a value: nothing in it is shared with live objects. Exactly
// one of Call and Conference is the subject: events with a Conference belong
// to the conference's stream, all others to the call's.
type Event struct {
	Pos      Pos `json:"-"` // given by the journal
	Type     EventType
	Sequence int // within its subject: conferences count from 1, calls from 0
	Time     time.Time

	Call        *CallInfo        `json:",omitempty"`
	Conference  *ConferenceInfo  `json:",omitempty"`
	Participant *ParticipantInfo `json:",omitempty"`

	LeaveReason LeaveReason `json:",omitempty"` // participant-leave
	CallStatus  CallStatus  `json:",omitempty"` // participant-leave: status of the participant's call
	Warning     *Warning    `json:",omitempty"` // …-warning

	AnnounceURL     string `json:",omitempty"` // announcement-…: of its document, without user:password@
	AnnounceFailure string `json:",omitempty"` // announcement-fail: why, in words for the customer

	// Callback is nil when nobody asked to be told.
	Callback *Callback `json:",omitempty"`
}

// Account returns the account of the event's subject.
func (e Event) Account() AccountSID {
	switch {
	case e.Conference != nil:
		return e.Conference.Account
	case e.Call != nil:
		return e.Call.Account
	}
	return ""
}

// Stream names the sequence that the event belongs to and is delivered in
// order with: its conference's SID, or its call's.
func (e Event) Stream() string {
	switch {
	case e.Conference != nil:
		return string(e.Conference.SID)
	case e.Call != nil:
		return string(e.Call.SID)
	}
	return ""
}

// Warning is a notice on a call or a conference: something in a document or an application was
// wrong and it went on. Code is the documented one (see Code).
type Warning struct {
	Code    Code
	Message string // in words, with the offending value; never a secret
	URL     string `json:",omitempty"` // document concerned

	// Exchange is how the document was had, or not; nil when it was given whole.
	// It is kept with the notice, not in the journal.
	Exchange *Exchange `json:"-"`
}
