package sip

import (
	"crypto/rand"
	"encoding/base32"
	"strconv"
	"strings"
)

// What we understand, as Allow, Accept and their like say it.
const (
	allow      = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, NOTIFY"
	accept     = "application/sdp"
	acceptINFO = "application/dtmf-relay, application/dtmf"
	typeSDP    = "application/sdp"
	supported  = "" // no extension: the field may be empty (RFC 3261 §20.37)
)

// phrases are the reason phrases of the statuses that we send (RFC 3261 §21).
var phrases = map[int]string{
	100: "Trying",
	180: "Ringing",
	200: "OK",
	400: "Bad Request",
	403: "Forbidden",
	404: "Not Found",
	405: "Method Not Allowed",
	406: "Not Acceptable",
	415: "Unsupported Media Type",
	416: "Unsupported URI Scheme",
	420: "Bad Extension",
	480: "Temporarily Unavailable",
	481: "Call/Transaction Does Not Exist",
	482: "Loop Detected",
	486: "Busy Here",
	487: "Request Terminated",
	488: "Not Acceptable Here",
	489: "Bad Event", // RFC 6665 §8.3.2
	491: "Request Pending",
	500: "Server Internal Error",
	501: "Not Implemented",
	503: "Service Unavailable",
	505: "Version Not Supported",
	603: "Decline",
}

// header is one header field of a message that we write.
type header struct{ name, value string }

// write writes a message: its start line, its fields, and the body with its
// length.
func write(start string, fields []header, body []byte) []byte {
	var b strings.Builder
	line := func(parts ...string) {
		for _, p := range parts {
			b.WriteString(p)
		}
		b.WriteString("\r\n")
	}
	line(start)
	for _, f := range fields {
		line(f.name, ": ", f.value)
	}
	line("Content-Length: ", strconv.Itoa(len(body)))
	line()
	b.Write(body)
	return []byte(b.String())
}

// answer writes a response (RFC 3261 §8.2.6). Via, From, To, Call-ID and CSeq
// are the request's own words. tag is added to To unless it has one, or is
// empty; mark completes the topmost Via.
func answer(h *head, code int, tag string, mark viaMark, body []byte, extra ...header) []byte {
	fields := make([]header, 0, 8+len(extra))
	for i, v := range h.all("via") {
		if i == 0 {
			v = mark.apply(v)
		}
		fields = append(fields, header{"Via", v})
	}
	to := h.get("to")
	if tag != "" && to != "" {
		to += ";tag=" + tag
	}
	own := []header{{"From", h.get("from")}, {"To", to}, {"Call-ID", h.get("call-id")}, {"CSeq", h.get("cseq")}}
	if code == 100 {
		own = append(own, header{"Timestamp", h.get("timestamp")}) // RFC 3261 §8.2.6.1
	}
	for _, f := range own {
		if f.value != "" { // a malformed request may lack it
			fields = append(fields, f)
		}
	}
	return write("SIP/2.0 "+strconv.Itoa(code)+" "+phrases[code], append(fields, extra...), body)
}

// viaMark is what the topmost Via of a request is completed with in answers:
// where the request came from (RFC 3261 §18.2.1, RFC 3581 §4).
type viaMark struct {
	received string
	rport    int
}

// apply completes the Via. Its other words are left alone.
func (m viaMark) apply(via string) string {
	if m.rport != 0 {
		via = setParam(via, "rport", strconv.Itoa(m.rport))
	}
	if m.received != "" {
		via = setParam(via, "received", m.received)
	}
	return via
}

// setParam gives a parameter of a tightened header value a value, or appends it.
func setParam(value, name, v string) string {
	parts := strings.Split(value, ";")
	for i, p := range parts[1:] {
		key, _, _ := strings.Cut(p, "=")
		if strings.EqualFold(key, name) {
			parts[i+1] = name + "=" + v
			return strings.Join(parts, ";")
		}
	}
	return value + ";" + name + "=" + v
}

// via writes the Via of a request of ours: rport asks for the answer along the
// flow (RFC 3581 §3).
func (s *Server) via(f flow, branch string) string {
	sentBy := hostPort(s.contacts.sip(f.remote.Addr()))
	return "SIP/2.0/" + strings.ToUpper(f.network) + " " + sentBy + ";branch=" + branch + ";rport"
}

// magicCookie begins every branch (RFC 3261 §8.1.1.7).
const magicCookie = "z9hG4bK"

// newBranch returns a branch parameter.
func newBranch() string { return magicCookie + token() }

// token returns a random token of 80 bits, for tags, branches and Call-IDs
// (RFC 3261 §19.3 asks for 32 at least).
func token() string {
	var b [10]byte
	rand.Read(b[:]) // never fails
	return strings.ToLower(base32.HexEncoding.EncodeToString(b[:]))
}

// startLine returns the first line of a message, for logs.
func startLine(b []byte) string {
	line, _, _ := strings.Cut(string(b[:min(len(b), 2048)]), "\r\n")
	line = public(line)
	return line[:min(len(line), 160)]
}

// public hides the password of a SIP URI in text (RFC 3261 §19.1.1: whoever
// writes one there lets everybody read it; our logs do not).
func public(text string) string {
	scheme := strings.Index(text, "sip:")
	at := strings.LastIndexByte(text, '@')
	if scheme < 0 || at < scheme+4 {
		return text
	}
	user, _, secret := strings.Cut(text[scheme+4:at], ":")
	if !secret {
		return text
	}
	return text[:scheme+4] + user + ":…" + text[at:]
}
