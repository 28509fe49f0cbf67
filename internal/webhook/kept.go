package webhook

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"confab/internal/contract"
	"confab/internal/mask"
)

// How much of an exchange a notice keeps, in bytes; the rest is cut off.
const (
	keptVariables = 4 << 10
	keptHeaders   = 4 << 10
	keptBody      = 8 << 10
)

// masked stands for what is not kept.
const masked = "***"

// Asked is a request that was made, for notices on its answer: as a notice keeps
// it, for a call holds its document for long, and all of a request is some KB.
type Asked struct{ exchange *contract.Exchange }

// Exchange returns the request and its answer as a notice keeps them: nil for
// the zero value.
func (a Asked) Exchange() *contract.Exchange { return a.exchange }

// kept is the last request of x and what came of it, as a notice keeps it. What
// a caller keyed, cookies, and the credentials and queries of URLs are left out.
func (x *exchange) kept() *contract.Exchange {
	if x.made == 0 {
		return nil
	}
	k := &contract.Exchange{ID: rand.Text(), Method: x.method, Variables: cut(variables(x.params), keptVariables)}
	if x.heard != nil {
		k.Headers = cut(headers(x.heard.header), keptHeaders)
		// An application may say what it was sent.
		k.Body = mask.Codes(body(x.heard.body), entries(x.params["Digits"]))
	}
	return k
}

// entries are those of what callers keyed that are long enough to be looked for.
func entries(digits []string) []string {
	return slices.DeleteFunc(slices.Clone(digits), func(d string) bool { return len(d) < 3 })
}

func variables(params url.Values) string {
	shown := make(url.Values, len(params))
	for name, values := range params {
		for _, v := range values {
			switch {
			case name == "Digits":
				v = masked
			case strings.HasSuffix(name, "Url"):
				v = redactRaw(v)
			}
			shown.Add(name, v)
		}
	}
	return shown.Encode()
}

func headers(header http.Header) string {
	shown := make(url.Values, len(header))
	for name, values := range header {
		for _, v := range values {
			switch name {
			case "Set-Cookie":
				v = masked
			case "Location", "Content-Location":
				v = redactRaw(v)
			}
			shown.Add(name, v)
		}
	}
	return shown.Encode()
}

// userinfo is what stands before the host in a URL (RFC 3986 §3.2.1), wherever
// in a text that is.
var userinfo = regexp.MustCompile(`(?i)(https?://)[^/?#\s"'<>@]*@`)

// body is the beginning of a text; nothing of what is none.
func body(b []byte) string {
	text := cut(string(b[:min(len(b), 3*keptBody)]), 2*keptBody) // so that no password is cut from its @
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return ""
	}
	return cut(userinfo.ReplaceAllString(text, "${1}"+masked+"@"), keptBody)
}

// cut is the beginning of a text, in whole characters.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}
