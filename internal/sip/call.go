package sip

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"github.com/emiago/sipgo/sip"

	"confab/internal/contract"
	"confab/internal/leg"
)

// call is the client's half of a dialog: the INVITE of ours that begins it.
type call struct {
	d      *dialog
	target leg.Target
	host   string // as dialled; credentials are configured by it
	offer  []byte

	tx       *clientInvite
	branch   string
	via      string
	path     *path
	credits  []header // that the INVITE was sent with
	tries    int      // challenges answered
	answered bool     // provisionally: CANCEL may be sent (RFC 3261 §9.1)
	cancel   bool     // to be sent as soon as it may
	over     bool     // given up: a 2xx is acknowledged and ended
	hungUp   bool     // the far end's BYE has overtaken its 2xx
	acks     map[string]*ack

	progress chan leg.Progress
	result   chan outcome
}

// outcome is what Dial returns.
type outcome struct {
	leg *Leg
	err error
}

// ack is the ACK to the 2xx of one fork.
type ack struct {
	path  *path
	bytes []byte
}

// maxForks is how many answers of forks a call deals with.
const maxForks = 16

// compose writes the INVITE, with a branch of its own.
func (c *call) compose() []byte {
	d := c.d
	c.branch = newBranch()
	c.via = d.s.via(d.flow, c.branch)
	extra := []header{{"Contact", d.contact()}, {"Allow", allow}, {"Content-Type", typeSDP}}
	if agent := d.s.cfg.Agent; agent != "" {
		extra = append(extra, header{"User-Agent", agent})
	}
	for _, name := range slices.Sorted(maps.Keys(c.target.Headers)) {
		extra = append(extra, header{name, c.target.Headers[name]})
	}
	extra = append(extra, c.credits...)
	return d.state.request("INVITE", d.state.LocalSeq, c.via, extra, c.offer)
}

// begin sends the INVITE.
func (c *call) begin() {
	d := c.d
	if d.flow.conn != nil {
		d.use(d.flow.conn)
	}
	d.patience = d.timers.after(cmp.Or(c.target.Timeout, defaultRing), func() { d.giveUp(contract.CauseNoAnswer) })
	c.invite()
}

// invite sends the INVITE, the first one or with credentials.
func (c *call) invite() {
	d := c.d
	request := c.compose()
	c.path = &path{d, d.flow}
	key := clientKey{c.branch, "INVITE"}
	via, seq := c.via, d.state.LocalSeq
	c.tx = &clientInvite{
		out: c.path, timers: &d.timers, request: request,
		ack: func(r *response) []byte {
			// RFC 3261 §17.1.1.3: the same branch, and the To of the refusal.
			refused := d.state
			refused.Remote = r.get("to")
			return refused.request("ACK", seq, via, nil, nil)
		},
		answered: c.response,
		failed:   c.failed,
		ended:    func() { d.client.remove(key) },
	}
	d.client.put(key, c.tx)
	c.tx.begin()
}

// response takes an answer to the INVITE.
func (c *call) response(r *response) {
	d := c.d
	switch {
	case r.code < 200:
		c.answered = true
		if c.cancel {
			c.sendCancel()
			return
		}
		if r.code > 100 && !c.over {
			select {
			case c.progress <- leg.Progress{Code: r.code}:
			default: // the caller does not look
			}
		}
	case r.code < 300:
		c.ok(r)
	case c.over:
		d.finishConfirm()
	case d.reauthorize(r, "INVITE"):
	default:
		c.deliver(outcome{err: &leg.Refused{End: leg.End{Cause: causeOf(r.code), Code: r.code}, Reason: r.reason}})
		c.over = true
		d.end(causeOf(r.code), r.code)
		d.finishConfirm()
	}
}

// failed is told that nobody answers, or that the far end cannot be reached.
func (c *call) failed(err error) {
	if c.over {
		c.d.finishConfirm()
		return
	}
	cause, code := contract.CauseFailed, 503 // RFC 3261 §8.1.3.1
	if errors.Is(err, errTimeout) {
		cause, code = contract.CauseNoAnswer, 408
	}
	c.over = true
	c.deliver(outcome{err: &leg.Refused{End: leg.End{Cause: cause, Code: code}, Reason: err.Error()}})
	c.d.end(cause, code)
	c.d.finishConfirm()
}

