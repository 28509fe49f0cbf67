package logtest_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"confab/internal/logtest"
)

const token = "p@ss/0123456789abcdef+"

// A scan that finds nothing proves nothing: whatever a secret looks like in a
// log, it is found, and not shown.
func TestSecrets_areFound(t *testing.T) {
	secrets := logtest.Secrets{token, "8642097531", "123"}
	for name, line := range map[string]string{
		"as it is":             "msg=account token=" + token,
		"in a longer word":     "x" + token + "x",
		"escaped":              "uri=/x?t=" + url.QueryEscape(token),
		"in a path":            "uri=/" + url.PathEscape(token),
		"in hexadecimal":       fmt.Sprintf("digest %x", token),
		"in base64":            base64.StdEncoding.EncodeToString([]byte(token)),
		"in base64 after one":  base64.StdEncoding.EncodeToString([]byte("a" + token)),
		"in base64 after two":  base64.StdEncoding.EncodeToString([]byte("ab" + token + "and more")),
		"as Basic":             base64.StdEncoding.EncodeToString([]byte("AC0123456789:" + token)),
		"a long code":          "room=tea code=8642097531",
		"a long code, quoted":  `msg="keyed 8642097531#"`,
		"a short code":         "msg=entered code=123",
		"a short code, keyed":  `msg="she keyed 123#"`,
		"a short code, named":  `digits="123"`,
		"anybody's header":     "Authorization: x",
		"anybody's Basic":      "header=[Basic dXNlcjpwYXNz]",
		"anybody's user":       "url=http://ann:sesame@app.example/voice",
		"anybody's password":   "trunk=office password=sesame",
		"what anybody keys in": "body=CallSid=CA1&Digits=9",
	} {
		found := secrets.In("msg=first\n" + line + "\nmsg=last\n")
		if len(found) == 0 {
			t.Errorf("%s: %q is not found", name, line)
			continue
		}
		if !strings.HasPrefix(found[0], "2: ") || strings.Contains(found[0], token) || strings.Contains(found[0], "8642097531") {
			t.Errorf("%s: shown as %q", name, found[0])
		}
	}
}

func TestSecrets_nothingElseIs(t *testing.T) {
	for _, line := range []string{
		"time=2026-11-20T12:00:00.123Z level=INFO msg=serving sip=127.0.0.1:51230 http=127.0.0.1:12345",
		"msg=call call=CA0123456789abcdef0123456789abcdef from=+15550123 took=123ms",
		`msg=document url=http://app.example/voice err="http://app.example/voice: status 401: Basic authentication"`,
		"uri=sip:ann@192.0.2.1:5060 url=http://127.0.0.1:7000/a@b",
		"digits=2 codec=PCMU keys=0",
		"msg=warning code=12300 message=nothing",
	} {
		if found := (logtest.Secrets{token, "8642097531", "123", ""}).In(line); len(found) > 0 {
			t.Errorf("%q: %q", line, found)
		}
	}
}

// noter is a test that is expected to fail.
type noter struct {
	testing.TB
	failed []string
	last   func()
}

func (n *noter) Cleanup(f func()) { n.last = f }
func (n *noter) Errorf(format string, args ...any) {
	n.failed = append(n.failed, fmt.Sprintf(format, args...))
}

func TestWatch(t *testing.T) {
	n := &noter{TB: t}
	log := logtest.Watch(n, token)
	log.Debug("account", "sid", "AC1")
	log.Debug("account", "token", token)
	n.last()
	if len(n.failed) != 1 || strings.Contains(n.failed[0], token) {
		t.Errorf("it fails with %q", n.failed)
	}
}
