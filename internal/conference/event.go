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
// included; those that are not numbered (contract.EventType.Numbered) are called
// back to nobody.
func (c *Conference) appendLocked(e contract.Event, p *participant) contract.Pos {
	c.info.Participants = len(c.present)
	info := c.info
	e.Sequence, e.Time, e.Conference = c.sequence+1, time.Now(), &info
	if e.Type.Numbered() {
		c.sequence++
	}
	if p != nil {
		who := p.info
		e.Participant = &who
	}
	if c.callbacks.URL != "" && slices.Contains(c.callbacks.Events, filters[e.Type]) {
		e.Callback = &contract.Callback{URL: c.callbacks.URL, Method: c.callbacks.Method}
	}
	return c.conferences.cfg.Journal.Append(e)
}

// maxWarnings is how many notices one conference can cause: a document that
// loops must not fill the journal.
const maxWarnings = 100

// Warn records a notice on the conference, of something that concerns no call
// more than another. Beyond a bound, and after the end, they are left out.
func (c *Conference) Warn(w contract.Warning) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.endedLocked() || c.warnings == maxWarnings {
		return
	}
	if c.warnings++; c.warnings == maxWarnings {
		w = contract.Warning{Code: w.Code, Message: "more is wrong with this conference than is kept: the last was " + w.Message, URL: w.URL}
	}
	c.log.Debug("warning", "code", int(w.Code), "message", w.Message)
	c.appendLocked(contract.Event{Type: contract.EventConferenceWarning, Warning: &w}, nil)
}
