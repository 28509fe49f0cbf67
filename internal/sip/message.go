package sip

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// envelope is what requests and responses have in common.
type envelope struct {
	head
	via        *sip.ViaHeader // topmost
	from, to   party
	callID     string
	cseq       uint32
	cseqMethod string
	came       time.Time // at the socket
}

// party is a From or To.
type party struct {
	name string
	uri  sip.Uri
	tag  string
}

// request is a request as it was received, checked (RFC 3261 §8.1.1).
type request struct {
	envelope
	method string // in its own case: methods are case-sensitive (RFC 3261 §7.1)
	uri    sip.Uri
	flow   flow
}

// response is a response as it was received.
type response struct {
	envelope
	code   int
	reason string
	flow   flow
}

// malformed is the error of a message that could not be read. What was read of
// a request may be enough to answer it.
type malformed struct {
	head head
	code int // to answer with
	err  error
}

func (m *malformed) Error() string { return m.err.Error() }
func (m *malformed) Unwrap() error { return m.err }

// parse reads one message: a *request or a *response. Its error is a
// *malformed.
func parse(b []byte, stream bool) (any, error) {
	h, err := scan(b, stream)
	if err != nil {
		return nil, &malformed{h, 400, err}
	}
	if !h.isResponse() {
		if err := checkRequestLine(h.start); err != nil {
			err.head = h
			return nil, err
		}
	}
	msg, err := sip.ParseMessage(h.text())
	if err != nil {
		return nil, &malformed{h, 400, fmt.Errorf("%w: %w", errSyntax, err)}
	}
	e, err := newEnvelope(h, msg)
	if err != nil {
		return nil, &malformed{h, 400, err}
	}
	switch m := msg.(type) {
	case *sip.Response:
		if m.StatusCode < 100 || m.StatusCode > 699 {
			return nil, &malformed{h, 0, fmt.Errorf("%w: status %d", errSyntax, m.StatusCode)}
		}
		return &response{envelope: e, code: m.StatusCode, reason: m.Reason}, nil
	case *sip.Request:
		method, _, _ := strings.Cut(h.start, " ")
		r := &request{envelope: e, method: method, uri: m.Recipient}
		if err := r.check(); err != nil {
			return nil, &malformed{h, 400, err}
		}
		return r, nil
	}
	return nil, &malformed{h, 0, errSyntax}
}

func (h *head) isResponse() bool { return strings.HasPrefix(h.start, "SIP/") }

// checkRequestLine sees to what has an answer of its own: a version that is not
// ours, a URI of a scheme that is not ours.
func checkRequestLine(line string) *malformed {
	parts := strings.Split(line, " ")
	if len(parts) != 3 || !isToken(parts[0]) || parts[1] == "" {
		return &malformed{code: 400, err: fmt.Errorf("%w: request line %.80q", errSyntax, line)}
	}
	if !strings.HasPrefix(parts[2], "SIP/") {
		return &malformed{code: 400, err: fmt.Errorf("%w: version %.20q", errSyntax, parts[2])}
	}
	if parts[2] != "SIP/2.0" {
		// RFC 3261 §21.5.6
		return &malformed{code: 505, err: fmt.Errorf("version %.20q", parts[2])}
	}
	scheme, _, ok := strings.Cut(parts[1], ":")
	if !ok || !isScheme(scheme) {
		return &malformed{code: 400, err: fmt.Errorf("%w: request URI %.80q", errSyntax, parts[1])}
	}
	if s := strings.ToLower(scheme); s != "sip" && s != "tel" {
		// RFC 3261 §8.2.2.1. sips too: there is no TLS here to keep its promise.
		return &malformed{code: 416, err: fmt.Errorf("scheme of %.80q", parts[1])}
	}
	return nil
}

func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || (s[i] < '0' || s[i] > '9') && strings.IndexByte("+-.", s[i]) < 0) {
			return false
		}
	}
	return s != ""
}

