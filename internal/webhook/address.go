package webhook

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"confab/internal/contract"
)

// address is a URL made ready to be asked: what is sent, what is signed and what
// may be shown are all taken from it.
type address struct {
	url    *url.URL // as sent: no user, no fragment
	user   *url.Userinfo
	limits limits
}

// parseAddress reads an absolute http or https URL.
func parseAddress(raw string) (address, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return address{}, &contract.Error{Code: contract.CodeURL, Message: "the URL cannot be read"} // err quotes it whole
	}
	return newAddress(u)
}

func newAddress(u *url.URL) (address, error) {
	bad := func(code contract.Code, why string) (address, error) {
		return address{}, &contract.Error{Code: code, Message: fmt.Sprintf("%s: %s", redact(u), why)}
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
	case "":
		return bad(contract.CodeURL, "the URL is not absolute")
	default:
		return bad(contract.CodeURL, "neither http nor https")
	}
	if u.Opaque != "" || u.Hostname() == "" {
		return bad(contract.CodeURL, "the URL has no host")
	}
	a := address{user: u.User, limits: overrides(u.EscapedFragment())}
	sent := *u
	sent.Scheme = strings.ToLower(u.Scheme)
	sent.User, sent.Fragment, sent.RawFragment = nil, "", ""
	sent.RawQuery = tidy(u.RawQuery)
	// What is signed must be what is sent, so nothing is rewritten here.
	if name := u.Hostname(); !isASCII(name) {
		return bad(contract.CodeHostName, fmt.Sprintf("the host %q is not in ASCII: write it as xn--…", name))
	} else if _, err := netip.ParseAddr(name); err != nil && numeric(name) {
		return bad(contract.CodeHostName, fmt.Sprintf("the host %q is neither a name nor an IP address", name))
	}
	a.url = &sent
	return a, nil
}

// withParams returns the URL with params added to its query, after what it has
// (Twilio: "appended to the query string").
func (a address) withParams(params url.Values) *url.URL {
	u := *a.url
	if len(params) > 0 {
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += params.Encode()
	}
	return &u
}

// follow resolves the Location of a redirect. Limits stay those of the URL that
// was configured; credentials stay with the server they are for.
func (a address) follow(location string) (address, error) {
	u, err := a.url.Parse(location)
	if err != nil {
		return address{}, &contract.Error{Code: contract.CodeURL, Message: redact(a.url) + ": the address it redirects to cannot be read"}
	}
	next, err := newAddress(u)
	if err != nil {
		return address{}, err
	}
	if next.user == nil && next.url.Scheme == a.url.Scheme && strings.EqualFold(next.url.Host, a.url.Host) {
		next.user = a.user
	}
	next.limits = a.limits
	return next, nil
}

// tidy returns a query in which everything is escaped that must be on the wire,
// and the apostrophe, which libraries that check signatures rewrite. What is
// tidy stays as it is, byte for byte.
func tidy(query string) string {
	var b strings.Builder
	for _, c := range []byte(query) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("'\"<>`\\^{}|#", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// redact is a URL for logs and messages: without user, query and fragment, in
// which secrets travel.
func redact(u *url.URL) string {
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	return shown.String()
}

// redactRaw is redact for a URL in text.
func redactRaw(raw string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return "(unreadable URL)"
	}
	return redact(u)
}

func isASCII(s string) bool {
	for _, c := range []byte(s) {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
