package conference

import (
	"slices"

	"confab/internal/contract"
)

// wantsSpeech reports whether somebody is told of who speaks. Events of speech
// that nobody asked for are not made: they would be most of the journal.
func (c *Conference) wantsSpeech() bool {
	return c.callbacks.URL != "" && slices.Contains(c.callbacks.Events, filters[contract.EventSpeechStart])
}

// maxWatched is of how many participants it is looked at who speaks that no event
// tells of: watching costs the voice plane a little, for each.
const maxWatched = 100

// watchesSpeech reports whether it is looked at whether one who joins speaks.
func (c *Conference) watchesSpeech() bool {
	if c.wantsSpeech() {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conferences.cfg.Talks != nil && len(c.present) <= maxWatched
}

// speaks takes what the voice plane says of a participant.
func (c *Conference) speaks(p *participant, talking bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.gone != nil {
		return
	}
	p.speaking = talking
	c.heedLocked(p)
}

// audibleLocked reports whether p is heard when it speaks.
func (p *participant) audibleLocked() bool {
	return p.conference.bridge != nil && !p.info.Muted && !p.info.Hold
}

// heedLocked tells when p, as the conference hears it, begins or ceases to speak:
// who is muted, held or waits does not speak.
func (c *Conference) heedLocked(p *participant) {
	talks := p.speaking && p.audibleLocked()
	if talks == p.talks {
		return
	}
	p.talks = talks
	if tell := c.conferences.cfg.Talks; tell != nil {
		tell(c.sid, p.info.Call, talks)
	}
	if !c.wantsSpeech() {
		return
	}
	t := contract.EventSpeechStop
	if talks {
		t = contract.EventSpeechStart
	}
	c.appendLocked(contract.Event{Type: t}, p)
}
