package sip

import "time"

// clientInvite sends an INVITE (RFC 3261 §17.1.1, RFC 6026 §7.2).
//
//	INVITE ▸ Calling ▸ 1xx ▸ Proceeding
//	         Calling, Proceeding ▸ 2xx ▸ Accepted ▸ timer M ▸ Terminated
//	         Calling, Proceeding ▸ 300–699, ACK ▸ Completed ▸ timer D ▸ Terminated
//	         Calling ▸ timer B: given up
type clientInvite struct {
	out      sender
	timers   *timers
	request  []byte
	ack      func(*response) []byte // writes the ACK to a refusal
	answered func(*response)        // told of each provisional answer and each 2xx, and of one refusal
	failed   func(error)            // or of there being no answer
	ended    func()                 // it may be forgotten

	state   txState
	lastACK []byte
	resend  *timer
	limit   *timer
}

// begin sends the request.
func (x *clientInvite) begin() {
	if err := x.out.send(x.request); err != nil {
		x.fail(err)
		return
	}
	if !x.out.reliable() {
		x.repeat(timerT1) // timer A
	}
	x.limit = x.timers.after(timer64T1, func() { x.fail(errTimeout) }) // timer B
}

func (x *clientInvite) repeat(after time.Duration) {
	x.resend = x.timers.after(after, func() {
		if err := x.out.send(x.request); err != nil {
			x.fail(err)
			return
		}
		x.repeat(2 * after)
	})
}

// receive takes a response.
func (x *clientInvite) receive(r *response) {
	switch {
	case r.code < 200:
		if x.state == txCalling || x.state == txProceeding {
			x.settle(txProceeding)
			x.answered(r)
		}
	case r.code < 300:
		if x.state == txCalling || x.state == txProceeding {
			x.settle(txAccepted)
			x.limit = x.timers.after(timer64T1, x.terminate) // timer M (RFC 6026 §8.4)
		}
		if x.state == txAccepted {
			x.answered(r) // each: a retransmission, or another fork's
		}
	case x.state == txCalling || x.state == txProceeding:
		x.settle(txCompleted)
		x.lastACK = x.ack(r)
		x.out.send(x.lastACK) // lost: the refusal comes again
		x.answered(r)
		if x.out.reliable() {
			x.terminate() // timer D is zero
		} else {
			x.limit = x.timers.after(timerD, x.terminate) // timer D
		}
	case x.state == txCompleted:
		x.out.send(x.lastACK)
	}
}

// settle enters a state in which the request is not repeated any more.
func (x *clientInvite) settle(s txState) {
	x.state = s
	x.resend.stop()
	x.limit.stop()
}

// lost is told that the connection is gone that the request went over.
func (x *clientInvite) lost(err error) {
	if x.state == txCalling {
		x.fail(err)
	}
}

// abandon ends a transaction whose CANCEL has had no effect (RFC 3261 §9.1).
func (x *clientInvite) abandon() {
	if x.state == txCalling || x.state == txProceeding {
		x.fail(errTimeout)
	}
}

func (x *clientInvite) fail(err error) {
	if x.state >= txAccepted {
		return
	}
	x.failed(err)
	x.terminate()
}

func (x *clientInvite) terminate() {
	if x.state == txTerminated {
		return
	}
	x.settle(txTerminated)
	x.ended()
}
