package twiml

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
	MaxParticipants  int    // 0: the house's limit
	Region           string // empty: any
	Coach            string // SID of the call that alone hears this one; empty: none

	StatusCallback       string   // relative to the document; empty: nowhere
	StatusCallbackEvents []string // filter words, in the order given, each once
	StatusCallbackMethod string   // GET or POST

	Record           string // DoNotRecord or "record-from-start"
	Trim             bool   // trim silence from the recording
	Recording        RecordingCallback
	EventCallbackURL string // deprecated; empty: nowhere
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
