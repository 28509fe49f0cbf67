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
	if !strings.Contains(raw, "=") {
		return raw
	}
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
	// in a text that is.
	userinfo = regexp.MustCompile(`(?i)((?:https?|wss?)://)[^/?#\s"'<>@]*@`)
	// jwt is a token by its form (RFC 7519): three parts in base64url.
	jwt = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`)
	// keys are those of SRTP and of ICE in SDP (RFC 4568 §9.1, RFC 8839 §5.4, RFC 4566
	// §5.12), also where its lines stand in JSON.
	keys = regexp.MustCompile(`(?i)(inline:|a=ice-pwd:|a=key-mgmt:[a-z0-9-]+ |(?:^|[\r\n]|\\n)k=[a-z0-9-]+:)[A-Za-z0-9+/=_|:.-]+`)
)

// Text masks what stands in a text that is not SIP: credentials in URLs, values
// of secret names in queries, in attributes and in JSON, tokens by their form, and
// the keys of SRTP where there is SDP in it.
func Text(text string) string {
	if strings.Contains(text, "://") && strings.Contains(text, "@") {
		text = userinfo.ReplaceAllString(text, "${1}"+Mark+"@")
	}
	text = sipPasswords(text)
	text = pairs(text)
	if strings.Contains(text, "eyJ") {
		text = jwt.ReplaceAllString(text, Mark)
	}
	if hasKeys(text) {
		text = keys.ReplaceAllString(text, "${1}"+Mark)
	}
	return text
}

// hasKeys reports whether SDP with keys may be in a text.
func hasKeys(text string) bool {
	for _, s := range []string{"nline:", "NLINE:", "ice-pwd", "ICE-PWD", "key-mgmt", "k=", "K="} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return foldContains(text, "ice-pwd") || foldContains(text, "inline:") || foldContains(text, "key-mgmt")
}

// pairs masks the values of secret names: name=value in the query of a URL and
// name="value" as an attribute, "name":"value" in JSON.
func pairs(text string) string {
	var b strings.Builder
	from := 0 // up to here it is written
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '=' && c != ':' {
			continue
		}
		name, quoted, before := nameBefore(text, i)
		if name == "" || c == ':' && !quoted || c == '=' && quoted || !Name(name) && !(c == ':' && strings.EqualFold(name, "icepwd")) {
			continue
		}
		start, end := valueAfter(text, i+1, c == '=' && (before == '?' || before == '&' || before == ';' || before == '"'))
		if start == end {
			continue
		}
		b.WriteString(text[from:start])
		b.WriteString(Mark)
		from = end
		i = end - 1
	}
	if from == 0 {
		return text
	}
	b.WriteString(text[from:])
	return b.String()
}

// nameBefore returns the name that ends before i, white space between them left
// out, whether it is in quotation marks, and what stands before it.
func nameBefore(text string, i int) (name string, quoted bool, before byte) {
	end := i
	for end > 0 && i-end < 8 && (text[end-1] == ' ' || text[end-1] == '\t') {
		end--
	}
	if end > 0 && text[end-1] == '"' {
		quoted = true
		end--
		if end > 0 && text[end-1] == '\\' { // JSON in JSON
			end--
		}
	}
	begin := end
	for begin > 0 && end-begin < 64 && (letter(text[begin-1]) || digit(text[begin-1]) || text[begin-1] == '_' || text[begin-1] == '-') {
		begin--
	}
	if begin > 0 {
		before = text[begin-1]
	}
	return text[begin:end], quoted, before
}

// valueAfter returns where a value begins and ends that begins at i: in quotation
// marks, or, where it may stand bare or is a number, without.
func valueAfter(text string, i int, bare bool) (start, end int) {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r') && !bare {
		i++
	}
	if i == len(text) {
		return i, i
	}
	if text[i] == '\\' && i+1 < len(text) && text[i+1] == '"' { // JSON in JSON
		i++
	}
	if mark := text[i]; mark == '"' || mark == '\'' {
		for end = i + 1; end < len(text) && text[end] != mark; end++ {
			if text[end] == '\\' && mark == '"' && end+1 < len(text) && text[end+1] != mark {
				end++
			}
		}
		if end > i+1 && text[end-1] == '\\' {
			end--
		}
		return i + 1, end
	}
	for end = i; end < len(text) && strings.IndexByte("&;#\"'<>,}] \t\r\n", text[end]) < 0; end++ {
		if !bare && !digit(text[end]) {
			break
		}
	}
	return i, end
}

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
	from := 0
	for at := 0; ; {
		i := strings.Index(text[at:], code)
		if i < 0 {
			b.WriteString(text[from:])
			return b.String()
		}
		i += at
		end := i + len(code)
		if i > 0 && digit(text[i-1]) || end < len(text) && digit(text[end]) {
			at = i + 1
			continue
		}
		b.WriteString(text[from:i])
		b.WriteString(Mark)
		from, at = end, end
	}
}

func digit(c byte) bool  { return c >= '0' && c <= '9' }
func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// foldContains reports whether sub, in lower case, is in text, in whatever case.
func foldContains(text, sub string) bool {
	for i := 0; i+len(sub) <= len(text); i++ {
		if text[i]|0x20 == sub[0]|0x20 && strings.EqualFold(text[i:i+len(sub)], sub) {
			return true
		}
	}
	return false
}
