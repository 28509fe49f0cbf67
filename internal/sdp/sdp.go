package sdp

import (
	"errors"
	"net/netip"
	"time"
)

// ErrNothingFits means that an offer, or an answer, leaves no stream that both
// sides can use. It becomes 488 (RFC 3261 §13.3.1.3).
var ErrNothingFits = errors.New("no media stream that both sides can use")

// MaxSize is the longest description, in bytes, that Parse reads.
const MaxSize = 16 << 10

// MaxStreams is how many media lines a description may have.
const MaxStreams = 16

// Format is one way of coding voice, as an rtpmap attribute says it.
type Format struct {
	Name        string // encoding name, compared without case: "PCMU"
	Clock       int    // RTP clock, Hz
	PayloadType uint8  // to offer it with; an answer takes the offerer's
}

// Local is what we say of ourselves in an offer or an answer.
type Local struct {
	Address netip.AddrPort // where we want RTP; RTCP is wanted on the next port
	Formats []Format       // that we can send and receive; in an offer in order of preference
	DTMF    uint8          // payload type of telephone-event to offer; 0: none is offered, nor accepted in an offer
	PTime   time.Duration  // of what we like to receive; zero says nothing
	ID      uint64         // session id of the o= line: one per dialog
	Version uint64         // of the o= line: raised whenever what we say changes (RFC 3264 §8)
	Held    bool           // we do not want to hear the far end now; in an offer and in an answer
}

// Agreed is what offer and answer settled.
type Agreed struct {
	Name        string         // encoding name, in the spelling of Local.Formats
	Clock       int            // Hz
	PayloadType uint8          // of the codec, both ways
	DTMF        uint8          // payload type of telephone-event; 0: none
	PTime       time.Duration  // of what we send: 20 ms, less where the far end's maxptime asks for it
	Remote      netip.AddrPort // where the far end wants RTP; zero: it gave a name, not an address; unspecified IP: held the old way (RFC 3264 §8.4)
	RTCP        netip.AddrPort // where it wants RTCP (RFC 3605); zero: Remote's port + 1
	RTCPMux     bool           // RTP and RTCP on one port (RFC 5761)
	Send        bool           // the far end wants to hear us
	Receive     bool           // the far end speaks
}

// Description is a session description as it was received.
type Description struct{}

// Parse reads a description.
func Parse(b []byte) (Description, error) { return Description{}, errors.New("sdp: being written") }

// Answer answers offer (RFC 3264 §6).
func Answer(offer Description, l Local) ([]byte, Agreed, error) {
	return nil, Agreed{}, errors.New("sdp: being written")
}

// Offer makes an offer of one voice stream (RFC 3264 §5).
func Offer(l Local) []byte { return nil }

// Accept reads the answer to an offer made of l (RFC 3264 §7).
func Accept(l Local, answer Description) (Agreed, error) {
	return Agreed{}, errors.New("sdp: being written")
}
