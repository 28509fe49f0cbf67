package contract

// CallStatus is the word of the contract for where a call is in its life
// (Twilio Call resource, Status).
type CallStatus string

// The statuses of a call, in the order of life.
const (
	CallQueued     CallStatus = "queued"
	CallInitiated  CallStatus = "initiated" // callbacks only; never shown by REST
	CallRinging    CallStatus = "ringing"
	CallInProgress CallStatus = "in-progress"
	CallCompleted  CallStatus = "completed"
	CallBusy       CallStatus = "busy"
	CallFailed     CallStatus = "failed"
	CallNoAnswer   CallStatus = "no-answer"
	CallCanceled   CallStatus = "canceled"
)

// Terminal reports whether a call of this status has ended.
func (s CallStatus) Terminal() bool {
	switch s {
	case CallCompleted, CallBusy, CallFailed, CallNoAnswer, CallCanceled:
		return true
	}
	return false
}

// Valid reports whether s is one of the statuses.
func (s CallStatus) Valid() bool {
	switch s {
	case CallQueued, CallInitiated, CallRinging, CallInProgress:
		return true
	}
	return s.Terminal()
}

// Direction says who made a call (Twilio Call resource, Direction).
type Direction string

// The directions of a call.
const (
	Inbound      Direction = "inbound"
	OutboundAPI  Direction = "outbound-api"
	OutboundDial Direction = "outbound-dial"
)

// ConferenceStatus is the word of the contract for where a conference is in
// its life (Twilio Conference resource, Status).
type ConferenceStatus string

// The statuses of a conference, in the order of life.
const (
	ConferenceInit       ConferenceStatus = "init"
	ConferenceInProgress ConferenceStatus = "in-progress"
	ConferenceCompleted  ConferenceStatus = "completed"
)

// EndReason says why a conference ended, in its documented spelling (Twilio
// <Conference> statusCallback, ReasonConferenceEnded).
type EndReason string

// The reasons for which a conference ends.
const (
	EndedByAPI             EndReason = "conference-ended-via-api"
	EndedByLastKicked      EndReason = "last-participant-kicked"
	EndedByLastLeft        EndReason = "last-participant-left"
	EndedByModeratorKicked EndReason = "participant-with-end-conference-on-exit-kicked"
	EndedByModeratorLeft   EndReason = "participant-with-end-conference-on-exit-left"

	// EndedByRestart is ours: the server died, and tells it when it starts again.
	EndedByRestart EndReason = "server-restarted"
)

// LeaveReason says why a participant left, in its documented spelling (Twilio
// <Conference> statusCallback, ReasonParticipantLeft).
type LeaveReason string

// The reasons for which a participant leaves.
const (
	LeftConferenceEnded LeaveReason = "conference_ended_via_api"
	LeftModeratorEnded  LeaveReason = "moderator_ended_conference"
	LeftUpdatedByAPI    LeaveReason = "participant_updated_via_api"
	LeftHungUp          LeaveReason = "participant_hung_up"
	LeftAddFailed       LeaveReason = "participant_add_failed"

	// LeftByRestart is ours: the server died, and tells it when it starts again.
	LeftByRestart LeaveReason = "server_restarted"
)
