package sip

import (
	"hash/maphash"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// receive takes one message that came at came, on the goroutine that read it: so messages reach
// their dialogs' queues in the order in which they were read. What belongs to
// no dialog is answered here, without state (RFC 3261 §8.2.7).
func (s *Server) receive(b []byte, f flow, came time.Time) {
	defer func() {
		if p := recover(); p != nil {
			s.recovered(p, "")
		}
	}()
	if s.log.Enabled(s.ctx, slog.LevelDebug) {
		s.log.Debug("sip received", "from", f.remote, "network", f.network, "line", startLine(b))
	}
	s.trace(false, &f, b)
	m, err := parse(b, f.network == networkTCP)
	switch m := m.(type) {
	case *request:
		m.flow, m.came = f, came
		s.request(m)
	case *response:
		m.flow, m.came = f, came
		s.response(m)
	default:
		s.count.malformed.Add(1)
		if bad, ok := isMalformed(err); ok {
			s.complain(bad, f)
		}
	}
}

// complain answers a request that could not be read, if what was read of it
// says where the answer goes.
func (s *Server) complain(bad *malformed, f flow) {
	h := &bad.head
	method, _, _ := strings.Cut(h.start, " ")
	if bad.code == 0 || h.isResponse() || method == "ACK" || h.get("via") == "" || h.get("cseq") == "" {
		return
	}
	tag := s.statelessTag(h)
	if strings.Contains(strings.ToLower(h.get("to")), ";tag=") {
		tag = ""
	}
	// Via may be what is wrong: the answer goes back to where the request came
	// from, word for word.
	mark := viaMark{received: f.remote.Addr().String(), rport: int(f.remote.Port())}
	s.transmit(&f, answer(h, bad.code, tag, mark, nil))
}

// refuse answers a request without keeping state.
func (s *Server) refuse(r *request, code int, extra ...header) {
	if r.method == "ACK" {
		return
	}
	tag := ""
	if r.to.tag == "" {
		tag = s.statelessTag(&r.head)
	}
	back, mark := r.reply()
	if code == 503 {
		extra = append(extra, header{"Retry-After", retryAfter})
	}
	s.transmit(&back, answer(&r.head, code, tag, mark, nil, extra...))
}

// statelessTag returns the tag of answers without state: the same for a
// request that comes again (RFC 3261 §8.2.7), unknown to others.
func (s *Server) statelessTag(h *head) string {
	var m maphash.Hash
	m.SetSeed(s.seed)
	for _, name := range []string{"via", "from", "call-id", "cseq"} {
		m.WriteString(h.get(name))
		m.WriteByte(0)
	}
	return strconv.FormatUint(m.Sum64(), 36)
}

// response hands a response to the dialog whose request it answers: From of
// our requests has our tag.
func (s *Server) response(r *response) {
	d := s.dialog(dialogKey{r.callID, r.from.tag})
	if d == nil {
		s.count.stray.Add(1)
		return
	}
	d.deliver(r.came, func() { d.response(r) })
}

// request hands a request to its dialog, or answers it.
func (s *Server) request(r *request) {
	if d := s.dialogOf(r); d != nil {
		d.deliver(r.came, func() { d.request(r) })
		return
	}
	switch {
	case r.method == "ACK":
		s.count.stray.Add(1)
	case r.method == "CANCEL", r.to.tag != "":
		s.refuse(r, 481) // RFC 3261 §9.2, §12.2.2
	default:
		s.outside(r)
	}
}

// outside serves a request that belongs to no dialog (RFC 3261 §8.2). One that
// has run out of hops has arrived: RFC 4475 §3.3.11 has an endpoint serve it.
func (s *Server) outside(r *request) {
	switch r.method {
	case "INVITE", "OPTIONS":
	case "BYE", "INFO", "UPDATE", "NOTIFY", "PRACK":
		s.refuse(r, 481)
		return
	case "REGISTER", "SUBSCRIBE", "MESSAGE", "PUBLISH", "REFER":
		s.refuse(r, 405, header{"Allow", allow}) // RFC 3261 §8.2.1
		return
	default:
		s.refuse(r, 501, header{"Allow", allow})
		return
	}
	if missing := unsupported(r); missing != "" {
		s.refuse(r, 420, header{"Unsupported", missing}) // RFC 3261 §8.2.2.3
		return
	}
	if r.method == "INVITE" {
		s.invite(r)
		return
	}
	// RFC 3261 §11.2: as an INVITE would be answered now.
	if s.busy() {
		s.refuse(r, 503)
		return
	}
	s.refuse(r, 200, capabilities()...)
}

// capabilities are the header fields that tell what we understand.
func capabilities() []header {
	return []header{{"Allow", allow}, {"Accept", accept}, {"Accept-Encoding", "identity"}, {"Supported", supported}}
}

// unsupported lists the extensions that a request requires. We have none: not
// even 100rel, as no provisional answer of ours carries anything (RFC 3262 §3).
func unsupported(r *request) string { return strings.Join(r.all("require"), ", ") }

// busy reports whether a new call would be refused.
func (s *Server) busy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed || s.draining || s.live >= s.limits.Dialogs
}

// dialog returns the dialog of that key, or nil.
func (s *Server) dialog(k dialogKey) *dialog {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dialogs[k]
}

// dialogOf returns the dialog that a request belongs to, or nil: by our tag in
// To, or by the INVITE that it repeats, cancels or acknowledges.
func (s *Server) dialogOf(r *request) *dialog {
	key := r.key()
	if r.method == "CANCEL" {
		key.method = "INVITE" // RFC 3261 §9.2
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.to.tag != "" {
		if d := s.dialogs[dialogKey{r.callID, r.to.tag}]; d != nil {
			return d
		}
	}
	return s.invites[key]
}
