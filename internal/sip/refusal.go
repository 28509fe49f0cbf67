package sip

import "confab/internal/contract"

// refusals is what an inbound call that is hung up before its answer is
// refused with.
var refusals = map[contract.Cause]int{
	contract.CauseBusy:         486, // Twilio <Reject> reason: busy
	contract.CauseRejected:     404, // Twilio <Reject> reason: rejected
	contract.CauseNotFound:     404,
	contract.CauseNotPermitted: 403,
	contract.CauseNoCodec:      488,
	contract.CauseNoAnswer:     480,
	contract.CauseOverload:     503, // with Retry-After
	contract.CauseShutdown:     503, // with Retry-After
	contract.CauseCanceled:     487,
	contract.CauseDocument:     603, // the document said Hangup before anything was answered
	contract.CauseAPI:          603,
	contract.CauseTimeLimit:    480,
}

// refusal returns the status that a call is refused with for cause.
func refusal(cause contract.Cause) int {
	if code, ok := refusals[cause]; ok {
		return code
	}
	return 500
}

// causeOf returns why a call of ours was refused with a status.
func causeOf(code int) contract.Cause {
	switch code {
	case 486, 600:
		return contract.CauseBusy
	case 408, 480, 487:
		return contract.CauseNoAnswer
	case 404, 410, 484, 485, 604:
		return contract.CauseNotFound
	case 401, 403, 407:
		return contract.CauseNotPermitted
	case 415, 488, 606:
		return contract.CauseNoCodec
	case 603:
		return contract.CauseRejected
	case 503:
		return contract.CauseOverload
	}
	return contract.CauseFailed // 3xx too: a redirection is not followed
}
