package bench

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// The timers of RFC 3261 §17.1.1.1 over UDP.
const (
	sipT1      = 500 * time.Millisecond
	sipT2      = 4 * time.Second
	sipTimeout = 64 * sipT1
)

// phase is how far a caller's dialog is.
type phase int

const (
	phaseIdle    phase = iota
	phaseCalling       // INVITE sent
	phaseLive          // answered
	phaseLeaving       // BYE sent
	phaseOver          // ended, refused or failed
)

// dialog is a call as its caller sees it: RFC 3261 as far as a phone needs it
// that dials, is answered, and hangs up. Ten thousand of them must cost the
// generator little, so it is a state, a time to act, and the message to repeat.
//
//	idle ─INVITE▸ calling ─2xx▸ live ─BYE▸ leaving ─200▸ over
//	                └─3xx to 6xx, or nothing for 32 s▸ over
type dialog struct {
	phase    phase
	to       string // "room-7"
	tag      string // of the far end
	target   string // its Contact
	message  []byte // the last request, repeated until it is answered
	ack      []byte // of the answer, sent again when that comes again
	proceeds bool   // a 1xx has come: the INVITE is not repeated

	began  time.Duration // when the INVITE was sent first
	again  time.Duration // when to act next
	every  time.Duration // until the time after
	giveUp time.Duration

	code int   // the final response; 0: none came
	err  error // why it failed
}

// reply is a response, as far as a caller looks at it.
type reply struct {
	code    int
	method  string // of CSeq
	tag     string // of To
	contact string
	body    []byte
}

// invite returns the INVITE of a call.
func (c *caller) invite(g *generator) []byte {
	sdp := fmt.Sprintf("v=0\r\no=- %d 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n%s", c.index, c.addr, c.addr, c.format.media(g.voice.port))
	return c.request(g, "INVITE", "sip:"+c.dialog.to+"@"+g.switchSIP.String(), 1, sdp)
}

