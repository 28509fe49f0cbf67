package sip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"confab/internal/contract"
	"confab/internal/leg"
)

const (
	// defaultRing is how long a call of ours may ring.
	defaultRing = time.Minute

	// largeRequest is the size above which a request is tried over TCP (RFC
	// 3261 §18.1.1).
	largeRequest = 1300
)

// Dial calls target and returns the leg once it is answered, its session
// started (leg.Dialer). A refusal is a *leg.Refused; so is a call that rang
// for too long (contract.CauseNoAnswer) or found no room
// (contract.CauseOverload). When ctx ends, the call is cancelled and ctx's
// error is returned at once: the rest of the cancelling is the server's.
func (s *Server) Dial(ctx context.Context, target leg.Target, progress func(leg.Progress)) (leg.Leg, error) {
	c, err := s.plan(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", public(target.URI), err)
	}
	d := c.d
	d.post(c.begin)
	if s.enter(d, nil) != 0 {
		d.voice.close()
		cause := contract.CauseOverload
		if s.isClosed() {
			cause = contract.CauseShutdown
		}
		return nil, &leg.Refused{End: leg.End{Cause: cause}}
	}
	for {
		select {
		case p := <-c.progress:
			if progress != nil {
				progress(p)
			}
		case o := <-c.result:
			c.report(progress)
			if o.err != nil {
				return nil, o.err
			}
			return o.leg, nil
		case <-ctx.Done():
			d.post(func() { d.hangup(contract.CauseCanceled) })
			return nil, fmt.Errorf("call %s: %w", public(target.URI), context.Cause(ctx))
		}
	}
}

// report tells of the provisional answers that came before the final one.
func (c *call) report(progress func(leg.Progress)) {
	for {
		select {
		case p := <-c.progress:
			if progress != nil {
				progress(p)
			}
		default:
			return
		}
	}
}

// plan decides where the call goes and prepares its dialog. It blocks while
// names are looked up and connections come about.
func (s *Server) plan(ctx context.Context, target leg.Target) (*call, error) {
	var uri sip.Uri
	if err := checkTarget(target, &uri); err != nil {
		return nil, err
	}
	addr, err := s.resolve(ctx, trimBrackets(uri.Host))
	if err != nil {
		return nil, err
	}
	f := flow{network: networkOf(uri, networkUDP), remote: netip.AddrPortFrom(addr, portOr(uri.Port))}
	// A port of its own until it is answered: two forks may send to it.
	codecs, formats, err := s.codecs(target.Codecs)
	if err != nil {
		return nil, err
	}
	var v voice
	if target.Secure {
		v, err = s.openSecureVoice(ctx, codecs, nil)
	} else {
		v, err = s.openVoice(formats, nil, addr, true)
	}
	if err != nil {
		return nil, err
	}
	d := newDialog(s, dialogKey{token() + "@" + s.contacts.sip(addr).Addr().String(), token()}, f)
	d.voice = v
	c := &call{
		d: d, target: target, host: uri.Host,
		acks:     make(map[string]*ack),
		progress: make(chan leg.Progress, 8),
		result:   make(chan outcome, 1),
	}
	d.calling = c
	uri.Headers = nil
	d.state = DialogState{
		CallID:   d.key.callID,
		Local:    fromHeader(target, s.contacts.sip(addr).Addr()) + ";tag=" + d.key.tag,
		Remote:   "<" + uri.String() + ">",
		LocalTag: d.key.tag,
		Target:   uri.String(),
		LocalSeq: 1,
		Network:  f.network,
		Flow:     f.remote,
		Outbound: true,
	}
	c.offer = d.voice.offer()
	if f.network == networkUDP && len(c.compose()) > largeRequest {
		// RFC 3261 §18.1.1: over TCP, and over UDP only when that fails.
		f.network = networkTCP
	}
	if f.network == networkTCP {
		f.conn, err = s.connect(ctx, f.remote)
		switch {
		case err == nil:
			d.flow, d.state.Network = f, networkTCP
		case d.flow.network == networkTCP:
			v.close()
			return nil, err
		}
	}
	return c, nil
}

// checkTarget refuses a target that cannot be called, or not be written.
func checkTarget(t leg.Target, uri *sip.Uri) error {
	if err := checkURI(t.URI); err != nil {
		return err
	}
	if err := sip.ParseUri(t.URI, uri); err != nil || uri.Scheme != "sip" || uri.Host == "" || uri.Port < 0 || uri.Port > 65535 {
		return fmt.Errorf("%q is not a SIP address such as sip:alice@192.0.2.1:5060", public(t.URI))
	}
	if strings.HasPrefix(t.From, "sip:") {
		if err := checkURI(t.From); err != nil {
			return err
		}
	}
	for name, value := range t.Headers {
		if !isToken(name) || !printable(value) {
			return fmt.Errorf("header %q cannot be sent", name)
		}
	}
	if !printable(t.Name) || !printable(t.From) {
		return errors.New("caller has control characters")
	}
	return nil
}

// resolve returns an address of host that our socket can send to.
func (s *Server) resolve(ctx context.Context, host string) (netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap(), nil
	}
	addrs, err := s.cfg.Resolve(ctx, host)
	if err != nil {
		return netip.Addr{}, err
	}
	own := s.contacts.bound.Addr()
	for _, a := range addrs {
		if a = a.Unmap(); a.Is4() == own.Is4() || own.Is6() && own.IsUnspecified() {
			return a, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("%s has no address that %s can send to", host, own)
}

// fromHeader writes the address that the far end sees as the caller's.
func fromHeader(t leg.Target, host netip.Addr) string {
	uri := t.From
	if !strings.HasPrefix(uri, "sip:") {
		at := host.String()
		if host.Is6() {
			at = "[" + at + "]"
		}
		uri = "sip:" + url.PathEscape(cmp.Or(t.From, "anonymous")) + "@" + at
	}
	if t.Name == "" {
		return "<" + uri + ">"
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(t.Name) + `" <` + uri + ">"
}
