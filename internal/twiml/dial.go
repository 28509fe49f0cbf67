package twiml

import (
	"strings"
	"time"
)

// Dial connects the call to its noun (Twilio <Dial>).
//
// A Dial with a Conference joins it; one with Clients calls them. One with neither
// is to be treated as a call that could not be made, its action requested with
// DialCallStatus=failed: either its noun is not supported, and stands in Nouns, or
// it is faulty, and Fault or a warning says why, or it had no noun, of which there
// is a warning.
type Dial struct {
	Conference *Conference
	Clients    []*Client      // at most ten, in order
	Nouns      []*Unsupported // nouns that the package has no type for, in order

	// Fault is set when the conference is wrong in a way that the contract calls
	// an error, not a warning: it is not joined, and Conference is nil. The same
	// notice is among the document's warnings.
	Fault *Warning

	HasAction      bool          // an action was given
	Action         string        // relative to the document; empty, and given: the document itself
	Method         string        // GET or POST
	Timeout        time.Duration // how long it may ring
	TimeLimit      time.Duration // how long it may last
	HangupOnStar   bool
	CallerID       string // empty: the caller's
	AnswerOnBridge bool
	RingTone       string // empty: the carrier's
	Sequential     bool
	ReferURL       string // relative to the document; empty: none
	ReferMethod    string // GET or POST
	Events         string
	Passports      string

	Record    string // DoNotRecord, "record-from-answer", …
	Trim      bool   // trim silence from the recording
	Track     string // recordingTrack: inbound, outbound or both
	Recording RecordingCallback
}

// DoNotRecord is the Record of a Dial or Conference that is not recorded.
const DoNotRecord = "do-not-record"

// Defaults and limits of a Dial's attributes.
const (
	dialTimeout   = 30 * time.Second
	dialTimeLimit = 4 * time.Hour
)

var (
	dialRecord = []string{
		DoNotRecord, "record-from-answer", "record-from-ringing",
		"record-from-answer-dual", "record-from-ringing-dual",
	}
	ringTones = []string{
		"at", "au", "bg", "br", "be", "ch", "cl", "cn", "cz", "de", "dk", "ee", "es", "fi", "fr", "gr", "hu", "il",
		"in", "it", "lt", "jp", "mx", "my", "nl", "no", "nz", "ph", "pl", "pt", "ru", "se", "sg", "th", "uk", "us",
		"us-old", "tw", "ve", "za",
	}
)

func newDial() *Dial {
	return &Dial{
		Method: POST, Timeout: dialTimeout, TimeLimit: dialTimeLimit, ReferMethod: POST,
		Record: DoNotRecord, Track: "both", Recording: newRecordingCallback(),
	}
}

// Element returns "Dial".
func (*Dial) Element() string { return "Dial" }

func (p *parser) dial(e *element) *Dial {
	a := p.attributes(e)
	d := &Dial{
		Method:         a.method("method", codeDialMethod),
		Timeout:        a.seconds("timeout", codeDialTimeout, dialTimeout, 5, 600),
		TimeLimit:      a.seconds("timeLimit", codeTimeLimit, dialTimeLimit, 1, maxSeconds),
		HangupOnStar:   a.boolean("hangupOnStar", codeHangupOnStar, false),
		CallerID:       a.callerID(),
		AnswerOnBridge: a.boolean("answerOnBridge", codeAnswerOnBridge, false),
		RingTone:       a.keyword("ringTone", codeRingTone, "", ringTones...),
		Sequential:     a.boolean("sequential", codeSequential, false),
		ReferURL:       a.text("referUrl"),
		ReferMethod:    a.method("referMethod", codeSchema),
		Events:         a.text("events"),
		Passports:      a.text("passports"),
		Record:         a.record("record-from-answer", codeDialRecord, dialRecord),
		Trim:           a.trim(codeSchema, false),
		Track:          a.keyword("recordingTrack", codeSchema, "both", "inbound", "outbound", "both"),
		Recording:      a.recording(codeSchema),
	}
	_, d.HasAction = a.raw("action")
	d.Action = a.text("action")
	a.done()
	p.nouns(d, e)
	return d
}

// nouns reads whom to dial: one conference, or others.
func (p *parser) nouns(d *Dial, e *element) {
	if e.text() != "" {
		d.Nouns = append(d.Nouns, &Unsupported{Name: "Number"}) // Twilio <Dial>: a bare text is a number
	}
	conferences, clients := 0, 0
	e.elements(func(child *element) {
		switch {
		case child.name == "Client":
			if clients++; clients > maxClients {
				break
			}
			if c := p.client(child); c != nil {
				d.Clients = append(d.Clients, c)
			}
		case child.name == "Conference":
			if conferences++; conferences == 1 {
				d.Conference, d.Fault = p.conference(child)
			}
		case unsupportedNouns[child.name]:
			d.Nouns = append(d.Nouns, &Unsupported{Name: child.name})
		case knownVerb(child.name):
			p.warn(codeDialNested, child.line, "<%s> cannot stand inside <Dial>", child.name)
		default:
			p.unexpected(child, "Dial")
		}
	})
	switch {
	case conferences > 1 || conferences == 1 && len(d.Nouns)+clients > 0:
		// Twilio 13000: one Conference, and no other noun beside it.
		p.warn(codeConferenceMixed, e.line, "<Conference> cannot be mixed with other nouns: only the first <Conference> counts")
		d.Nouns, d.Clients = nil, nil
	case clients > maxClients:
		p.warn(codeTooManyNouns, e.line, "<Dial> has %d nouns <Client>: the first %d are called", clients, maxClients)
	case conferences == 0 && len(d.Nouns)+clients == 0:
		p.warn(codeDialNumber, e.line, "<Dial> has nobody to call")
	}
}

// callerID returns the number or identity to be shown (Twilio <Dial> callerId).
func (a *attributes) callerID() string {
	v := a.text("callerId")
	other := strings.IndexFunc(v, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && !strings.ContainsRune("+-_.() ", r)
	})
	if other >= 0 && !strings.HasPrefix(v, "client:") {
		a.bad(codeCallerID, "callerId of <Dial> is neither a number nor a client: %s", show(v))
		return ""
	}
	return v
}

func (d *Dial) element() *element {
	e := &element{name: "Dial"}
	if d.HasAction || d.Action != "" {
		e.put("action", d.Action)
	}
	e.putText("method", d.Method, POST)
	e.putSeconds("timeout", d.Timeout, dialTimeout)
	e.putSeconds("timeLimit", d.TimeLimit, dialTimeLimit)
	e.putBoolean("hangupOnStar", d.HangupOnStar, false)
	e.putText("callerId", d.CallerID, "")
	e.putBoolean("answerOnBridge", d.AnswerOnBridge, false)
	e.putText("ringTone", d.RingTone, "")
	e.putBoolean("sequential", d.Sequential, false)
	e.putText("referUrl", d.ReferURL, "")
	e.putText("referMethod", d.ReferMethod, POST)
	e.putText("events", d.Events, "")
	e.putText("passports", d.Passports, "")
	e.putText("record", d.Record, DoNotRecord)
	e.putTrim(d.Trim, false)
	e.putText("recordingTrack", d.Track, "both")
	e.putRecording(d.Recording)
	if d.Conference != nil {
		e.add(d.Conference.element())
	}
	for _, c := range d.Clients {
		e.add(c.element())
	}
	for _, n := range d.Nouns {
		e.add(n.element())
	}
	return e
}
