package signal

import (
	"errors"

	"confab/internal/contract"
	"confab/internal/sdp"
	"confab/internal/token"
	"confab/internal/webrtc"
)

// The errors of the protocol (Twilio Voice SDK, errors). Those of tokens are
// understood in any case; others need enableImprovedSignalingErrorPrecision, and are
// shown with our message otherwise.
const (
	failMalformed = 31100
	failToken     = 31204 // AccessTokenInvalid
	failExpired   = 31205 // AccessTokenExpired
	failReconnect = 31209 // ReconnectAttemptError
	failBusy      = 31486
	failDown      = 31503
)

// failureOf is how a browser is told that its token is wrong.
func failureOf(err *token.Error) *failure {
	if err.Code == token.CodeExpired {
		return &failure{failExpired, err.Message}
	}
	return &failure{failToken, err.Message}
}

// refusal is what a call is refused with before its answer: a status of SIP, and what
// the browser is told. Without failure it is hung up like any other.
type refusal struct {
	code    int
	failure *failure
}

var refusals = map[contract.Cause]refusal{
	contract.CauseBusy:         {486, &failure{failBusy, "Busy here"}},
	contract.CauseRejected:     {404, &failure{31404, "Not in service"}},
	contract.CauseNotFound:     {404, &failure{31404, "There is no such number, or no such application"}},
	contract.CauseNotPermitted: {403, &failure{31403, "Not permitted"}},
	contract.CauseNoCodec:      {488, &failure{31488, "No codec in common"}},
	contract.CauseNoAnswer:     {480, &failure{31480, "Nobody answered"}},
	contract.CauseOverload:     {503, &failure{failDown, "The server is busy; try again"}},
	contract.CauseShutdown:     {503, &failure{failDown, "The server is stopping; try again"}},
	contract.CauseDocument:     {603, nil},
	contract.CauseAPI:          {603, nil},
	contract.CauseTimeLimit:    {480, nil},
	contract.CauseCanceled:     {487, nil},
}

func refusalOf(cause contract.Cause) refusal {
	if r, ok := refusals[cause]; ok {
		return r
	}
	return refusal{500, &failure{31500, "The call failed"}}
}

// whyNot is why a description is refused, in words for a log: err itself may quote a
// line of it, which may be a password.
func whyNot(err error) string {
	switch {
	case errors.Is(err, sdp.ErrNothingFits):
		return sdp.ErrNothingFits.Error()
	case errors.Is(err, sdp.ErrSyntax):
		return sdp.ErrSyntax.Error()
	}
	return "it cannot be answered"
}

// causeOf says why a call ended whose peer did.
func causeOf(err error) (cause contract.Cause, told *failure) {
	switch {
	case errors.Is(err, webrtc.ErrHungUp):
		return contract.CauseFarEnd, nil
	case errors.Is(err, webrtc.ErrLost), errors.Is(err, webrtc.ErrUnconnected):
		return contract.CauseMediaTimeout, &failure{31003, "The voice was lost: " + err.Error()}
	case errors.Is(err, webrtc.ErrClosed):
		return contract.CauseShutdown, nil
	}
	return contract.CauseFailed, &failure{31000, "The voice failed"}
}
