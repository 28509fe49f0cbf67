package sip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emiago/sipgo/sip"

	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
)

// Leg is the far end of a SIP dialog (leg.Leg). What is asked of it happens on
// the dialog's goroutine, in order with what the far end asks.
type Leg struct {
	d       *dialog
	info    leg.Info
	session *media.Session
	done    chan struct{}
	how     leg.End // set before done is closed
}

func newLeg(d *dialog, info leg.Info) *Leg {
	return &Leg{d: d, info: info, session: d.voice.session, done: make(chan struct{})}
}

// Info returns what was known when the leg was made.
func (l *Leg) Info() leg.Info { return l.info }

// Session returns the voice. It closes when the leg ends.
func (l *Leg) Session() *media.Session { return l.session }

// Ring answers 180, and goes on to from time to time until the call is
// answered or ends. ErrEnded when it has ended.
func (l *Leg) Ring(ctx context.Context) error {
	if l.info.Outbound {
		return nil
	}
	return l.d.ask(ctx, l.d.ring)
}

// Answer answers 200, and starts the voice. ErrEnded when the leg has ended.
func (l *Leg) Answer(ctx context.Context) error {
	if l.info.Outbound {
		return nil
	}
	return l.d.ask(ctx, l.d.answer)
}

// Hangup refuses a call that has not been answered, with the status that
// belongs to cause, and sends BYE otherwise (after the ACK, if that has still
// to come). The leg is done at once; Hangup returns when the far end has
// confirmed, has been given up, or ctx ends.
func (l *Leg) Hangup(ctx context.Context, cause contract.Cause) error {
	if !l.d.post(func() { l.d.hangup(cause) }) {
		return nil // it is over for good
	}
	select {
	case <-l.d.confirmed:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("hang up: %w", context.Cause(ctx))
	}
}

// Refer asks the far end to call target instead (RFC 3515).
func (l *Leg) Refer(ctx context.Context, target string) error {
	if err := checkURI(target); err != nil {
		return fmt.Errorf("refer: %w", err)
	}
	result := make(chan error, 1)
	if err := l.d.ask(ctx, func() error { return l.d.refer(target, result) }); err != nil {
		return fmt.Errorf("refer: %w", err)
	}
	select {
	case err := <-result:
		return err
	case <-l.d.gone:
		return fmt.Errorf("refer: %w", ErrEnded)
	case <-ctx.Done():
		return fmt.Errorf("refer: %w", context.Cause(ctx))
	}
}

// Done is closed when the leg has ended.
func (l *Leg) Done() <-chan struct{} { return l.done }

// End says how the leg ended; the zero End before it has.
func (l *Leg) End() leg.End {
	select {
	case <-l.done:
		return l.how
	default:
		return leg.End{}
	}
}

// end ends the leg. It is called once, by the dialog.
func (l *Leg) end(cause contract.Cause, code int) {
	l.how = leg.End{Cause: cause, Code: code}
	l.d.voice.close()
	close(l.done)
}

// infoOf returns what an INVITE says of its caller.
func infoOf(r *request) leg.Info {
	return leg.Info{
		From:      cmp.Or(userOf(r.from.uri), uriText(r.get("from"))),
		To:        cmp.Or(userOf(r.uri), r.uri.String()),
		Caller:    plainName(r.from.name),
		Forwarded: forwardedBy(&r.head),
		Host:      r.uri.Host,
		CallID:    r.callID,
		Transport: r.flow.network,
		Source:    r.flow.remote,
		Headers:   extraHeaders(&r.head),
	}
}

// plainName undoes the quoting of a display name (RFC 3261 §25.1, quoted-pair)
// and leaves control characters out.
func plainName(quoted string) string {
	var b strings.Builder
	escaped := false
	for _, c := range quoted {
		if c == '\\' && !escaped {
			escaped = true
			continue
		}
		escaped = false
		if c >= ' ' && c != 0x7f {
			b.WriteRune(c)
		}
	}
	return strings.TrimSpace(b.String())
}

// forwardedBy returns who diverted a call here.
//
// RFC 5806 §4.3: the topmost Diversion is of the last diversion.
func forwardedBy(h *head) string {
	var uri sip.Uri
	if err := sip.ParseUri(uriText(h.get("diversion")), &uri); err != nil {
		return ""
	}
	return userOf(uri)
}

// maxExtraHeaders is how many headers of an INVITE are kept for its leg.
const maxExtraHeaders = 32

// extraHeaders returns the X-… and User-to-User headers of an INVITE, by their
// name as received.
func extraHeaders(h *head) map[string]string {
	var m map[string]string
	for _, f := range h.fields {
		if !strings.HasPrefix(f.name, "x-") && f.name != "user-to-user" || len(m) == maxExtraHeaders {
			continue
		}
		if m == nil {
			m = make(map[string]string)
		}
		m[f.received] = f.value
	}
	return m
}

// hangup ends the call in the way that its phase asks for. The first cause wins.
func (d *dialog) hangup(cause contract.Cause) {
	switch d.phase {
	case phaseEarly:
		if d.calling != nil {
			d.giveUp(cause)
		} else {
			d.refuse(cause, refusal(cause))
		}
	case phaseLive:
		d.end(cause, 200)
		if d.unacked != nil {
			d.wantBye = true // RFC 3261 §15: the callee sends BYE after the ACK only
		} else {
			d.sendBye()
		}
	}
}

var errNotAnswered = errors.New("call is not answered")

// refer sends REFER; result is told of the answer.
func (d *dialog) refer(target string, result chan<- error) error {
	switch d.phase {
	case phaseOver:
		return ErrEnded
	case phaseEarly:
		return errNotAnswered
	}
	d.send("REFER", []header{{"Refer-To", "<" + target + ">"}, {"Contact", d.contact()}}, nil, func(r *response, err error) {
		if err == nil && r.code >= 300 {
			err = fmt.Errorf("refused: %d %s", r.code, r.reason)
		}
		result <- err
	})
	return nil
}
