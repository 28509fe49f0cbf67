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
	t := contract.EventSpeechStop
	if talks {
		t = contract.EventSpeechStart
	}
	c.appendLocked(contract.Event{Type: t}, p)
}
