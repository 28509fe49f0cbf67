package sip

import (
	"strings"

	"confab/internal/contract"
)

// request takes a request that belongs to the dialog.
func (d *dialog) request(r *request) {
	switch r.method {
	case "ACK":
		x, _ := d.server.get(r.key())
		if x, ok := x.(*serverInvite); ok && x.ack() {
			return
		}
		d.acknowledged(r)
		return
	case "CANCEL":
		key := r.key()
		key.method = "INVITE"
		if _, ok := d.server.get(key); !ok {
			d.refuseInside(r, 481)
			return
		}
		d.canceled(r)
		return
	}
	if x, ok := d.server.get(r.key()); ok {
		x.again()
		return
	}
	if r.to.tag == "" {
		d.s.refuse(r, 481) // it is the first INVITE come again, long after it was served
		return
	}
	d.inside(r)
}

// inside serves a new request within the dialog (RFC 3261 §12.2.2).
func (d *dialog) inside(r *request) {
	switch {
	case r.from.tag != d.state.RemoteTag && d.state.RemoteTag != "":
		d.refuseInside(r, 481)
		return
	case r.cseq <= d.state.RemoteSeq && d.state.RemoteSeq != 0:
		d.refuseInside(r, 500) // RFC 3261 §12.2.2: out of order
		return
	}
	if r.method != "BYE" && len(d.server) >= d.s.limits.Transactions {
		d.refuseInside(r, 503)
		return
	}
	if missing := unsupported(r); missing != "" {
		d.refuseInside(r, 420, header{"Unsupported", missing})
		return
	}
	d.state.RemoteSeq = r.cseq
	d.follow(r.flow)
	switch r.method {
	case "BYE":
		d.bye(r)
	case "INVITE":
		d.reinvite(r)
	case "UPDATE":
		d.update(r)
	case "INFO":
		d.info(r)
	case "OPTIONS":
		d.serve(r, 200, nil, capabilities()...)
	case "NOTIFY":
		d.notify(r)
	case "REGISTER", "SUBSCRIBE", "MESSAGE", "PUBLISH", "REFER", "PRACK":
		d.serve(r, 405, nil, header{"Allow", allow})
	default:
		d.serve(r, 501, nil, header{"Allow", allow})
	}
}

// follow notes where the far end is heard now: requests go there.
func (d *dialog) follow(f flow) {
	if f.remote == d.flow.remote && f.network == d.flow.network && f.conn == d.flow.conn {
		return
	}
	d.flow = f
	if f.conn != nil {
		d.use(f.conn)
	}
}

// serve answers a request other than INVITE, in a transaction.
func (d *dialog) serve(r *request, code int, body []byte, extra ...header) {
	key := r.key()
	back, _ := r.reply()
	x := &serverOther{out: &path{d, back}, timers: &d.timers, ended: func() { d.server.remove(key) }}
	d.server.put(key, x)
	x.respond(d.write(r, code, body, extra...))
}

// refuseInside answers a request without a transaction.
func (d *dialog) refuseInside(r *request, code int, extra ...header) {
	back, _ := r.reply()
	if code == 500 || code == 503 {
		extra = append(extra, header{"Retry-After", "1"})
	}
	d.s.transmit(&back, d.write(r, code, nil, extra...))
}

// bye serves BYE (RFC 3261 §15.1.2), from the ACK on or before it, even before
// the answer.
func (d *dialog) bye(r *request) {
	d.serve(r, 200, nil)
	if d.unacked != nil {
		d.unacked.resend.stop()
		d.unacked.limit.stop()
		d.unacked = nil
	}
	d.wantBye = false
	switch {
	case d.phase == phaseEarly && d.calling != nil:
		d.calling.hungUp = true // its 2xx has been overtaken
		return
	case d.phase == phaseEarly:
		d.refuse(contract.CauseCanceled, 487)
	default:
		d.end(contract.CauseFarEnd, 200)
	}
	d.finishConfirm()
}

// reinvite serves an INVITE within the dialog (RFC 3261 §14.2).
func (d *dialog) reinvite(r *request) {
	x := d.serveInvite(r)
	switch {
	case d.phase == phaseOver:
		d.respond(x, r, 481, nil)
		return
	case d.phase == phaseEarly && d.calling == nil:
		// The INVITE before it has no final answer yet.
		x.respond(500, d.write(r, 500, nil, header{"Retry-After", "1"}))
		return
	case d.phase == phaseEarly, d.unacked != nil, d.voice.offered:
		// RFC 3261 §14.2 and RFC 5407 §3.1: an INVITE, or an offer, is under way.
		d.respond(x, r, 491, nil)
		return
	}
	said, status := d.renegotiate(r)
	if status != 0 {
		d.respond(x, r, status, nil) // the session stays as it was
		return
	}
	if said == nil {
		said = d.voice.offer() // its answer comes in the ACK
	}
	d.retarget(r)
	d.accept(x, r, said)
}

