// Package leg says what a far end can do and how one is made: interfaces and
// values only. A leg is one far end, its signalling (a SIP dialog, a WebRTC
// peer) and its voice (a media.Session); calls are written against it and
// never see a dialog.
package leg

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"confab/internal/contract"
	"confab/internal/media"
)

// Leg is one far end. Its methods may be called from any goroutine; each
// blocks until its work is done or ctx ends.
type Leg interface {
	// Info returns what was known when the leg was made. It never changes.
	Info() Info

	// Session returns the media half. It is the leg's: it closes when the leg
	// ends. It is never nil.
	Session() *media.Session

	// Ring tells the far end that it is being attended to (180). Inbound only;
	// repeating it does nothing.
	Ring(ctx context.Context) error

	// Answer accepts the call (200 with the answer) and starts the voice. It
	// returns once the answer is on its way; retransmission goes on until the
	// far end acknowledges, and a far end that never does ends the leg with
	// contract.CauseNoACK. Inbound only; repeating it does nothing.
	Answer(ctx context.Context) error

	// Hangup ends the leg in the way that its state asks for (a final
	// response, CANCEL or BYE) and returns when the far end has confirmed or
	// ctx ends. The first cause wins; repeating it waits for the first.
	Hangup(ctx context.Context, cause contract.Cause) error

	// Refer asks the far end to call target instead (RFC 3515). It returns
	// when the request has been accepted.
	Refer(ctx context.Context, target string) error

	// Done is closed when the leg has ended, whoever ended it.
	Done() <-chan struct{}

	// End says how the leg ended. It is the zero End until Done is closed.
	End() End
}

// Info is what a leg knows of its far end.
type Info struct {
	From      string         // user part of the far end's address, or its whole URI when there is none
	To        string         // user part of the address called
	Caller    string         // display name; may be empty
	Forwarded string         // user part of who last forwarded the call here; empty when nobody did
	Host      string         // host of the request URI
	CallID    string         // the dialog's Call-ID; empty where there is none
	Transport string         // "udp" or "tcp"; "webrtc" for a browser
	Source    netip.AddrPort // where the first message came from, or went to
	Outbound  bool
	// Headers are the X-… and User-to-User headers received, by name.
	Headers map[string]string

	// SID is the call's, where the far end has been told it; empty: the call is
	// given one.
	SID contract.CallSID
	// Application answers the call in place of the number called (Twilio access
	// token, voice grant, outgoing.application_sid); empty: the number decides.
	Application contract.ApplicationSID
	// Params are what the far end says of its call besides (Twilio Voice SDK,
	// custom parameters); they go with the request for the first document. Those of
	// an outbound leg are what it was told.
	Params map[string]string
}

// End says how a leg ended: the cause, and the final SIP status that was sent
// or received (200 for a call that was answered).
type End struct {
	Cause contract.Cause
	Code  int
}

// Target is whom to call and how.
type Target struct {
	URI     string            // "sip:user@host:port;transport=udp", or "client:alice?key=value" for a browser
	SID     contract.CallSID  // of the call, for a far end that is told it; empty: it is given one
	From    string            // user part, or a whole sip: URI, shown as the caller
	Name    string            // display name; may be empty
	Headers map[string]string // extra headers of the INVITE
	Timeout time.Duration     // how long it may ring; zero means 60 s
	Secure  bool              // offer a voice that is protected, and no other (UDP/TLS/RTP/SAVPF)
	Codecs  []string          // to offer, in order of preference, as codec.Named knows them; nil means what the dialer offers
}

// Progress is a provisional answer of the far end.
type Progress struct {
	Code int // 180, 183, …
}

// Dialer makes outbound legs.
type Dialer interface {
	// Dial calls target and returns the leg once it is answered, its session
	// started. progress, if not nil, is told of provisional answers, on the
	// caller's goroutine. A cancelled ctx cancels the call. A refusal is a
	// *Refused error.
	Dial(ctx context.Context, target Target, progress func(Progress)) (Leg, error)
}

// Refused is the error of a call that was not answered.
type Refused struct {
	End    End
	Reason string // the far end's phrase
}

// Error returns the status and the phrase.
func (r *Refused) Error() string {
	if r.End.Code == 0 {
		return "call not answered: " + r.End.Cause.String()
	}
	return fmt.Sprintf("call refused: %d %s", r.End.Code, r.Reason)
}
