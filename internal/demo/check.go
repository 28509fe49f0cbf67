package demo

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// expected is what the application knows when an event comes.
type expected struct {
	account    string
	conference string
	sequence   int
	known      bool // the call has asked for a document
	muted      bool // its participant, until now
}

// check returns what is wrong with an event: that a parameter is missing, or is
// not what it must be in this story.
func check(form url.Values, want expected) error {
	event := form.Get("StatusCallbackEvent")
	wants := [][2]string{
		{"AccountSid", want.account},
		{"ConferenceSid", want.conference},
		{"FriendlyName", "TeamMeeting"},
		{"SequenceNumber", strconv.Itoa(want.sequence)},
	}
	if strings.HasPrefix(event, "participant-") {
		if !want.known {
			return fmt.Errorf("%s: CallSid is %q, which asked for no document", event, form.Get("CallSid"))
		}
		wants = append(wants, [][2]string{{"EndConferenceOnExit", "false"}, {"StartConferenceOnEnter", "true"}}...)
	}
	switch event {
	case "participant-join", "participant-leave":
		wants = append(wants, [2]string{"Muted", strconv.FormatBool(want.muted)})
	case "participant-mute":
		wants = append(wants, [2]string{"Muted", "true"})
	case "conference-start", "conference-end":
	default:
		return fmt.Errorf("StatusCallbackEvent is %q, which was not asked for", event)
	}
	for _, w := range wants {
		if name, value := w[0], w[1]; form.Get(name) != value || value == "" {
			return fmt.Errorf("%s: %s is %q, want %q", event, name, form.Get(name), value)
		}
	}
	return nil
}
