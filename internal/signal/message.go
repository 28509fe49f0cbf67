package signal

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"confab/internal/turn"
)

// version is the protocol's.
const version = "1.6"

// message is a frame of the protocol.
type message struct {
	Type    string  `json:"type"`
	Version string  `json:"version"`
	Payload payload `json:"payload"`
}

// payload is all that the payloads of the protocol have. Which fields a message has
// is up to its type.
type payload struct {
	CallSID   string `json:"callsid,omitempty"`
	SDP       string `json:"sdp,omitempty"`
	Reconnect string `json:"reconnect,omitempty"` // lets a page take up a call that it had

	// What browsers say.
	Token   string  `json:"-"`
	Media   *audio  `json:"-"`
	Twilio  *custom `json:"-"`
	DTMF    string  `json:"-"`
	EventID string  `json:"voiceeventsid,omitempty"`

	// What we say.
	Who   *identity `json:"token,omitempty"`
	Error *failure  `json:"error,omitempty"`
	// What the Voice SDK does not know, and a phone of ours does: how to find a way.
	ICE        []turn.Server `json:"ice_servers,omitempty"`
	Parameters *parameters   `json:"parameters,omitempty"`
}

// heard is a payload as browsers send it.
type heard struct {
	CallSID   string  `json:"callsid"`
	SDP       string  `json:"sdp"`
	Reconnect string  `json:"reconnect"`
	Token     string  `json:"token"`
	Media     *audio  `json:"media"`
	Twilio    *custom `json:"twilio"`
	DTMF      string  `json:"dtmf"`
	EventID   string  `json:"voiceeventsid"`
}

// audio says whether a browser wants to be called.
type audio struct {
	Audio bool `json:"audio"`
}

// custom has the custom parameters of a call, form-encoded.
type custom struct {
	Params string `json:"params"`
}

// identity says who a socket is, and for how many seconds.
type identity struct {
	Identity string `json:"identity"`
	TTL      int    `json:"ttl"`
}

// failure is an error as the Voice SDK knows it.
type failure struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// parameters are what an incoming call says of itself.
type parameters struct {
	From    string `json:"From"`
	To      string `json:"To"`
	CallSID string `json:"CallSid"`
	Account string `json:"AccountSid"`
	Params  string `json:"Params,omitempty"` // form-encoded
}

var errMessage = errors.New("not a message of the protocol")

// parse reads a frame.
func parse(frame []byte) (message, error) {
	var m struct {
		Type    string `json:"type"`
		Payload heard  `json:"payload"`
	}
	if err := json.Unmarshal(frame, &m); err != nil || m.Type == "" {
		return message{}, errMessage // err may quote a token
	}
	h := m.Payload
	return message{Type: m.Type, Payload: payload{
		CallSID: h.CallSID, SDP: h.SDP, Reconnect: h.Reconnect, Token: h.Token,
		Media: h.Media, Twilio: h.Twilio, DTMF: h.DTMF, EventID: h.EventID,
	}}, nil
}

// frame writes a message.
func (m message) frame() []byte {
	m.Version = version
	b, err := json.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("signal: write %s: %v", m.Type, err)) // strings and numbers can be written
	}
	return b
}

// isBeat reports whether a frame is the heartbeat: a newline.
func isBeat(frame []byte) bool { return len(frame) <= 2 && strings.TrimSpace(string(frame)) == "" }
