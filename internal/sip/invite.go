package sip

import (
	"errors"
	"mime"
	"strconv"
	"time"

	"confab/internal/contract"
	"confab/internal/media"
	"confab/internal/sdp"
)

// ringAgain is how often a provisional answer is repeated, so that no proxy
// gives the call up (RFC 3261 §13.3.1.1).
const ringAgain = time.Minute

// invite takes an INVITE that begins a dialog (RFC 3261 §13.3.1). Whatever can
// be refused by its header alone is refused here, without state.
func (s *Server) invite(r *request) {
	_, status := r.sessionBody()
	switch {
	case status == 415:
		s.refuse(r, 415, header{"Accept", accept}, header{"Accept-Encoding", "identity"}) // RFC 3261 §8.2.3
		return
	case status != 0:
		s.refuse(r, status)
		return
	case !acceptsSDP(&r.head):
		s.refuse(r, 406) // our answer could not be read (RFC 3261 §21.4.7)
		return
	case s.cfg.Handler == nil:
		s.refuse(r, 480)
		return
	}
	if !s.overload.admits(time.Now()) {
		s.count.refused.Add(1)
		s.refuse(r, 503)
		return
	}
	d := newDialog(s, dialogKey{r.callID, token()}, r.flow)
	d.deliver(r.came, func() { d.begin(r) })
	if code := s.enter(d, r); code != 0 {
		s.overload.drop(time.Now(), d.q.close())
		if code == 503 {
			s.count.refused.Add(1)
		}
		s.refuse(r, code)
	}
}

// acceptsSDP reports whether a session description may be sent in answer.
func acceptsSDP(h *head) bool {
	list := h.all("accept")
	for _, a := range list {
		kind, _, err := mime.ParseMediaType(a)
		if err == nil && (kind == typeSDP || kind == "application/*" || kind == "*/*") {
			return true
		}
	}
	return len(list) == 0
}

// begin serves the INVITE: 100, a session, and the handler has it.
func (d *dialog) begin(r *request) {
	if r.flow.conn != nil {
		d.use(r.flow.conn)
	}
	d.invited = d.serveInvite(r)
	d.respond(d.invited, r, 100, nil)

	var err error
	if d.state, err = stateOfInvite(r, d.key.tag); err != nil {
		d.refuse(contract.CauseFailed, 400)
		return
	}
	text, _ := r.sessionBody()
	var offer *sdp.Description
	if text != nil {
		o, err := sdp.Parse(text)
		if err != nil {
			d.refuse(contract.CauseNoCodec, 400)
			return
		}
		offer = &o
	}
	if offer != nil && offer.Secured() && d.s.cfg.Secure != nil {
		d.voice, err = d.s.openSecureVoice(d.s.ctx, nil, text)
	} else {
		d.voice, err = d.s.openVoice(d.s.formats, offer, d.flow.remote.Addr(), false)
	}
	switch {
	case errors.Is(err, sdp.ErrNothingFits):
		d.refuse(contract.CauseNoCodec, 488) // RFC 3261 §13.3.1.3
		return
	case errors.Is(err, media.ErrNoPort):
		d.s.count.refused.Add(1)
		d.refuse(contract.CauseOverload, 503)
		return
	case err != nil:
		d.s.log.Error("open session", "dialog", d.key.callID, "error", err)
		d.refuse(contract.CauseFailed, 500)
		return
	}
	d.leg = newLeg(d, infoOf(r))
	d.patience = d.timers.after(d.s.limits.Ring, func() { d.refuse(contract.CauseNoAnswer, 480) })
	if after, ok := expires(r); ok {
		// RFC 3261 §13.3.1: the INVITE says how long it is meant.
		d.timers.after(after, func() { d.refuse(contract.CauseNoAnswer, 487) })
	}
	l := d.leg
	if !d.s.start(func() { d.handOver(l) }) {
		d.refuse(contract.CauseShutdown, 503)
	}
}

// handOver gives the leg to the handler. A panic there ends this call only.
func (d *dialog) handOver(l *Leg) {
	defer func() {
		if p := recover(); p != nil {
			d.s.recovered(p, d.key.callID)
			d.post(func() { d.hangup(contract.CauseFailed) })
		}
	}()
	d.s.cfg.Handler.Accept(l)
}

// expires returns how long an INVITE is meant (RFC 3261 §20.19).
func expires(r *request) (time.Duration, bool) {
	seconds, err := strconv.ParseUint(r.get("expires"), 10, 31)
	return time.Duration(seconds) * time.Second, err == nil
}

// serveInvite begins the server transaction of an INVITE.
func (d *dialog) serveInvite(r *request) *serverInvite {
	key := r.key()
	back, _ := r.reply()
	x := newServerInvite(&path{d, back}, &d.timers,
		func() {
			if d.phase == phaseOver {
				d.finishConfirm()
			}
		},
		func() { d.server.remove(key) })
	d.server.put(key, x)
	return x
}

// respond answers the INVITE r, and returns what was sent.
func (d *dialog) respond(x *serverInvite, r *request, code int, body []byte) []byte {
	b := d.write(r, code, body, d.dialogHeaders(r, code, body)...)
	x.respond(code, b)
	return b
}

