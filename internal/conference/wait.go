package conference

import (
	"fmt"

	"confab/internal/audio"
)

// musicRate is the rate of the wait music, Hz.
const musicRate = 8000

// wait lets the participant hear what it is to hear until the conference starts
// (Twilio <Conference> waitUrl). A document that has ended is followed by
// silence; it is not repeated.
func (p *participant) wait(t turn) error {
	session, doc := p.request.Session, p.request.Wait
	switch {
	case doc == nil:
		if err := session.Play(t, audio.Music(musicRate)); err != nil {
			return fmt.Errorf("wait music: %w", err)
		}
	case doc.URL != "":
		d := *doc
		d.Conference, d.Name = p.conference.sid, p.request.Name
		if err := p.request.Prompter.Prompt(t, session, d); err != nil {
			return fmt.Errorf("%w: %w", ErrWait, err)
		}
	}
	<-t.Done()
	return nil
}
