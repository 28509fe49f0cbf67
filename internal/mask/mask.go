// Package mask takes out of texts what must not be kept: what callers keyed,
// passwords, credentials, keys. It knows them by where they stand. Whatever it is
// given, it answers with something that holds none of them.
package mask

import (
	"net/url"
	"regexp"
	"strings"
)

// Mark stands for what is not kept.
const Mark = "***"

// names are of parameters whose values are not kept, in lower case: as they are
// spelled, and as an end of a longer name behind an underscore or a dash.
const names = `digits|code|pin|passcode|accesscode|access_code|password|passwd|pwd|secret|token|jwt|apikey|api_key|signature|sig|auth|authorization|credential|credentials`

// secret is such a name, at the end of a word made of several.
var secret = regexp.MustCompile(`(?i)^(?:[a-z0-9]+[_-])*(?:` + names + `)$`)

// Name reports whether the value of a parameter, an attribute or a header field
// of that name is not kept.
func Name(name string) bool { return secret.MatchString(name) || hump.MatchString(name) }

// hump is a secret name at the end of one written with humps, such as authToken.
var hump = regexp.MustCompile(`(?:Digits|Pin|PIN|Passcode|AccessCode|Password|Secret|Token)$`)

// URL returns a URL without user:password@ and fragment, the values of secret
// names in its query masked. What is no URL is masked whole.
func URL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return Mark
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	u.RawQuery = Query(u.RawQuery)
	return u.String()
}

// Query masks the values of secret names in the query of a URL, which otherwise
// stays as it is spelled.
func Query(raw string) string {
	pairs := strings.Split(raw, "&")
	for i, pair := range pairs {
		spelled, _, ok := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(spelled)
		if ok && (err != nil || Name(name)) {
			pairs[i] = spelled + "=" + Mark
		}
	}
	return strings.Join(pairs, "&")
}

// Value returns the value of a parameter as it may be kept.
func Value(name, value string) string {
	switch {
	case value == "":
		return ""
	case Name(name):
		return Mark
	}
	return Text(value)
}

var (
	// userinfo is what stands before the host in a URL (RFC 3986 §3.2.1), wherever
	// in a text that is; of sip: only its password.
	userinfo    = regexp.MustCompile(`(?i)((?:https?|wss?)://)[^/?#\s"'<>@]*@`)
	sipPassword = regexp.MustCompile(`(?i)(\bsips?:[^@:;>\s"'<]*):[^@>\s"'<]*@`)
	// pairs are secret names with their values: in the query of a URL, as attributes
	// in XML, and in JSON.
	queryPair = regexp.MustCompile(`(?i)([?&;](?:[a-z0-9]+[_-])*(?:` + names + `)=)[^&;#"'<>\s]+`)
	attribute = regexp.MustCompile(`(?i)(\b[a-z0-9_:-]*(?:` + names + `)\s*=\s*)("[^"]*"|'[^']*')`)
	member    = regexp.MustCompile(`(?i)("[a-z0-9_-]*(?:` + names + `|ice-?pwd)"\s*:\s*)("(?:[^"\\]|\\.)*"?|[0-9]+)`)
	// jwt is a token by its form (RFC 7519): three parts in base64url.
	jwt = regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`)
)

// Text masks what stands in a text that is not SIP: credentials in URLs, values
// of secret names in queries, attributes and JSON, tokens by their form, and the
// keys of SRTP where there is SDP in it.
func Text(text string) string {
	text = userinfo.ReplaceAllString(text, "${1}"+Mark+"@")
	text = sipPassword.ReplaceAllString(text, "${1}:"+Mark+"@")
	text = queryPair.ReplaceAllString(text, "${1}"+Mark)
	text = attribute.ReplaceAllString(text, `${1}"`+Mark+`"`)
	text = member.ReplaceAllString(text, `${1}"`+Mark+`"`)
	text = jwt.ReplaceAllString(text, Mark)
	return keys.ReplaceAllString(text, "${1}"+Mark)
}

// keys are those of SRTP and of ICE in SDP (RFC 4568 §9.1, RFC 8839 §5.4, RFC 4566
// §5.12), also where its lines stand in JSON.
var keys = regexp.MustCompile(`(?i)(inline:|a=ice-pwd:|a=key-mgmt:[a-z0-9-]+ |(?:^|[\r\n]|\\n)k=[a-z0-9-]+:)[A-Za-z0-9+/=_|:.-]+`)

// Codes masks those of some entries that stand by themselves in a text: not as a
// part of a longer number.
func Codes(text string, codes []string) string {
	for _, code := range codes {
		text = one(text, code)
	}
	return text
}

func one(text, code string) string {
	if code == "" || !strings.Contains(text, code) {
		return text
	}
	var b strings.Builder
	for {
		i := strings.Index(text, code)
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		end := i + len(code)
		b.WriteString(text[:i])
		if i > 0 && digit(text[i-1]) || end < len(text) && digit(text[end]) {
			b.WriteString(code)
		} else {
			b.WriteString(Mark)
		}
		// The byte before what is left is looked at no more: what follows a code
		// that stands by itself does not begin with a digit.
		text = text[end:]
	}
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