// request returns a request of the dialog. The branch is the method's: an ACK
// of a refusal has the INVITE's (RFC 3261 §17.1.1.3).
func (c *caller) request(g *generator, method, uri string, cseq int, body string) []byte {
	d := &c.dialog
	branch := method
	if method == "ACK" && d.code >= 300 {
		branch = "INVITE"
	}
	to := "<sip:" + d.to + "@" + g.switchSIP.String() + ">"
	if d.tag != "" {
		to += ";tag=" + d.tag
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\n", method, uri)
	fmt.Fprintf(&b, "Via: SIP/2.0/UDP %s:%d;rport;branch=z9hG4bK%s%d%s\r\n", c.addr, g.signal.port, g.token, c.index, branch)
	fmt.Fprintf(&b, "Max-Forwards: 70\r\nFrom: <sip:caller-%d@%s>;tag=%d\r\nTo: %s\r\n", c.index, c.addr, c.index, to)
	fmt.Fprintf(&b, "Call-ID: %s-%d\r\nCSeq: %d %s\r\n", g.token, c.index, cseq, method)
	if method == "INVITE" {
		fmt.Fprintf(&b, "Contact: <sip:caller-%d@%s:%d>\r\nAllow: INVITE, ACK, CANCEL, BYE\r\nContent-Type: application/sdp\r\n", c.index, c.addr, g.signal.port)
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return []byte(b.String())
}

// dial sends the INVITE.
func (c *caller) dial(g *generator) {
	d := &c.dialog
	c.sip.set(c.addr, g.switchSIP)
	c.batch.dialled++
	d.phase, d.began = phaseCalling, g.now
	d.repeat(g, c, c.invite(g))
	g.pending = append(g.pending, c)
}

// hangUp sends the BYE of a call that lives.
func (c *caller) hangUp(g *generator) {
	if c.dialog.phase != phaseLive {
		return
	}
	g.quiet(c)
	c.dialog.phase = phaseLeaving
	c.dialog.repeat(g, c, c.request(g, "BYE", c.dialog.target, 2, ""))
	g.pending = append(g.pending, c)
}

// repeat sends a request now and again until it is answered.
func (d *dialog) repeat(g *generator, c *caller, message []byte) {
	d.message, d.every = message, sipT1
	d.again, d.giveUp = g.now+sipT1, g.now+sipTimeout
	g.signal.send(&c.sip, message, nil)
}

// wake acts when it is time to, and reports whether there is anything to wait for.
func (c *caller) wake(g *generator) bool {
	d := &c.dialog
	switch d.phase {
	case phaseIdle:
		if g.now < d.again {
			return true
		}
		c.dial(g) // which puts it among those that wait again
	case phaseCalling, phaseLeaving:
		if g.now >= d.giveUp {
			c.over(g, fmt.Errorf("no answer to its %.3s in %v", d.message, sipTimeout))
			return false
		}
		if g.now >= d.again && !d.proceeds {
			d.every = min(2*d.every, sipT2)
			d.again = g.now + d.every
			c.batch.repeated++
			g.signal.send(&c.sip, d.message, nil)
		}
		return true
	case phaseLive:
		if c.stay == 0 {
			return false
		}
		if g.now >= d.again {
			c.hangUp(g) // which puts it among those that wait again
			return false
		}
		return true
	}
	return false
}

// answered takes a response.
func (c *caller) answered(g *generator, r reply) {
	d := &c.dialog
	switch {
	case r.method == "BYE" && d.phase == phaseLeaving && r.code >= 200:
		c.over(g, nil)
	case r.method != "INVITE":
	case d.phase == phaseCalling && r.code < 200:
		d.proceeds = true
	case d.phase == phaseCalling && r.code < 300:
		d.proceeds, d.code, d.tag, d.target = false, r.code, r.tag, r.contact
		to, err := voiceAddr(r.body)
		d.ack = c.request(g, "ACK", d.target, 1, "")
		g.signal.send(&c.sip, d.ack, nil)
		if err != nil {
			d.phase = phaseLive
			c.hangUp(g)
			d.err = err
			return
		}
		d.phase, d.again = phaseLive, g.now+c.stay
		c.batch.answered++
		c.batch.setups.add(g.now - d.began)
		c.rtp.set(c.addr, to)
		g.speak(c)
	case d.phase == phaseCalling:
		d.code, d.tag = r.code, r.tag
		d.ack = c.request(g, "ACK", "sip:"+d.to+"@"+g.switchSIP.String(), 1, "")
		g.signal.send(&c.sip, d.ack, nil)
		if r.code == 503 {
			c.batch.refused++
			c.over(g, g.again(c))
			return
		}
		c.over(g, fmt.Errorf("refused with %d", r.code))
	case d.ack != nil && r.code >= 200:
		g.signal.send(&c.sip, d.ack, nil) // the answer again: our ACK was lost (RFC 3261 §13.2.2.4)
	}
}

// asked takes a request of the far end.
func (c *caller) asked(g *generator, message []byte) {
	method, _, _ := bytes.Cut(message, []byte(" "))
	code := "200 OK"
	switch string(method) {
	case "ACK":
		return
	case "BYE":
		if c.dialog.phase == phaseLive {
			c.over(g, errors.New("hung up by the switch"))
		}
	default:
		code = "501 Not Implemented"
	}
	// RFC 3261 §8.2.6.2: Via, From, To, Call-ID and CSeq are the request's.
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %s\r\n", code)
	for line := range bytes.SplitSeq(message, []byte("\r\n")) {
		name, _, _ := bytes.Cut(line, []byte(":"))
		switch strings.ToLower(string(bytes.TrimSpace(name))) {
		case "via", "from", "to", "call-id", "cseq":
			b.Write(line)
			b.WriteString("\r\n")
		}
		if len(line) == 0 {
			break
		}
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	g.signal.send(&c.sip, []byte(b.String()), nil)
}

// over ends the call for its caller.
func (c *caller) over(g *generator, err error) {
	g.quiet(c)
	if err != nil && c.dialog.err == nil {
		c.dialog.err = fmt.Errorf("caller %d of room %d: %w", c.place, c.room, err)
	}
	if c.dialog.err != nil {
		c.batch.failed++
		if c.batch.failure == nil {
			c.batch.failure = c.dialog.err
		}
	}
	c.dialog.phase, c.dialog.again = phaseOver, g.now
	c.batch.over++
	g.gone = append(g.gone, c)
}

// parseReply reads a response; false when it is none.
func parseReply(b []byte) (r reply, ok bool) {
	head, body, _ := bytes.Cut(b, []byte("\r\n\r\n"))
	first, fields, _ := bytes.Cut(head, []byte("\r\n"))
	rest, ok := bytes.CutPrefix(first, []byte("SIP/2.0 "))
	if !ok || len(rest) < 3 {
		return r, false
	}
	var err error
	if r.code, err = strconv.Atoi(string(rest[:3])); err != nil {
		return r, false
	}
	r.body = body
	for line := range bytes.SplitSeq(fields, []byte("\r\n")) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("CSeq")):
			_, method, _ := bytes.Cut(value, []byte(" "))
			r.method = string(bytes.TrimSpace(method))
		case bytes.EqualFold(name, []byte("To")):
			if _, tag, found := bytes.Cut(value, []byte(";tag=")); found {
				tag, _, _ = bytes.Cut(tag, []byte(";"))
				r.tag = string(tag)
			}
		case bytes.EqualFold(name, []byte("Contact")):
			if _, uri, found := bytes.Cut(value, []byte("<")); found {
				uri, _, _ = bytes.Cut(uri, []byte(">"))
				value = uri
			}
			r.contact = string(value)
		}
	}
	return r, true
}

// voiceAddr returns where an answer wants the voice.
func voiceAddr(sdp []byte) (netip.AddrPort, error) {
	var host, port string
	for line := range bytes.SplitSeq(sdp, []byte("\n")) {
		text := strings.TrimSpace(string(line))
		if rest, ok := strings.CutPrefix(text, "c=IN IP4 "); ok {
			host = rest
		}
		if rest, ok := strings.CutPrefix(text, "m=audio "); ok {
			port, _, _ = strings.Cut(rest, " ")
		}
	}
	to, err := netip.ParseAddrPort(host + ":" + port)
	if err != nil || !to.Addr().Is4() || to.Port() == 0 {
		return netip.AddrPort{}, fmt.Errorf("the answer does not say where to speak: %q", sdp)
	}
	return to, nil
}