// newEnvelope checks the fields that every message must have, once.
func newEnvelope(h head, msg sip.Message) (envelope, error) {
	e := envelope{head: h, via: msg.Via()}
	for _, name := range []string{"from", "to", "call-id", "cseq", "max-forwards", "content-type"} {
		if len(h.all(name)) > 1 {
			return e, fmt.Errorf("%w: two %s", errSyntax, name)
		}
	}
	from, to, id, cseq := msg.From(), msg.To(), msg.CallID(), msg.CSeq()
	if e.via == nil || from == nil || to == nil || id == nil || cseq == nil {
		// RFC 3261 §8.1.1
		return e, fmt.Errorf("%w: Via, From, To, Call-ID or CSeq is missing", errSyntax)
	}
	if e.via.Host == "" || !strings.EqualFold(e.via.ProtocolName, "SIP") || e.via.ProtocolVersion != "2.0" || e.via.Port < 0 || e.via.Port > 65535 {
		return e, fmt.Errorf("%w: Via %.80q", errSyntax, h.get("via"))
	}
	e.from = party{from.DisplayName, from.Address, param(from.Params, "tag")}
	e.to = party{to.DisplayName, to.Address, param(to.Params, "tag")}
	e.callID = string(*id)
	e.cseq = cseq.SeqNo
	e.cseqMethod = string(cseq.MethodName)
	return e, nil
}

// check sees to what only requests must obey.
func (r *request) check() error {
	switch {
	case r.cseqMethod != r.method:
		return fmt.Errorf("%w: CSeq of %.20q in a request %.20q", errSyntax, r.cseqMethod, r.method) // RFC 3261 §8.1.1.5
	case len(r.uri.Headers) > 0:
		return fmt.Errorf("%w: request URI has headers", errSyntax) // RFC 3261 §19.1.1, table 1
	case r.uri.Port < 0 || r.uri.Port > 65535:
		return fmt.Errorf("%w: port %d in the request URI", errSyntax, r.uri.Port)
	case r.uri.Scheme == "sip" && r.uri.Host == "":
		return fmt.Errorf("%w: request URI has no host", errSyntax)
	}
	return nil
}

// branch returns the branch parameter of the topmost Via.
func (e *envelope) branch() string { return param(e.via.Params, "branch") }

// contact returns the URI of the first Contact, if there is one that could be
// called.
func (h *head) contact() (sip.Uri, bool) {
	value := h.get("contact")
	if value == "" || value == "*" {
		return sip.Uri{}, false
	}
	var (
		uri    sip.Uri
		params sip.HeaderParams
	)
	if _, err := sip.ParseAddressValue(value, &uri, &params); err != nil || uri.Scheme != "sip" || uri.Host == "" || uri.Port < 0 || uri.Port > 65535 {
		return sip.Uri{}, false
	}
	return uri, true
}

// param returns the value of a parameter. Names have no case (RFC 3261 §7.3.1).
func param(params sip.HeaderParams, name string) string {
	for _, p := range params {
		if strings.EqualFold(p.K, name) {
			return p.V
		}
	}
	return ""
}

func hasParam(params sip.HeaderParams, name string) bool {
	for _, p := range params {
		if strings.EqualFold(p.K, name) {
			return true
		}
	}
	return false
}

// userOf returns the user part of a URI in plain text: the number of a tel URI,
// and of a SIP URI that holds one without its parameters (RFC 3261 §19.1.6).
// It is "" when there is none.
func userOf(uri sip.Uri) string {
	user := uri.User
	if uri.Scheme == "tel" {
		user = uri.Raw()
	}
	if number, _, ok := strings.Cut(user, ";"); ok && isNumber(number) {
		user = number
	}
	if plain, err := url.PathUnescape(user); err == nil && printable(plain) {
		user = plain
	}
	return user
}

func isNumber(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && !(c == '+' && i == 0) && strings.IndexByte("-.()*#", c) < 0 {
			return false
		}
	}
	return s != ""
}

// isMalformed returns the *malformed in err.
func isMalformed(err error) (*malformed, bool) {
	var m *malformed
	ok := errors.As(err, &m)
	return m, ok
}