// dialogHeaders returns what an answer of that status has beside the fields
// that every answer has: those that begin a dialog have what a dialog needs
// (RFC 3261 §12.1.1).
func (d *dialog) dialogHeaders(r *request, code int, body []byte) (fields []header) {
	if code > 100 && code < 300 {
		for _, v := range r.all("record-route") {
			fields = append(fields, header{"Record-Route", v})
		}
		fields = append(fields, header{"Contact", d.contact()})
	}
	if code/100 == 2 {
		fields = append(fields, header{"Allow", allow}, header{"Supported", supported})
	}
	if body != nil {
		fields = append(fields, header{"Content-Type", typeSDP})
	}
	switch code {
	case 415:
		fields = append(fields, header{"Accept", accept}) // RFC 3261 §21.4.13
	case 503:
		fields = append(fields, header{"Retry-After", retryAfter})
	}
	return fields
}

// write writes an answer to r.
func (d *dialog) write(r *request, code int, body []byte, extra ...header) []byte {
	_, mark := r.reply()
	tag := d.key.tag
	if r.to.tag != "" || code == 100 {
		tag = ""
	}
	if agent := d.s.cfg.Agent; agent != "" && code >= 180 {
		extra = append(extra, header{"Server", agent})
	}
	return answer(&r.head, code, tag, mark, body, extra...)
}

// contact returns our Contact for this far end.
func (d *dialog) contact() string {
	uri := "sip:" + hostPort(d.s.contacts.sip(d.flow.remote.Addr()))
	if d.flow.network == networkTCP {
		uri += ";transport=tcp"
	}
	return "<" + uri + ">"
}

// ring answers 180, and again from time to time.
func (d *dialog) ring() error {
	switch {
	case d.phase == phaseOver:
		return ErrEnded
	case d.phase == phaseLive || d.ringing != nil:
		return nil
	}
	d.ringOn()
	return nil
}

func (d *dialog) ringOn() {
	d.respond(d.invited, d.inviting, 180, nil)
	d.ringing = d.timers.after(ringAgain, d.ringOn)
}

// answer answers 200: with the answer to the offer, or, when the INVITE had
// none, with an offer of ours, whose answer comes in the ACK.
func (d *dialog) answer() error {
	switch d.phase {
	case phaseOver:
		return ErrEnded
	case phaseLive:
		return nil
	}
	offer, _ := d.inviting.sessionBody()
	var said []byte
	if offer == nil {
		said = d.voice.offer()
	} else {
		var err error
		if said, err = d.voice.answer(offer); err != nil {
			d.refuse(contract.CauseFailed, 500)
			return err
		}
		d.voice.start()
	}
	d.phase = phaseLive
	d.ringing.stop()
	d.patience.stop()
	d.accept(d.invited, d.inviting, said)
	d.s.overload.settle(time.Now())
	d.alive()
	return nil
}

// unacked is a 2xx to an INVITE whose ACK has not come.
type unacked struct {
	cseq   uint32
	resend *timer
	limit  *timer
}

// accept sends a 2xx and repeats it until its ACK comes.
func (d *dialog) accept(x *serverInvite, r *request, said []byte) {
	u := &unacked{cseq: r.cseq}
	d.unacked = u
	ok := d.respond(x, r, 200, said)
	var repeat func(after time.Duration)
	repeat = func(after time.Duration) {
		// RFC 3261 §13.3.1.4: at T1, doubling up to T2, over any transport.
		u.resend = d.timers.after(after, func() {
			x.out.send(ok)
			repeat(min(2*after, timerT2))
		})
	}
	repeat(timerT1)
	u.limit = d.timers.after(timer64T1, func() {
		// RFC 3261 §13.3.1.4: never acknowledged, the session is ended by a BYE.
		d.unacked = nil
		u.resend.stop()
		if d.wantBye {
			d.sendBye()
		} else {
			d.hangup(contract.CauseNoACK)
		}
	})
}

// acknowledged takes the ACK to a 2xx.
func (d *dialog) acknowledged(r *request) {
	u := d.unacked
	if u == nil || r.cseq != u.cseq {
		d.s.count.stray.Add(1) // a retransmission
		return
	}
	d.unacked, d.inviting = nil, nil // a request is some KB, and a call may last for hours
	u.resend.stop()
	u.limit.stop()
	if d.wantBye {
		d.sendBye() // RFC 3261 §15: not before the ACK
		return
	}
	if d.phase != phaseLive {
		return
	}
	if d.voice.offered {
		text, _ := r.sessionBody()
		if err := d.voice.accept(text); err != nil {
			d.hangup(contract.CauseNoCodec)
			return
		}
		d.voice.start()
	}
	d.voice.confirm()
}

// refuse ends a call that has not been answered, with a final response.
func (d *dialog) refuse(cause contract.Cause, code int) {
	if d.phase != phaseEarly {
		return
	}
	d.respond(d.invited, d.inviting, code, nil)
	d.s.overload.settle(time.Now())
	d.end(cause, code)
}

// canceled takes a CANCEL (RFC 3261 §9.2). It is answered without state: it
// does the same however often it comes.
func (d *dialog) canceled(r *request) {
	back, _ := r.reply()
	d.s.transmit(&back, d.write(r, 200, nil))
	d.refuse(contract.CauseCanceled, 487)
}
