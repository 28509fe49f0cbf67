package sip

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// DialogState is all that a request within a dialog needs (RFC 3261 §12): a
// value that can be kept, so that a far end whose switch has crashed can be
// sent a BYE by the next one (Server.Bye). It holds no secret.
type DialogState struct {
	CallID    string
	Local     string // our address, as From of our requests says it, tag included
	Remote    string // the far end's, as To says it
	LocalTag  string
	RemoteTag string         // empty for a far end of RFC 2543
	Target    string         // remote target: the URI of the far end's Contact
	Routes    []string       // route set, in the order of Route header fields
	LocalSeq  uint32         // CSeq of our last request
	RemoteSeq uint32         // CSeq of the far end's last request
	Network   string         // "udp" or "tcp"
	Flow      netip.AddrPort // where the far end was last heard
	Outbound  bool
}

// flow returns where requests go.
func (d *DialogState) flow(f flow) flow {
	var target sip.Uri
	if err := sip.ParseUri(d.Target, &target); err != nil {
		return f
	}
	return route(f, d.Routes, target, d.Outbound)
}

// request writes a request within the dialog (RFC 3261 §12.2.1.1).
func (d *DialogState) request(method string, seq uint32, via string, extra []header, body []byte) []byte {
	uri, routes := d.Target, d.Routes
	if len(routes) > 0 && !looseRoute(routes[0]) {
		// RFC 3261 §12.2.1.1: a strict router is named in the request line, the
		// target comes last.
		uri = uriText(routes[0])
		routes = append(slices.Clone(routes[1:]), "<"+d.Target+">")
	}
	fields := []header{{"Via", via}, {"Max-Forwards", "70"}}
	for _, r := range routes {
		fields = append(fields, header{"Route", r})
	}
	fields = append(fields,
		header{"From", d.Local}, header{"To", d.Remote}, header{"Call-ID", d.CallID},
		header{"CSeq", strconv.FormatUint(uint64(seq), 10) + " " + method})
	return write(method+" "+uri+" SIP/2.0", append(fields, extra...), body)
}

// stateOfInvite returns the dialog that an INVITE from a far end begins (RFC
// 3261 §12.1.1).
func stateOfInvite(r *request, localTag string) (DialogState, error) {
	target := uriText(r.get("contact"))
	if _, ok := r.contact(); !ok {
		// RFC 2543 §6.13: without a Contact the caller is reached at From.
		target = uriText(r.get("from"))
	}
	if err := checkURI(target); err != nil {
		return DialogState{}, err
	}
	return DialogState{
		CallID:    r.callID,
		Local:     r.get("to") + ";tag=" + localTag,
		Remote:    r.get("from"),
		LocalTag:  localTag,
		RemoteTag: r.from.tag,
		Target:    target,
		Routes:    r.all("record-route"),
		RemoteSeq: r.cseq,
		Network:   r.flow.network,
		Flow:      r.flow.remote,
	}, nil
}

// stateOfAnswer returns the dialog that a 2xx makes of the call that d began
// (RFC 3261 §12.1.2).
func (d DialogState) stateOfAnswer(r *response) DialogState {
	d.Remote, d.RemoteTag = r.get("to"), r.to.tag
	if _, ok := r.contact(); ok {
		// A Contact that cannot be used leaves the address that was dialled.
		if target := uriText(r.get("contact")); checkURI(target) == nil {
			d.Target = target
		}
	}
	d.Routes = r.all("record-route")
	slices.Reverse(d.Routes)
	return d
}

// uriText returns the URI of a name-addr or addr-spec, in its own words.
func uriText(value string) string {
	quoted := false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == '<' && !quoted:
			uri, _, _ := strings.Cut(value[i+1:], ">")
			return uri
		}
	}
	// RFC 3261 §20.10: without brackets, parameters belong to the header field.
	uri, _, _ := strings.Cut(value, ";")
	return strings.TrimSpace(uri)
}

// checkURI refuses a URI that could not stand in a request line.
func checkURI(text string) error {
	var uri sip.Uri
	if strings.ContainsAny(text, " \t<>\"") || !printable(text) {
		return fmt.Errorf("%w: URI %.80q", errSyntax, public(text))
	}
	if err := sip.ParseUri(text, &uri); err != nil {
		return fmt.Errorf("%w: URI %.80q: %w", errSyntax, public(text), err)
	}
	return nil
}

// looseRoute reports whether a route is a loose router's (RFC 3261 §19.1.1, lr).
func looseRoute(value string) bool {
	for i, p := range strings.Split(uriText(value), ";") {
		name, _, _ := strings.Cut(p, "=")
		if i > 0 && strings.EqualFold(name, "lr") {
			return true
		}
	}
	return false
}
