package call

import "confab/internal/contract"

// Outcome is what a cause becomes where it leaves the building.
type Outcome struct {
	Unanswered contract.CallStatus // final status of a call that was not answered
	Answered   contract.CallStatus // final status of a call that was
	Code       int                 // SIP status of a call that was not answered (RFC 3261 §21)
}

// Causes says what becomes of each cause. The SIP status of a call that was
// answered is 200 whatever ended it, but for one whose answer was never
// acknowledged: 200 was sent, and 408, that nothing came of it, tells who reads
// it why the call failed.
//
// Twilio <Reject> reason: rejected is no-answer and 404, busy is busy and 486.
var Causes = map[contract.Cause]Outcome{
	contract.CauseFarEnd:       {contract.CallCanceled, contract.CallCompleted, 487},
	contract.CauseCanceled:     {contract.CallCanceled, contract.CallCompleted, 487}, // RFC 3261 §9.2
	contract.CauseDocument:     {contract.CallNoAnswer, contract.CallCompleted, 480},
	contract.CauseRejected:     {contract.CallNoAnswer, contract.CallCompleted, 404},
	contract.CauseBusy:         {contract.CallBusy, contract.CallCompleted, 486},
	contract.CauseNoAnswer:     {contract.CallNoAnswer, contract.CallCompleted, 480},
	contract.CauseNotFound:     {contract.CallFailed, contract.CallCompleted, 404},
	contract.CauseNotPermitted: {contract.CallFailed, contract.CallCompleted, 403},
	contract.CauseNoCodec:      {contract.CallFailed, contract.CallCompleted, 488},
	contract.CauseAPI:          {contract.CallCanceled, contract.CallCompleted, 480},
	contract.CauseMediaTimeout: {contract.CallFailed, contract.CallCompleted, 480},
	contract.CauseNoACK:        {contract.CallFailed, contract.CallFailed, 408},
	contract.CauseTimeLimit:    {contract.CallNoAnswer, contract.CallCompleted, 480},
	contract.CauseOverload:     {contract.CallFailed, contract.CallCompleted, 503},
	contract.CauseShutdown:     {contract.CallFailed, contract.CallCompleted, 503},
	contract.CauseFailed:       {contract.CallFailed, contract.CallFailed, 500},
}

// outcome returns the final status and SIP status of a call.
func outcome(cause contract.Cause, answered bool) (contract.CallStatus, int) {
	o, ok := Causes[cause]
	if !ok {
		o = Causes[contract.CauseFailed]
	}
	switch {
	case !answered:
		return o.Unanswered, o.Code
	case cause == contract.CauseNoACK:
		return o.Answered, o.Code
	}
	return o.Answered, 200
}
