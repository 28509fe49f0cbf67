package mask

import (
	"bytes"
	"regexp"
)

// fields are header fields of SIP of which only the scheme is kept: credentials
// (RFC 3261 §20.7, §20.28), and what others of that kind are called.
var fields = regexp.MustCompile(`(?i)^(authorization|proxy-authorization|authentication-info|proxy-authentication-info)$`)

var (
	contentType = regexp.MustCompile(`(?im)^(?:content-type|c)[ \t]*:[ \t]*([^\r\n;]*)`)
	keyed       = regexp.MustCompile(`(?i)application/(dtmf|kpml)`)
	signal      = regexp.MustCompile(`(?im)^([ \t]*(?:signal|key|digit|digits)[ \t]*[=:][ \t]*)([^\r\n]+)`)
	sdpKey      = regexp.MustCompile(`(?im)(inline:|^a=ice-pwd:|^a=key-mgmt:[a-z0-9-]+[ \t]|^k=[a-z0-9-]+:)([^\r\n \t]+)`)
	sipDigits   = regexp.MustCompile(`(?i)(;(?:postd|phone-context-digits)=)[^;>?\s"]+`)
)

// SIP returns a message of SIP as it may be kept: without credentials, without
// passwords in URIs, without the keys of SRTP and ICE, without the digits of an
// INFO. Its body has the length that it had, so that Content-Length is right.
// The message itself is not changed.
func SIP(message []byte) string {
	head, body := message, []byte(nil)
	for _, end := range []string{"\r\n\r\n", "\n\n", "\n\r\n"} {
		if i := bytes.Index(message, []byte(end)); i >= 0 && i+len(end) < len(head)+1 && (body == nil || i+len(end) < len(head)) {
			head, body = message[:i+len(end)], message[i+len(end):]
		}
	}
	return string(header(head)) + string(content(head, body))
}

// header masks the header section, field by field, with the lines that a field
// goes on in (RFC 3261 §7.3.1).
func header(head []byte) []byte {
	var out bytes.Buffer
	skipping := false
	for len(head) > 0 {
		line := head
		if i := bytes.IndexByte(head, '\n'); i >= 0 {
			line = head[:i+1]
		}
		head = head[len(line):]
		if line[0] == ' ' || line[0] == '\t' {
			if !skipping {
				out.WriteString(uris(line))
			}
			continue
		}
		name, value, ok := bytes.Cut(line, []byte{':'})
		name = bytes.TrimSpace(name)
		skipping = ok && (fields.Match(name) || Name(string(name)))
		if !skipping {
			out.WriteString(uris(line))
			continue
		}
		out.Write(name)
		out.WriteString(": ")
		if scheme, _, more := bytes.Cut(bytes.TrimSpace(value), []byte{' '}); more && fields.Match(name) && token(scheme) {
			out.Write(scheme)
			out.WriteByte(' ')
		}
		out.WriteString(Mark)
		out.WriteString("\r\n")
	}
	return out.Bytes()
}

// token reports whether b names a scheme, and not already a parameter of one.
func token(b []byte) bool {
	for _, c := range b {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return len(b) > 0
}

func uris(line []byte) string {
	text := sipPassword.ReplaceAllString(string(line), "${1}:"+Mark+"@")
	text = sipDigits.ReplaceAllString(text, "${1}"+Mark)
	text = queryPair.ReplaceAllString(text, "${1}"+Mark)
	return jwt.ReplaceAllString(text, Mark)
}

// content masks a body, byte for byte.
func content(head, body []byte) []byte {
	body = bytes.Clone(body)
	of := contentType.FindSubmatch(head)
	if of == nil && len(body) == 0 {
		return body
	}
	switch {
	case of != nil && keyed.Match(of[1]) && !bytes.Contains(body, []byte{'='}) && !bytes.Contains(body, []byte{':'}):
		stars(bytes.TrimSpace(body)) // application/dtmf: the key, and nothing else
	case of != nil && keyed.Match(of[1]), keyed.Match(body):
		starsAll(signal, body)
		starsAll(quoted, body)
		if keyed.Match(body) { // a part of several
			starsAll(bare, body)
		}
	}
	starsAll(sdpKey, body)
	return body
}

var (
	quoted = regexp.MustCompile(`(?i)(digits=)("[^"]*")`) // RFC 4730 §5.3
	bare   = regexp.MustCompile(`(?m)^()([0-9*#A-Da-d]{1,2})[ \t\r]*$`)
)

// starsAll writes stars over the second group of each match.
func starsAll(of *regexp.Regexp, in []byte) {
	for _, at := range of.FindAllSubmatchIndex(in, -1) {
		stars(in[at[4]:at[5]])
	}
}

func stars(b []byte) {
	for i := range b {
		b[i] = '*'
	}
}
