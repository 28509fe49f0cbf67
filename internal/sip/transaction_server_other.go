package sip

// serverOther serves a request other than INVITE (RFC 3261 §17.2.2). Answers
// come at once, so its Proceeding state is not needed.
//
//	request ▸ Trying ▸ final ▸ Completed ▸ timer J ▸ Terminated
//	                           Completed ▸ request again: the same answer
type serverOther struct {
	out    sender
	timers *timers
	ended  func() // it may be forgotten

	state txState
	last  []byte
}

// respond sends the final answer.
func (x *serverOther) respond(b []byte) {
	if x.state != txCalling {
		return
	}
	x.state, x.last = txCompleted, b
	x.out.send(b) // lost: the request comes again
	if x.out.reliable() {
		x.terminate() // timer J is zero
		return
	}
	x.timers.after(timer64T1, x.terminate) // timer J
}

// again takes a retransmission of the request.
func (x *serverOther) again() {
	if x.state == txCompleted {
		x.out.send(x.last)
	}
}

func (x *serverOther) terminate() {
	x.state = txTerminated
	x.ended()
}
