package sdp

import (
	"slices"
	"strconv"
	"strings"
)

// Secure is how one side's stream is protected, and how it is reached: DTLS-SRTP (RFC
// 5763, RFC 5764) on a way that ICE finds (RFC 8839).
type Secure struct {
	User, Password string   // a=ice-ufrag and a=ice-pwd; empty in what a far end says that does without ICE
	Lite           bool     // a=ice-lite: it answers checks and sends none
	Fingerprints   []string // of its certificate (RFC 8122 §5): "sha-256 AB:CD:…", the hash's name in lower case
	Setup          string   // a=setup (RFC 4145 §4): active, passive or actpass; of ours, empty until it has been agreed on: see Answers
	SSRC           uint32   // of our voice; a far end's is not read
	Candidates     []string // values of a=candidate; those of a far end are not read
}

// Answers returns what ours says in an answer to what a far end says of setup: who opens
// the DTLS connection (RFC 8842 §5.3). Who has one already says what it was.
//
// Deviation (RFC 5763 §5): to actpass we answer passive, though active is recommended
// to save a turn: as the lite side of ICE we do not know when the far end is
// reachable, and it does.
func (s Secure) Answers(ours *Secure) string {
	if ours != nil && ours.Setup != "" {
		return ours.Setup
	}
	if s.Setup == "passive" {
		return "active"
	}
	return "passive"
}

// said is what a media line, or the session above it, says of these things.
type said struct {
	Secure
	mid string
}

// The bounds of what is read.
const (
	maxFingerprints = 8
	maxCredential   = 256 // RFC 8839 §5.4
)

// attribute takes an attribute of these things.
func (s *said) attribute(key, value string) {
	value = strings.TrimSpace(value)
	switch key {
	case "ice-ufrag":
		if len(value) >= 4 && len(value) <= maxCredential && isToken(value) {
			s.User = value
		}
	case "ice-pwd":
		if len(value) >= 22 && len(value) <= maxCredential && isToken(value) {
			s.Password = value
		}
	case "ice-lite":
		s.Lite = true
	case "fingerprint":
		hash, sum, ok := strings.Cut(value, " ")
		if ok && len(s.Fingerprints) < maxFingerprints {
			s.Fingerprints = append(s.Fingerprints, strings.ToLower(hash)+" "+strings.ToUpper(strings.TrimSpace(sum)))
		}
	case "setup":
		if slices.Contains([]string{"active", "passive", "actpass"}, value) {
			s.Setup = value
		}
	case "mid":
		if value != "" && len(value) <= maxCredential && isToken(value) {
			s.mid = value
		}
	}
}

// isToken reports whether s is one word of visible ASCII.
func isToken(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// inherit takes from the session what the media line does not say itself.
func (s *said) inherit(session *said) {
	if s.User == "" && s.Password == "" {
		s.User, s.Password = session.User, session.Password
	}
	if len(s.Fingerprints) == 0 {
		s.Fingerprints = session.Fingerprints
	}
	if s.Setup == "" {
		s.Setup = session.Setup
	}
	s.Lite = session.Lite
}

// protected reports whether a stream is one of DTLS-SRTP that can be used. RTCP must be
// on its port: we have no other.
//
// RFC 8829 §5.1.2: whatever profile a browser writes, it is that.
func (s *stream) protected() bool {
	switch s.proto {
	case "UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "RTP/SAVPF", "RTP/SAVP":
		return len(s.Fingerprints) > 0 && s.rtcpMux && (s.User == "") == (s.Password == "")
	}
	return false
}

// Secured reports whether a description has a stream of DTLS-SRTP: whether it is to
// be answered with Local.Secure.
func (d Description) Secured() bool {
	return slices.ContainsFunc(d.streams, func(s stream) bool { return s.media == "audio" && s.port != 0 && s.protected() })
}

// secureSession writes the session's lines. bundled is the mid of the stream that is
// taken, empty for none.
func (w *writer) secureSession(l Local, bundled string) {
	if l.Secure == nil {
		return
	}
	if bundled != "" {
		w.line("a=group:BUNDLE ", bundled) // RFC 9143 §7.3
	}
	if l.Secure.Lite {
		w.line("a=ice-lite")
	}
}

// secureStream writes the stream's lines.
func (w *writer) secureStream(l Local, setup, mid string) {
	x := l.Secure
	if x == nil {
		return
	}
	if mid != "" {
		w.line("a=mid:", mid)
	}
	w.line("a=msid:confab voice") // RFC 8830: a browser hands the voice on as a stream
	if x.SSRC != 0 {
		w.line("a=ssrc:", strconv.FormatUint(uint64(x.SSRC), 10), " cname:confab") // RFC 5576 §4.1: what comes belongs to this line
	}
	if x.User != "" {
		w.line("a=ice-ufrag:", x.User)
		w.line("a=ice-pwd:", x.Password)
	}
	for _, f := range x.Fingerprints {
		w.line("a=fingerprint:", f)
	}
	w.line("a=setup:", setup)
	for _, c := range x.Candidates {
		w.line("a=candidate:", c)
	}
	if len(x.Candidates) > 0 {
		w.line("a=end-of-candidates") // RFC 8840 §8.1: no more will come
	}
}
