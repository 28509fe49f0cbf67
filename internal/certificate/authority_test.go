package certificate

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// says is an authority that gives one answer, or an error.
type says struct {
	kind, body, retryAfter string
	err                    error
}

func (s *says) RoundTrip(*http.Request) (*http.Response, error) {
	if s.err != nil {
		return nil, s.err
	}
	h := http.Header{"Content-Type": {s.kind}}
	if s.retryAfter != "" {
		h.Set("Retry-After", s.retryAfter)
	}
	return &http.Response{StatusCode: 403, Header: h, Body: io.NopCloser(strings.NewReader(s.body))}, nil
}

func refusing(t *testing.T, s *says, log *slog.Logger) *authority {
	t.Helper()
	a := newAuthority(nil, "phone.example.com", log)
	t.Cleanup(a.close)
	a.next = s
	return a
}

// ask asks the authority for anything.
func ask(t *testing.T, a *authority) (body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", "https://ca.example.com/order", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := a.RoundTrip(r)
	if err != nil {
		return ""
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

// What an authority refuses is told in its words; what is no reason is not; and its
// answers pass as they are.
func TestAuthority_explains(t *testing.T) {
	failed := errors.New("no viable challenge type found")
	for name, test := range map[string]struct {
		says says
		want string
	}{
		"a refusal": {says{kind: "application/problem+json", body: `{"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many certificates"}`},
			"the authority: too many certificates (rateLimited)"},
		"its parts": {says{kind: "application/problem+json; charset=utf-8", body: `{"type":"urn:ietf:params:acme:error:malformed","detail":"no","subproblems":[{"type":"urn:ietf:params:acme:error:caa","detail":"CAA forbids it"}]}`},
			"the authority: no (malformed); CAA forbids it (caa)"},
		"a challenge": {says{kind: "application/json", body: `{"status":"invalid","challenges":[{"type":"http-01","error":{"type":"urn:ietf:params:acme:error:dns","detail":"no such name"}},{"type":"dns-01"}]}`},
			"the authority: http-01: no such name (dns)"},
		"a nonce":        {says{kind: "application/problem+json", body: `{"type":"urn:ietf:params:acme:error:badNonce","detail":"old"}`}, failed.Error()},
		"no JSON":        {says{kind: "application/problem+json", body: `{`}, failed.Error()},
		"something else": {says{kind: "text/html", body: "<h1>Hello</h1>"}, failed.Error()},
		"nobody":         {says{err: errors.New("connection refused")}, "the authority: ca.example.com cannot be reached: connection refused"},
		"long": {says{kind: "application/problem+json", body: `{"type":"x","detail":"` + strings.Repeat("a", 5000) + `"}`},
			"the authority: " + strings.Repeat("a", maxReason) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			a := refusing(t, &test.says, slog.New(slog.DiscardHandler))
			a.begin()
			if got := ask(t, a); got != test.says.body {
				t.Errorf("the answer became %q", got)
			}
			ask(t, a) // the same again is the same reason
			if got := a.explain(failed).Error(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			a.begin()
			if got := a.explain(failed); got != failed {
				t.Errorf("later: %v", got)
			}
		})
	}
}

// An answer without end is none.
func TestAuthority_isBounded(t *testing.T) {
	a := refusing(t, &says{kind: "application/json", body: strings.Repeat(" ", maxAnswer+1)}, slog.New(slog.DiscardHandler))
	r, err := http.NewRequestWithContext(t.Context(), "GET", "https://ca.example.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.RoundTrip(r); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("got %v", err)
	}
}

// It is asked ever less often, and not before it says.
func TestAuthority_waits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &says{kind: "application/problem+json", body: `{"type":"urn:ietf:params:acme:error:rateLimited","detail":"slow down"}`}
		a := refusing(t, s, slog.New(slog.DiscardHandler))
		for n, want := range []time.Duration{2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, time.Hour} {
			a.begin()
			ask(t, a)
			if got := a.wait(n); got != want {
				t.Errorf("after attempt %d: %v, want %v", n, got, want)
			}
		}
		s.retryAfter = "1800"
		ask(t, a)
		if got := a.wait(0); got != 30*time.Minute {
			t.Errorf("after Retry-After: %v", got)
		}
		a.begin()
		if got := a.wait(0); got != 2*time.Minute {
			t.Errorf("at the next attempt: %v", got)
		}
	})
}

// A renewal that fails is logged each time, and once for each time.
func TestAuthority_tellsOfRenewals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		a := refusing(t, &says{err: fmt.Errorf("no route to host")}, slog.New(slog.NewTextHandler(&log, nil)))
		ask(t, a)
		if log.Len() > 0 {
			t.Errorf("while there is none yet: %s", &log)
		}
		a.renewing()
		for range 3 {
			ask(t, a)
			ask(t, a)
			time.Sleep(45 * time.Minute)
		}
		if got := strings.Count(log.String(), "no route to host"); got != 3 || !strings.Contains(log.String(), "level=WARN") {
			t.Errorf("told %d times, want 3:\n%s", got, &log)
		}
	})
}

// When the switch stops, what is under way ends.
func TestAuthority_closes(t *testing.T) {
	a := newAuthority(nil, "phone.example.com", slog.New(slog.DiscardHandler))
	a.next = never{}
	r, err := http.NewRequestWithContext(t.Context(), "GET", "https://ca.example.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(0, a.close)
	if _, err := a.RoundTrip(r); err == nil {
		t.Error("it was answered")
	}
}

// never answers.
type never struct{}

func (never) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}
