package signature_test

import (
	"net/url"
	"testing"

	"confab/internal/signature"
)

// example1 is the worked example of Twilio's "Validating signatures".
var example1 = url.Values{
	"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675310"}, "Digits": {"1234"},
	"From": {"+14158675310"}, "To": {"+18005551212"},
}

func TestSign_vectors(t *testing.T) {
	tests := []struct {
		name, token, url string
		params           url.Values
		want             string
	}{
		{"form, with a query", "12345", "https://example.com/myapp.php?foo=1&bar=2", example1, "L/OH5YylLD5NRKLltdqwSvS0BnU="},
		{"form", "12345", "https://example.com/myapp", url.Values{
			"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+12349013030"}, "Digits": {"1234"},
			"From": {"+12349013030"}, "To": {"+18005551212"},
		}, "NGAgWNhdnsLF8j385frvrQoi9sg="},
		{"body", "12345", "https://example.com/myapp?bodySHA256=5ccde7145dfb8f56479710896586cb9d5911809d83afbe34627818790db0aec9", nil, "hPXmLwIy3Fgqv1i9KPmH/HhQ6zo="},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := signature.Sign(test.token, test.url, test.params); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if !signature.Valid(test.token, test.want, test.url, test.params) {
				t.Error("not valid")
			}
		})
	}
}

func TestSignBody_vector(t *testing.T) {
	const body = `{"CallSid":"CA1234567890ABCDE","Caller":"+12349013030"}`
	signed, sig := signature.SignBody("12345", "https://example.com/myapp", []byte(body))
	if want := "https://example.com/myapp?bodySHA256=5ccde7145dfb8f56479710896586cb9d5911809d83afbe34627818790db0aec9"; signed != want {
		t.Errorf("got %s, want %s", signed, want)
	}
	if want := "hPXmLwIy3Fgqv1i9KPmH/HhQ6zo="; sig != want {
		t.Errorf("got %s, want %s", sig, want)
	}
	if !signature.ValidBody("12345", sig, signed, []byte(body)) {
		t.Error("not valid")
	}
	if signature.ValidBody("12345", sig, signed, []byte(body+" ")) {
		t.Error("valid with another body")
	}
	if signature.ValidBody("12346", sig, signed, []byte(body)) {
		t.Error("valid with another token")
	}
	plain := signature.Sign("12345", "https://example.com/myapp", nil)
	if signature.ValidBody("12345", plain, "https://example.com/myapp", nil) {
		t.Error("valid without bodySHA256")
	}
}

func TestSignBody_url(t *testing.T) {
	const sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // of nothing
	for in, want := range map[string]string{
		"https://example.com/a":       "https://example.com/a?bodySHA256=" + sum,
		"https://example.com/a?b=1":   "https://example.com/a?b=1&bodySHA256=" + sum,
		"https://example.com/a?b=1#c": "https://example.com/a?b=1&bodySHA256=" + sum + "#c",
	} {
		got, sig := signature.SignBody("t", in, nil)
		if got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
		if !signature.ValidBody("t", sig, got, nil) {
			t.Errorf("%s: not valid", in)
		}
	}
}

// What is signed is the address without fragment and user:password@, and over
// HTTPS without its port; its bytes are not touched.
func TestSign_address(t *testing.T) {
	tests := []struct{ name, url, same string }{
		{"fragment", "https://example.com/a?b=1#rc=2", "https://example.com/a?b=1"},
		{"user and password", "https://ann:sesame@example.com/a", "https://example.com/a"},
		{"at sign in the path", "https://example.com/a@b", "https://example.com/a@b"},
		{"https with port", "https://example.com:8443/a", "https://example.com/a"},
		{"no path", "http://example.com", "http://example.com/"},
		{"no path with query", "http://example.com?a=1", "http://example.com/?a=1"},
		{"IPv6", "https://[2001:db8::1]:8443/a", "https://[2001:db8::1]/a"},
		{"IPv6 with no port", "https://[2001:db8::1]/a", "https://[2001:db8::1]/a"},
		{"scheme in capitals", "HTTPS://example.com:1/a", "https://example.com/a"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if signature.Sign("t", test.url, nil) != signature.Sign("t", test.same, nil) {
				t.Errorf("%s is not signed as %s", test.url, test.same)
			}
		})
	}
	for _, pair := range [][2]string{
		{"http://example.com:8080/a", "http://example.com/a"}, // the port of http counts
		{"https://example.com/a?b=%27", "https://example.com/a?b='"},
		{"https://example.com/a?b=%2f", "https://example.com/a?b=%2F"},
		{"https://example.com/a?b=+", "https://example.com/a?b=%20"},
		{"https://example.com/a?b", "https://example.com/a?b="},
		{"http://example.com/a", "https://example.com/a"},
	} {
		if signature.Sign("t", pair[0], nil) == signature.Sign("t", pair[1], nil) {
			t.Errorf("%s is signed as %s", pair[0], pair[1])
		}
	}
}