// ok takes a 2xx: the first, one come again, or another fork's (RFC 3261
// §13.2.2.4).
func (c *call) ok(r *response) {
	d := c.d
	if a := c.acks[r.to.tag]; a != nil {
		a.path.send(a.bytes) // the ACK was lost
		return
	}
	if len(c.acks) == maxForks {
		return
	}
	first := len(c.acks) == 0
	state := d.state.stateOfAnswer(r)
	d.flow.conn = c.path.f.conn
	f := state.flow(d.flow)
	a := &ack{path: &path{d, f}}
	a.bytes = state.request("ACK", r.cseq, d.s.via(f, newBranch()), c.credits, nil)
	c.acks[r.to.tag] = a
	a.path.send(a.bytes)
	if !first {
		d.endFork(state)
		return
	}
	d.state = state
	switch {
	case c.over:
		d.sendBye()
	case c.hungUp:
		c.over = true
		c.deliver(outcome{err: &leg.Refused{End: leg.End{Cause: contract.CauseFarEnd, Code: 200}}})
		d.end(contract.CauseFarEnd, 200)
	default:
		if err := c.talk(r); err != nil {
			c.over = true
			c.deliver(outcome{err: &leg.Refused{End: leg.End{Cause: contract.CauseNoCodec, Code: 200}, Reason: err.Error()}})
			d.end(contract.CauseNoCodec, 200)
			d.sendBye()
		}
	}
}

// talk starts the voice and hands the leg to Dial.
func (c *call) talk(r *response) error {
	d := c.d
	text, _ := r.sessionBody()
	if err := d.voice.accept(text); err != nil {
		return err
	}
	d.voice.start()
	d.voice.confirm()
	d.leg = newLeg(d, leg.Info{
		From: cmp.Or(c.target.From, "anonymous"), To: userOr(d.state.Remote), Caller: c.target.Name, Host: c.host,
		CallID: d.key.callID, Transport: d.flow.network, Source: d.flow.remote, Outbound: true,
	})
	d.phase = phaseLive
	d.patience.stop()
	d.alive()
	c.deliver(outcome{leg: d.leg})
	return nil
}

// userOr returns the user part of the URI in a header value, or the URI.
func userOr(value string) string {
	var uri sip.Uri
	text := uriText(value)
	if err := sip.ParseUri(text, &uri); err != nil {
		return text
	}
	return cmp.Or(userOf(uri), text)
}

func (c *call) deliver(o outcome) {
	select {
	case c.result <- o:
	default: // it has its result
	}
}

// giveUp ends a call of ours that is not answered: CANCEL, as soon as a
// provisional answer allows it (RFC 3261 §9.1).
func (d *dialog) giveUp(cause contract.Cause) {
	c := d.calling
	if c.over || d.phase != phaseEarly {
		return
	}
	c.over = true
	c.deliver(outcome{err: &leg.Refused{End: leg.End{Cause: cause, Code: 487}, Reason: "Request Terminated"}})
	d.end(cause, 487)
	if c.answered {
		c.sendCancel()
	} else {
		c.cancel = true
	}
}

// sendCancel sends CANCEL: the INVITE's branch, URI and tags (RFC 3261 §9.1).
func (c *call) sendCancel() {
	d := c.d
	c.cancel = false
	state := d.state
	state.Routes = nil
	key := clientKey{c.branch, "CANCEL"}
	tx := c.tx
	x := &clientOther{
		out: c.path, timers: &d.timers,
		request:  state.request("CANCEL", d.state.LocalSeq, c.via, nil, nil),
		answered: func(*response) {},
		failed:   func(error) {},
		ended:    func() { d.client.remove(key) },
	}
	d.client.put(key, x)
	d.timers.after(timer64T1, tx.abandon) // RFC 3261 §9.1: a far end of RFC 2543 answers nothing more
	x.begin()
}

// endFork ends another fork's call, which was answered too.
func (d *dialog) endFork(state DialogState) {
	f := state.flow(d.flow)
	branch := newBranch()
	key := clientKey{branch, "BYE"}
	x := &clientOther{
		out: &path{d, f}, timers: &d.timers,
		request:  state.request("BYE", state.LocalSeq+1, d.s.via(f, branch), nil, nil),
		answered: func(*response) {},
		failed:   func(error) {},
		ended:    func() { d.client.remove(key) },
	}
	d.client.put(key, x)
	x.begin()
}
