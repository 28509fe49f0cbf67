package mask

import (
	"bytes"
	"regexp"
	"strings"
)

// SIP returns a message of SIP as it may be kept: without credentials, without
// passwords in URIs, without the keys of SRTP and ICE, without the digits of an
// INFO. Its body has the length that it had, so that Content-Length is right.
// The message itself is not changed.
func SIP(message []byte) string {
	head := headEnd(message)
	var b strings.Builder
	b.Grow(len(message))
	keyed := header(&b, string(message[:head]))
	b.Write(content(message[head:], keyed))
	return b.String()
}

// headEnd returns where the body begins.
func headEnd(message []byte) int {
	for i := 0; ; {
		n := bytes.IndexByte(message[i:], '\n')
		if n < 0 {
			return len(message)
		}
		i += n + 1
		switch {
		case i < len(message) && message[i] == '\n':
			return i + 1
		case i+1 < len(message) && message[i] == '\r' && message[i+1] == '\n':
			return i + 2
		}
	}
}

// header masks the header section, field by field, with the lines that a field
// goes on in (RFC 3261 §7.3.1). It reports whether the body holds digits.
func header(b *strings.Builder, head string) (keyed bool) {
	skipping := false
	for len(head) > 0 {
		line := head
		if i := strings.IndexByte(head, '\n'); i >= 0 {
			line = head[:i+1]
		}
		head = head[len(line):]
		if line[0] == ' ' || line[0] == '\t' {
			if !skipping {
				b.WriteString(uris(line))
			}
			keyed = keyed || tellsOfKeys(line)
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		name = strings.Trim(name, " \t\r\n")
		credentials := ok && isCredentials(name)
		if skipping = credentials || ok && Name(name); !skipping {
			b.WriteString(uris(line))
			keyed = keyed || tellsOfKeys(line)
			continue
		}
		b.WriteString(name)
		b.WriteString(": ")
		if scheme, _, more := strings.Cut(strings.TrimSpace(value), " "); more && credentials && (strings.EqualFold(scheme, "Digest") || strings.EqualFold(scheme, "Basic")) {
			b.WriteString(scheme)
			b.WriteByte(' ')
		}
		b.WriteString(Mark)
		b.WriteString("\r\n")
	}
	return keyed
}

// isCredentials reports whether a header field holds credentials (RFC 3261 §20.6,
// §20.7, §20.28).
func isCredentials(name string) bool {
	switch len(name) {
	case 13, 19, 25:
		return strings.EqualFold(name, "authorization") || strings.EqualFold(name, "proxy-authorization") ||
			strings.EqualFold(name, "authentication-info") || strings.EqualFold(name, "proxy-authentication-info")
	}
	return false
}

// tellsOfKeys reports whether a text names one of the types by which digits come:
// application/dtmf, application/dtmf-relay, application/kpml-….
func tellsOfKeys(text string) bool {
	for {
		i := strings.IndexByte(text, '/')
		if i < 0 || i+5 > len(text) {
			return false
		}
		text = text[i+1:]
		if of := text[:4]; strings.EqualFold(of, "dtmf") || strings.EqualFold(of, "kpml") {
			return true
		}
	}
}

// uris masks the passwords and digits of the URIs in a line.
func uris(line string) string {
	line = sipPasswords(line)
	if foldContains(line, "postd=") {
		line = postDial.ReplaceAllString(line, "${1}"+Mark)
	}
	if strings.ContainsAny(line, "?&") {
		line = pairs(line)
	}
	if strings.Contains(line, "eyJ") {
		line = jwt.ReplaceAllString(line, Mark)
	}
	return line
}

var postDial = regexp.MustCompile(`(?i)(;postd=)[^;>?\s"]+`) // RFC 2806 §2.2

// maxUserinfo is how long a user and a password are taken to be.
const maxUserinfo = 512

// sipPasswords masks the passwords in SIP URIs (RFC 3261 §19.1.1), wherever in a text
// they are.
func sipPasswords(text string) string {
	if !strings.Contains(text, "@") {
		return text
	}
	var b strings.Builder
	from := 0
	for i := 0; i+4 < len(text); i++ {
		if text[i] != ':' || !schemeBefore(text, i) {
			continue
		}
		colon := 0 // before the password
		for k := i + 1; k < len(text) && k-i <= maxUserinfo; k++ {
			c := text[k]
			if c == ':' && colon == 0 {
				colon = k
			}
			if c == '@' {
				if colon > 0 {
					b.WriteString(text[from : colon+1])
					b.WriteString(Mark)
					from, i = k, k
				}
				break
			}
			if c == '>' || c == '<' || c == '"' || c == '\'' || c <= ' ' {
				break
			}
		}
	}
	if from == 0 {
		return text
	}
	b.WriteString(text[from:])
	return b.String()
}

// schemeBefore reports whether sip or sips ends before i.
func schemeBefore(text string, i int) bool {
	if i > 0 && text[i-1]|0x20 == 's' {
		i--
	}
	return i >= 3 && strings.EqualFold(text[i-3:i], "sip")
}

var (
	signal = regexp.MustCompile(`(?im)^([ \t]*(?:signal|key|digits?)[ \t]*[=:][ \t]*)([^\r\n]+)`)
	quoted = regexp.MustCompile(`(?i)(digits[ \t]*=[ \t]*)("[^"]*"|'[^']*')`) // RFC 4730 §5.3
	alone  = regexp.MustCompile(`(?m)^([ \t]*)([0-9*#A-Da-d]{1,2})[ \t\r]*$`)
	sdpKey = regexp.MustCompile(`(?im)(inline:|^a=ice-pwd:|^a=key-mgmt:[a-z0-9-]+[ \t]|^k=[a-z0-9-]+:)([^\r\n \t]+)`)
)

// content masks a body, byte for byte. keyed says that it holds digits.
func content(body []byte, keyed bool) []byte {
	if len(body) == 0 {
		return nil
	}
	text := string(body)
	if keyed = keyed || tellsOfKeys(text); !keyed && !hasKeys(text) {
		return body
	}
	body = bytes.Clone(body)
	if keyed {
		stars(signal, body)
		stars(quoted, body)
		stars(alone, body)
	}
	stars(sdpKey, body)
	return body
}

// stars writes stars over the second group of each match.
func stars(of *regexp.Regexp, in []byte) {
	for _, at := range of.FindAllSubmatchIndex(in, -1) {
		for i := at[4]; i < at[5]; i++ {
			in[i] = '*'
		}
	}
}
