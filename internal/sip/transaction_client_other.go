package sip

import "time"

// clientOther sends a request other than INVITE and ACK (RFC 3261 §17.1.2).
//
//	request ▸ Trying ▸ 1xx ▸ Proceeding ▸ final ▸ Completed ▸ timer K ▸ Terminated
//	          Trying, Proceeding ▸ timer F: given up
type clientOther struct {
	out      sender
	timers   *timers
	request  []byte
	answered func(*response) // told of the final answer, once
	failed   func(error)     // or of there being none
	ended    func()          // it may be forgotten

	state  txState
	resend *timer
	limit  *timer
}

// begin sends the request.
func (x *clientOther) begin() {
	if err := x.out.send(x.request); err != nil {
		x.fail(err)
		return
	}
	if !x.out.reliable() {
		x.repeat(timerT1) // timer E
	}
	x.limit = x.timers.after(timer64T1, func() { x.fail(errTimeout) }) // timer F
}

func (x *clientOther) repeat(after time.Duration) {
	x.resend = x.timers.after(after, func() {
		if err := x.out.send(x.request); err != nil {
			x.fail(err)
			return
		}
		next := min(2*after, timerT2)
		if x.state == txProceeding {
			next = timerT2
		}
		x.repeat(next)
	})
}

// receive takes a response.
func (x *clientOther) receive(r *response) {
	switch {
	case x.state >= txCompleted: // a retransmission is absorbed
	case r.code < 200:
		x.state = txProceeding
	default:
		x.state = txCompleted
		x.resend.stop()
		x.limit.stop()
		x.answered(r)
		if x.out.reliable() {
			x.terminate() // timer K is zero
		} else {
			x.timers.after(timerT4, x.terminate) // timer K
		}
	}
}

// lost is told that the connection is gone that the request went over.
func (x *clientOther) lost(err error) {
	if x.state == txCalling {
		x.fail(err)
	}
}

func (x *clientOther) fail(err error) {
	if x.state >= txCompleted {
		return
	}
	x.failed(err)
	x.terminate()
}

func (x *clientOther) terminate() {
	if x.state == txTerminated {
		return
	}
	x.state = txTerminated
	x.resend.stop()
	x.limit.stop()
	x.ended()
}
