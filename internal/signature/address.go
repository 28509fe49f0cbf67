package signature

import "strings"

// address is a URL taken apart without touching its bytes: parsing and printing
// it again would change escapes, and a signature is over the bytes that were
// sent.
type address struct {
	scheme string // lower case, without "://"
	host   string // IPv6 in its brackets
	port   string // without ":"; empty when none was written
	rest   string // path and query, from the "/" on
}

// split takes rawURL apart, leaving out user:password@ and the fragment. What
// has no scheme is all rest.
func split(rawURL string) address {
	rawURL, _, _ = strings.Cut(rawURL, "#")
	scheme, after, found := strings.Cut(rawURL, "://")
	if !found || strings.ContainsAny(scheme, "/?") {
		return address{rest: rawURL}
	}
	a := address{scheme: strings.ToLower(scheme), host: after}
	if i := strings.IndexAny(after, "/?"); i >= 0 {
		a.host, a.rest = after[:i], after[i:]
	}
	if !strings.HasPrefix(a.rest, "/") {
		a.rest = "/" + a.rest // HTTP has no empty path: this is what is requested
	}
	if i := strings.LastIndexByte(a.host, '@'); i >= 0 {
		a.host = a.host[i+1:]
	}
	// The last colon is the port's, unless it stands inside an IPv6 address.
	if i := strings.LastIndexByte(a.host, ':'); i > strings.LastIndexByte(a.host, ']') {
		a.host, a.port = a.host[:i], a.host[i+1:]
	}
	return a
}

// String puts the address together again.
func (a address) String() string {
	var b strings.Builder
	if a.scheme != "" {
		b.WriteString(a.scheme)
		b.WriteString("://")
	}
	b.WriteString(a.host)
	if a.port != "" {
		b.WriteString(":")
		b.WriteString(a.port)
	}
	b.WriteString(a.rest)
	return b.String()
}

func standardPort(scheme string) string {
	switch scheme {
	case "https":
		return "443"
	case "http":
		return "80"
	}
	return ""
}