// update serves UPDATE (RFC 3311 §5.2).
func (d *dialog) update(r *request) {
	text, status := r.sessionBody()
	switch {
	case d.phase == phaseOver:
		d.serve(r, 481, nil)
		return
	case status != 0:
		d.serve(r, status, nil, header{"Accept", accept})
		return
	case text != nil && d.phase == phaseEarly:
		d.serve(r, 500, nil, header{"Retry-After", "1"}) // the first offer is not answered yet
		return
	case text != nil && d.voice.offered:
		d.serve(r, 491, nil)
		return
	}
	said, status := d.renegotiate(r)
	if status != 0 {
		d.serve(r, status, nil)
		return
	}
	d.retarget(r)
	extra := []header{{"Contact", d.contact()}, {"Allow", allow}}
	if said != nil {
		extra = append(extra, header{"Content-Type", typeSDP})
	}
	d.serve(r, 200, said, extra...)
}

// renegotiate answers the offer in r, if it has one. Otherwise it returns
// nothing, or the status to refuse it with.
func (d *dialog) renegotiate(r *request) (said []byte, status int) {
	text, status := r.sessionBody()
	if text == nil {
		return nil, status
	}
	said, err := d.voice.answer(text)
	if err != nil {
		return nil, 488
	}
	return said, 0
}

// retarget takes the far end's new Contact (RFC 3261 §12.2.2).
func (d *dialog) retarget(r *request) {
	if _, ok := r.contact(); !ok {
		return
	}
	if target := uriText(r.get("contact")); checkURI(target) == nil {
		d.state.Target = target
	}
	if d.phase == phaseLive {
		d.alive()
	}
}

// info serves INFO: keys, as phones send them that know nothing better.
func (d *dialog) info(r *request) {
	if d.phase == phaseOver {
		d.serve(r, 481, nil)
		return
	}
	if len(r.body) == 0 {
		d.serve(r, 200, nil) // it asks whether we are there
		return
	}
	key, ok := infoDigit(r.get("content-type"), r.body)
	if !ok {
		d.serve(r, 415, nil, header{"Accept", acceptINFO})
		return
	}
	d.serve(r, 200, nil)
	if key != 0 && d.phase == phaseLive {
		d.voice.session.PressINFO(key)
	}
}

// notify serves NOTIFY: the progress of a REFER of ours (RFC 3515 §2.4.4), of
// which we only needed to know that it was accepted.
func (d *dialog) notify(r *request) {
	event, _, _ := strings.Cut(r.get("event"), ";")
	if strings.TrimSpace(event) != "refer" {
		d.serve(r, 489, nil)
		return
	}
	d.serve(r, 200, nil)
}

// send sends a request within the dialog. then is told of the final answer, or
// of there being none.
func (d *dialog) send(method string, extra []header, body []byte, then func(*response, error)) {
	d.state.LocalSeq++
	seq := d.state.LocalSeq
	f := d.state.flow(d.flow)
	branch := newBranch()
	v := d.s.via(f, branch)
	if agent := d.s.cfg.Agent; agent != "" {
		extra = append(extra, header{"User-Agent", agent})
	}
	key := clientKey{branch, method}
	x := &clientOther{
		out: &path{d, f}, timers: &d.timers,
		request: d.state.request(method, seq, v, extra, body),
		answered: func(r *response) {
			then(r, nil)
			if r.code == 481 || r.code == 408 {
				d.hangup(contract.CauseFarEnd) // RFC 3261 §12.2.1.2: the far end knows no such dialog
			}
		},
		failed: func(err error) { then(nil, err) },
		ended:  func() { d.client.remove(key) },
	}
	d.client.put(key, x)
	x.begin()
	if d.phase == phaseLive {
		d.alive()
	}
}

// sendBye ends the dialog (RFC 3261 §15.1.1). Whatever is answered, it is over.
func (d *dialog) sendBye() {
	d.wantBye = false
	d.send("BYE", nil, nil, func(r *response, err error) {
		if err == nil && d.reauthorize(r, "BYE") {
			return
		}
		d.finishConfirm()
	})
}

// response takes a response to a request of ours.
func (d *dialog) response(r *response) {
	if x, ok := d.client.get(r.key()); ok {
		x.receive(r)
		return
	}
	if d.calling != nil && r.cseqMethod == "INVITE" && r.code/100 == 2 {
		d.calling.ok(r) // repeated for longer than its transaction lasted, or a late fork's
		return
	}
	d.s.count.stray.Add(1)
}
