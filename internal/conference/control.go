package conference

import (
	"context"

	"confab/internal/contract"
)

// Hold puts a participant on hold or takes it off (Twilio Participant resource,
// Hold): who is held neither hears the conference nor is heard, but hears the
// document (nil: the house's music; Method empty means GET). Holding one who is
// held changes what it hears.
func (c *Conference) Hold(call contract.CallSID, on bool, music *Document) (contract.Pos, error) {
	return 0, ErrParticipant
}

// Announce lets one participant hear a document over whatever it hears (Twilio
// Participant resource, AnnounceUrl).
func (c *Conference) Announce(call contract.CallSID, d Document) (contract.Pos, error) {
	return 0, ErrParticipant
}

// AnnounceAll lets all who stand in the conference hear a document, run by a
// prompter that is bound to no call (Twilio Conference resource, AnnounceUrl).
// It is ErrNotStarted before the start.
func (c *Conference) AnnounceAll(d Document, by Prompter) (contract.Pos, error) {
	return 0, ErrNotStarted
}

// Changes are what Modify changes of a participant; nil is left as it is.
type Changes struct {
	BeepOnExit *bool
	EndOnExit  *bool
	Wait       *Document         // heard until the start; an empty URL is silence
	Coach      *contract.CallSID // the participant who alone hears this one; empty: everybody hears it
}

// Modify changes what belongs to a participant, all or nothing, and tells of it
// once (Twilio Participant resource, BeepOnExit, EndConferenceOnExit, WaitUrl,
// CallSidToCoach).
func (c *Conference) Modify(call contract.CallSID, ch Changes) (contract.Pos, error) {
	return 0, ErrParticipant
}

// Coach lets a participant be heard by coachee alone; with none given everybody
// hears it again.
func (c *Conference) Coach(call, coachee contract.CallSID) (contract.Pos, error) {
	return c.Modify(call, Changes{Coach: &coachee})
}

// Level is how loud somebody is.
type Level struct {
	Call    contract.CallSID
	Talking bool
	DBov    float64 // of the last frame: 0 loudest, −127 silence (RFC 6464)
}

// Levels returns how loud those present are now, by the order of joining.
func (c *Conference) Levels(ctx context.Context) ([]Level, error) { return nil, nil }
