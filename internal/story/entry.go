package story

import (
	"encoding/json"
	"time"
)

// Time is a moment as stories tell it: RFC 3339, in UTC, with milliseconds.
type Time struct{ time.Time }

const layout = "2006-01-02T15:04:05.000Z07:00"

// MarshalJSON writes the moment.
func (t Time) MarshalJSON() ([]byte, error) { return []byte(`"` + t.UTC().Format(layout) + `"`), nil }

// UnmarshalJSON reads one.
func (t *Time) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339, s)
	t.Time = at
	return err
}

// Milliseconds is a length of time as stories tell it.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Message is one message of a call's signalling: of SIP, or a frame of a
// browser's.
type Message struct {
	At        Time   `json:"time"`
	Direction string `json:"direction"` // received or sent
	Transport string `json:"transport"` // udp, tcp or ws
	From      string `json:"from"`      // address and port
	To        string `json:"to"`
	Text      string `json:"text"`           // masked; whole, but for what Cut says
	Again     bool   `json:"retransmission"` // the same has passed before
	Cut       int    `json:"cut,omitempty"`  // bytes at the end that are not kept
}

// Received and Sent are the directions of a Message.
const (
	Received = "received"
	Sent     = "sent"
)

// Document is a request to an application on behalf of a call, and its answer.
type Document struct {
	At          Time              `json:"time"`
	Took        float64           `json:"took_ms"`
	Why         string            `json:"why"`    // document, fallback, sound, action or given
	Method      string            `json:"method"` // of what was asked; empty when the document was given whole
	URL         string            `json:"url"`    // with its query, masked
	Params      map[string]string `json:"params"` // that were sent beside it, masked
	Status      int               `json:"status,omitempty"`
	ContentType string            `json:"content_type,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"` // of the answer
	Body        string            `json:"body,omitempty"`    // its beginning, masked; empty when it is no text
	Size        int               `json:"size"`              // of the answer's body, bytes
	Error       *Failure          `json:"error,omitempty"`   // why it could not be used
	Attempts    []Attempt         `json:"attempts"`          // the requests that it took: redirects, retries
}

// Failure is what was wrong, as a notice says it.
type Failure struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// Attempt is one request over HTTP.
type Attempt struct {
	At     Time    `json:"time"`
	Took   float64 `json:"took_ms"`
	Method string  `json:"method"`
	URL    string  `json:"url"` // masked
	Status int     `json:"status,omitempty"`
	Error  string  `json:"error,omitempty"`
}

// Verb is a verb that ran.
type Verb struct {
	At         Time              `json:"time"`
	Ended      *Time             `json:"ended,omitempty"` // nil while it runs
	Name       string            `json:"name"`
	Attributes map[string]string `json:"attributes"` // as the verb understood them, masked
	Text       string            `json:"text,omitempty"`
	Nouns      []Noun            `json:"nouns,omitempty"`
	Result     string            `json:"result,omitempty"` // what came of it, in words
}

// Noun is what stands inside a verb.
type Noun struct {
	Name       string            `json:"name"`
	Attributes map[string]string `json:"attributes"`
	Text       string            `json:"text,omitempty"`
}

// Digits is what a caller keyed, for a verb that asked for it.
type Digits struct {
	At         Time   `json:"time"` // of the last key
	Verb       string `json:"verb"`
	Keys       string `json:"keys"` // *** for a code; the key itself where one key was asked for: a menu
	Count      int    `json:"count"`
	Masked     bool   `json:"masked"`
	FinishedOn string `json:"finished_on,omitempty"` // the key that ended the entry
	Timeout    bool   `json:"timeout"`               // it ended because no further key came
	Forgotten  int    `json:"forgotten"`             // keys pressed before the verb began: they do not count
}

// Sample is what a call's voice was like from the sample before up to At.
type Sample struct {
	At        Time     `json:"time"`
	Seconds   float64  `json:"seconds"` // that it is about
	Received  uint64   `json:"packets_received"`
	Sent      uint64   `json:"packets_sent"`
	Lost      int64    `json:"packets_lost"`
	Late      uint64   `json:"packets_late"`
	LostPart  float64  `json:"lost_ratio"` // lost and late
	Jitter    float64  `json:"jitter_ms"`
	Delay     float64  `json:"delay_ms"` // in the jitter buffer, mean
	RoundTrip float64  `json:"round_trip_ms,omitempty"`
	Speech    *float64 `json:"speech_dbov,omitempty"` // level of what was heard and loud enough to be mixed; nil: nothing was
	Noise     *float64 `json:"noise_dbov,omitempty"`  // of the rest
	Out       *float64 `json:"out_dbov,omitempty"`    // of what was said to the far end; nil: silence
	Clipped   float64  `json:"clipped_ratio"`
	MOS       float64  `json:"mos"`
}

// Spurt is a time in which a participant of a conference spoke, and was heard.
type Spurt struct {
	Call string `json:"call_sid"`
	At   Time   `json:"time"`
	End  *Time  `json:"ended,omitempty"` // nil while it lasts
}
