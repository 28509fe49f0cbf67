package conference

import (
	"slices"
	"time"

	"confab/internal/contract"
)

// filters are the words by which an application asks for events (Twilio
// <Conference> statusCallbackEvent).
var filters = map[contract.EventType]string{
	contract.EventConferenceStart:   "start",
	contract.EventConferenceEnd:     "end",
	contract.EventParticipantJoin:   "join",
	contract.EventParticipantLeave:  "leave",
	contract.EventParticipantMute:   "mute",
	contract.EventParticipantUnmute: "mute",
	contract.EventParticipantHold:   "hold",
	contract.EventParticipantUnhold: "hold",
	contract.EventParticipantModify: "modify",
	contract.EventSpeechStart:       "speaker",
	contract.EventSpeechStop:        "speaker",
	contract.EventAnnouncementEnd:   "announcement",
	contract.EventAnnouncementFail:  "announcement",
}

// appendLocked numbers an event, which concerns p unless that is nil, and gives
// it to the journal. SequenceNumber counts from 1, events that nobody asked for
// included.
func (c *Conference) appendLocked(e contract.Event, p *participant) contract.Pos {
	c.sequence++
	c.info.Participants = len(c.present)
	info := c.info
	e.Sequence, e.Time, e.Conference = c.sequence, time.Now(), &info
	if p != nil {
		who := p.info
		e.Participant = &who
	}
	if c.callbacks.URL != "" && slices.Contains(c.callbacks.Events, filters[e.Type]) {
		e.Callback = &contract.Callback{URL: c.callbacks.URL, Method: c.callbacks.Method}
	}
	return c.conferences.cfg.Journal.Append(e)
}
