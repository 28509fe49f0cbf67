package sip

import "time"

// serverInvite serves an INVITE (RFC 3261 §17.2.1, RFC 6026 §7.1).
//
//	INVITE ▸ Proceeding ▸ 2xx ▸ Accepted ▸ timer L ▸ Terminated
//	         Proceeding ▸ 300–699 ▸ Completed ▸ ACK ▸ Confirmed ▸ timer I ▸ Terminated
//	                                Completed ▸ timer H ▸ Terminated
//
// A 2xx is repeated by the dialog until its ACK comes, not by the transaction.
type serverInvite struct {
	out          sender
	timers       *timers
	acknowledged func() // the ACK to a refusal has come, or has been given up
	ended        func() // it may be forgotten

	state  txState
	last   []byte
	resend *timer
	limit  *timer
}

// newServerInvite begins to serve an INVITE.
func newServerInvite(out sender, t *timers, acknowledged, ended func()) *serverInvite {
	return &serverInvite{out: out, timers: t, acknowledged: acknowledged, ended: ended, state: txProceeding}
}

// respond sends an answer of the given status.
func (x *serverInvite) respond(code int, b []byte) {
	switch {
	case x.state == txProceeding && code < 200:
		x.last = b
		x.out.send(b) // lost: the INVITE comes again
	case x.state == txProceeding && code < 300:
		x.state, x.last = txAccepted, nil
		x.out.send(b)
		x.timers.after(timer64T1, x.terminate) // timer L (RFC 6026 §8.7)
	case x.state == txAccepted && code/100 == 2:
		x.out.send(b) // the dialog repeats its 2xx
	case x.state == txProceeding:
		x.state, x.last = txCompleted, b
		x.out.send(b)
		if !x.out.reliable() {
			x.repeat(timerT1) // timer G
		}
		x.limit = x.timers.after(timer64T1, func() { // timer H
			x.acknowledged()
			x.terminate()
		})
	}
}

// repeat resends the refusal until its ACK comes.
func (x *serverInvite) repeat(after time.Duration) {
	x.resend = x.timers.after(after, func() {
		x.out.send(x.last)
		x.repeat(min(2*after, timerT2))
	})
}

// again takes a retransmission of the INVITE. In Accepted it is absorbed.
func (x *serverInvite) again() {
	if x.last != nil && (x.state == txProceeding || x.state == txCompleted) {
		x.out.send(x.last)
	}
}

// ack takes an ACK and reports whether it was this transaction's: the ACK to a
// refusal. That to a 2xx is the dialog's.
func (x *serverInvite) ack() bool {
	switch x.state {
	case txCompleted:
		x.state = txConfirmed
		x.resend.stop()
		x.limit.stop()
		x.acknowledged()
		if x.out.reliable() {
			x.terminate() // timer I is zero
		} else {
			x.timers.after(timerT4, x.terminate) // timer I
		}
		return true
	case txConfirmed:
		return true // absorbed
	}
	return false
}

func (x *serverInvite) terminate() {
	if x.state == txTerminated {
		return
	}
	x.state = txTerminated
	x.resend.stop()
	x.limit.stop()
	x.ended()
}
