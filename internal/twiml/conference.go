package twiml

import (
	"strings"
	"unicode/utf8"
)

// Conference is the noun by which a Dial joins a conference (Twilio
// <Conference>).
type Conference struct {
	Name             string // friendly name: 1 to 128 characters
	Muted            bool
	Beep             Beep
	StartOnEnter     bool   // startConferenceOnEnter
	EndOnExit        bool   // endConferenceOnExit
	Label            string // participantLabel; empty: none
	JitterBufferSize string // off, small, medium or large
	HasWaitURL       bool   // false: the house's wait music
	WaitURL          string // relative to the document; empty, and given: silence
	WaitMethod       string // GET or POST
	MaxParticipants  int    // 0: not given, the house's limit
	Region           string // empty: any
	Coach            string // SID of the call that alone hears this one; empty: none

	StatusCallback       string   // relative to the document; empty: nowhere
	StatusCallbackEvents []string // filter words, in the order given, each once
	StatusCallbackMethod string   // GET or POST

	Record           string // DoNotRecord or "record-from-start"
	Trim             bool   // trim silence from the recording
	Recording        RecordingCallback
	EventCallbackURL string // deprecated; relative to the document; empty: nowhere
}

// Beep says when a participant's coming and going is heard by the conference.
type Beep string

// The values of Beep.
const (
	BeepBoth    Beep = "true"
	BeepNever   Beep = "false"
	BeepOnEnter Beep = "onEnter"
	BeepOnExit  Beep = "onExit"
)

// Enter reports whether joining is beeped.
func (b Beep) Enter() bool { return b == BeepBoth || b == BeepOnEnter }

// Exit reports whether leaving is beeped.
func (b Beep) Exit() bool { return b == BeepBoth || b == BeepOnExit }

// maxName is the longest name of a conference, and label of a participant, in
// characters (Twilio <Conference> name, participantLabel).
const maxName = 128

var (
	// statusEvents are the filter words of statusCallbackEvent.
	statusEvents = []string{"start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"}
	regions      = []string{"us1", "us2", "ie1", "de1", "sg1", "br1", "au1", "jp1"}
)

func newConference(name string) *Conference {
	return &Conference{
		Name: name, Beep: BeepBoth, StartOnEnter: true, JitterBufferSize: "large", WaitMethod: POST,
		StatusCallbackMethod: POST, Record: DoNotRecord, Trim: true, Recording: newRecordingCallback(),
	}
}

// conference reads a Conference. When something in it is wrong beyond a default,
// it returns nil and the notice of it.
func (p *parser) conference(e *element) (*Conference, *Warning) {
	a := p.attributes(e)
	c := &Conference{
		Name:             a.conferenceName(),
		Muted:            a.boolean("muted", codeMuted, false),
		Beep:             Beep(a.keyword("beep", codeBeep, "true", "true", "false", "onEnter", "onExit")),
		StartOnEnter:     a.boolean("startConferenceOnEnter", codeStartOnEnter, true),
		EndOnExit:        a.boolean("endConferenceOnExit", codeEndOnExit, false),
		Label:            a.participantLabel(),
		JitterBufferSize: a.keyword("jitterBufferSize", codeSchema, "large", "off", "small", "medium", "large"),
		WaitMethod:       a.method("waitMethod", codeWaitMethod),
		MaxParticipants:  a.number("maxParticipants", codeConferenceAttr, 0, 1, maxNumber),
		Region:           a.keyword("region", codeSchema, "", regions...),
		Coach:            a.coach(),

		StatusCallback:       a.url("statusCallback", codeConferenceAttr),
		StatusCallbackEvents: a.keywords("statusCallbackEvent", codeConferenceAttr, nil, statusEvents...),
		StatusCallbackMethod: a.method("statusCallbackMethod", codeConferenceAttr),

		Record:           a.record("record-from-start", codeSchema, []string{DoNotRecord, "record-from-start"}),
		Trim:             a.trim(codeTrim, true),
		Recording:        a.recording(codeConferenceAttr),
		EventCallbackURL: a.url("eventCallbackUrl", codeConferenceAttr),
	}
	c.WaitURL, c.HasWaitURL = a.waitURL()
	a.done()
	p.noElements(e)
	if a.fault != nil {
		return nil, a.fault
	}
	return c, nil
}

// conferenceName returns the text of the noun (Twilio 13237: 1 to 128
// characters).
func (a *attributes) conferenceName() string {
	name := a.e.text()
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		a.bad(codeConferenceName, "<Conference> has no name")
	case n > maxName:
		a.bad(codeConferenceName, "name of <Conference> is too long: %d characters of %d", n, maxName)
	}
	return name
}

// waitURL returns what is heard before the start, and whether it was given
// (Twilio <Conference> waitUrl: the empty string is silence).
func (a *attributes) waitURL() (string, bool) {
	if _, given := a.raw("waitUrl"); !given {
		return "", false
	}
	return a.parseURL("waitUrl", codeWaitURL) // a wrong one: the default, music
}

// participantLabel returns the label (Twilio 16023: at most 128 characters, no
// slash, not the form of a call SID).
func (a *attributes) participantLabel() string {
	v := a.text("participantLabel")
	if utf8.RuneCountInString(v) > maxName || callSID(v) ||
		strings.Contains(v, "/") || strings.Contains(strings.ToUpper(v), "%2F") {
		a.bad(codeParticipantLabel, "participantLabel is longer than %d characters, has a slash or looks like a call SID: %s", maxName, show(v))
		return ""
	}
	return v
}

// callSID reports whether s has the form of the SID of a call.
func callSID(s string) bool {
	return len(s) == 34 && strings.HasPrefix(s, "CA") && strings.Trim(s[2:], "0123456789abcdef") == ""
}

// coach returns the call to be coached (Twilio 13240: the SID of a call).
func (a *attributes) coach() string {
	v := a.text("coach")
	if v != "" && !callSID(v) {
		a.bad(codeCoach, "coach of <Conference> is not the SID of a call: %s", show(v))
		return ""
	}
	return v
}

func (c *Conference) element() *element {
	e := &element{name: "Conference"}
	e.putBoolean("muted", c.Muted, false)
	e.putText("beep", string(c.Beep), string(BeepBoth))
	e.putBoolean("startConferenceOnEnter", c.StartOnEnter, true)
	e.putBoolean("endConferenceOnExit", c.EndOnExit, false)
	e.putText("participantLabel", c.Label, "")
	e.putText("jitterBufferSize", c.JitterBufferSize, "large")
	if c.HasWaitURL || c.WaitURL != "" {
		e.put("waitUrl", c.WaitURL)
	}
	e.putText("waitMethod", c.WaitMethod, POST)
	e.putNumber("maxParticipants", c.MaxParticipants, 0)
	e.putText("region", c.Region, "")
	e.putText("coach", c.Coach, "")
	e.putText("statusCallback", c.StatusCallback, "")
	e.putWords("statusCallbackEvent", c.StatusCallbackEvents, nil, " ")
	e.putText("statusCallbackMethod", c.StatusCallbackMethod, POST)
	e.putText("record", c.Record, DoNotRecord)
	e.putTrim(c.Trim, true)
	e.putRecording(c.Recording)
	e.putText("eventCallbackUrl", c.EventCallbackURL, "")
	e.content(c.Name)
	return e
}