func TestSign_params(t *testing.T) {
	const u = "https://example.com/a"
	same := func(name string, a, b url.Values, want bool) {
		t.Helper()
		if got := signature.Sign("t", u, a) == signature.Sign("t", u, b); got != want {
			t.Errorf("%s: same %v, want %v", name, got, want)
		}
	}
	same("none and empty", nil, url.Values{}, true)
	same("names are sorted by byte", url.Values{"b": {"2"}, "B": {"1"}}, url.Values{"B1b": {"2"}}, true)
	same("a repeated name: sorted, each value once", url.Values{"a": {"2", "1", "2"}}, url.Values{"a": {"1", "2"}}, true)
	same("values are not trimmed", url.Values{"a": {" 1"}}, url.Values{"a": {"1"}}, false)
	values := []string{"2", "1"}
	signature.Sign("t", u, url.Values{"a": values})
	if values[0] != "2" {
		t.Error("the caller's values were sorted")
	}
}

// Senders disagree about the port, so both ways are taken.
func TestValid_port(t *testing.T) {
	sign := func(u string) string { // over http the port is signed as written
		return signature.Sign("t", u, example1)
	}
	tests := []struct {
		name, signed, checked string
		want                  bool
	}{
		{"signed without, checked with", "http://example.com/a", "http://example.com:8080/a", true},
		{"signed with, checked with", "http://example.com:8080/a", "http://example.com:8080/a", true},
		{"signed with the standard one", "http://example.com:80/a", "http://example.com/a", true},
		{"signed with another", "http://example.com:81/a", "http://example.com/a", false},
		{"https", "https://example.com:8443/a", "https://example.com:8443/a", true},
		{"https and no port", "https://example.com:8443/a", "https://example.com/a", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := signature.Valid("t", sign(test.signed), test.checked, example1); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestValid_refuses(t *testing.T) {
	const u = "https://example.com/a"
	good := signature.Sign("t", u, example1)
	other := url.Values{"Digits": {"9"}}
	tests := []struct {
		name, token, sig, url string
		params                url.Values
	}{
		{"no signature", "t", "", u, example1},
		{"cut short", "t", good[:len(good)-1], u, example1},
		{"another token", "T", good, u, example1},
		{"another address", "t", good, u + "b", example1},
		{"another scheme", "t", good, "http://example.com/a", example1},
		{"other parameters", "t", good, u, other},
		{"no parameters", "t", good, u, nil},
		{"no token", "", signature.Sign("", u, example1), u, example1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if signature.Valid(test.token, test.sig, test.url, test.params) {
				t.Error("valid")
			}
		})
	}
}

func FuzzSign(f *testing.F) {
	f.Add("https://ann:x@example.com:1/a?b=1#c", "Digits", "1")
	f.Add("//", "", "")
	f.Add("http://[::1", "a", "b")
	f.Fuzz(func(t *testing.T, u, name, value string) {
		params := url.Values{name: {value}}
		sig := signature.Sign("t", u, params)
		if !signature.Valid("t", sig, u, params) {
			t.Errorf("%q: own signature is not valid", u)
		}
		signed, sig := signature.SignBody("t", u, []byte(value))
		if _, err := url.ParseQuery(afterQuestionMark(signed)); err == nil && !signature.ValidBody("t", sig, signed, []byte(value)) {
			t.Errorf("%q: own signature of a body is not valid", u)
		}
	})
}

func afterQuestionMark(u string) string {
	for i := range u {
		if u[i] == '?' {
			for j := i; j < len(u); j++ {
				if u[j] == '#' {
					return u[i+1 : j]
				}
			}
			return u[i+1:]
		}
	}
	return ""
}
