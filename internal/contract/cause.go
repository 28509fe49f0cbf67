package contract

import "errors"

// Cause says why a call or a participation ended. What each becomes (status,
// SIP code, webhook parameter) stands in one table, call.Causes.
type Cause int

// The causes.
const (
	CauseNone         Cause = iota // still alive
	CauseFarEnd                    // the far end hung up
	CauseCanceled                  // the caller gave up before the answer
	CauseDocument                  // the document ran out, or said Hangup
	CauseRejected                  // Reject reason="rejected"
	CauseBusy                      // Reject reason="busy", or the far end is busy
	CauseNoAnswer                  // nobody answered in time
	CauseNotFound                  // no such number
	CauseNotPermitted              // refused for policy
	CauseNoCodec                   // no common codec
	CauseAPI                       // ended over REST
	CauseMediaTimeout              // no media for too long
	CauseNoACK                     // the 2xx was never acknowledged
	CauseTimeLimit                 // the call's time limit
	CauseOverload                  // a bound was reached
	CauseShutdown                  // the switch is stopping
	CauseFailed                    // an error of ours or of the network
)

var causeNames = [...]string{"none", "far end hung up", "canceled", "document ended", "rejected", "busy",
	"no answer", "not found", "not permitted", "no common codec", "ended by API", "media time-out",
	"no ACK", "time limit", "overload", "shutdown", "failed"}

// String returns the cause in words, for logs.
func (c Cause) String() string {
	if c < 0 || int(c) >= len(causeNames) {
		return "unknown cause"
	}
	return causeNames[c]
}

// Ended is the cause (context.Cause) of the context of a call that has ended.
type Ended struct{ Cause Cause }

// Error returns the cause in words.
func (e *Ended) Error() string { return "call ended: " + e.Cause.String() }

// ErrRedirected is the cause (context.Cause) of the context of a script that a
// newer one replaces, while its call lives on.
var ErrRedirected = errors.New("call was given another script")
