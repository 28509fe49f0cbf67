package certificate

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The bounds of what an authority says.
const (
	maxAnswer  = 1 << 20 // bytes
	maxReason  = 600     // bytes of one reason
	maxReasons = 8
	sameFor    = 10 * time.Minute // a reason that is heard again is the same one
	answerTime = 30 * time.Second
)

// againAfter is how long is waited after each attempt that failed; the last one for
// good. An authority takes few of them: Let's Encrypt five an hour.
var againAfter = []time.Duration{2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour}

// authority is the way to an authority. It hears the reasons why something is refused,
// for autocert keeps them to itself: that of a challenge always, and all of them when it
// renews.
type authority struct {
	next   http.RoundTripper
	domain string
	log    *slog.Logger
	life   context.Context
	close  func() // ends what is under way

	mu      sync.Mutex
	have    bool      // there is a certificate: what is asked for is the next one
	reasons []reason  // the latest
	notTill time.Time // the authority says when it is to be asked again
}

// reason is why something was refused, and when that was heard.
type reason struct {
	text string
	at   time.Time
}

func newAuthority(roots *x509.CertPool, domain string, log *slog.Logger) *authority {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	t.ResponseHeaderTimeout = answerTime
	life, end := context.WithCancel(context.Background())
	return &authority{next: t, domain: domain, log: log, life: life, close: func() { end(); t.CloseIdleConnections() }}
}

// RoundTrip implements http.RoundTripper.
func (a *authority) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	defer context.AfterFunc(a.life, cancel)()
	resp, err := a.next.RoundTrip(r.WithContext(ctx))
	if err != nil {
		cancel()
		if a.life.Err() == nil {
			a.hear(fmt.Sprintf("%s cannot be reached: %v", r.URL.Host, err))
		}
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	cancel()
	if err = errors.Join(err, resp.Body.Close()); err == nil && len(text) > maxAnswer {
		err = errors.New("its answer is too long")
	}
	if err != nil {
		return nil, fmt.Errorf("read what %s says: %w", r.URL.Host, err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(text))
	a.listen(resp, text)
	return resp, nil
}

// problem is a refusal (RFC 8555 §6.7, RFC 9457).
type problem struct {
	Type, Detail string
	Subproblems  []problem
}

func (p *problem) String() string {
	words := strings.TrimSpace(p.Detail + " (" + strings.TrimPrefix(p.Type, "urn:ietf:params:acme:error:") + ")")
	for _, s := range p.Subproblems {
		words += "; " + s.String()
	}
	return words
}

// listen hears what is refused in an answer: all of it, or, in an authorization, the
// challenge that was not passed.
func (a *authority) listen(resp *http.Response, text []byte) {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch kind {
	case "application/problem+json":
		var p problem
		// RFC 8555 §6.5: a nonce that is refused is no reason, it is asked again.
		if json.Unmarshal(text, &p) != nil || strings.HasSuffix(p.Type, ":badNonce") {
			return
		}
		a.hear(p.String())
		if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s > 0 {
			a.mu.Lock()
			a.notTill = time.Now().Add(time.Duration(min(s, 24*3600)) * time.Second)
			a.mu.Unlock()
		}
	case "application/json":
		var z struct {
			Challenges []struct {
				Type  string
				Error *problem
			}
		}
		if json.Unmarshal(text, &z) != nil {
			return
		}
		for _, c := range z.Challenges {
			if c.Error != nil {
				a.hear(c.Type + ": " + c.Error.String())
			}
		}
	}
}

// begin forgets what was heard, before something is asked for.
func (a *authority) begin() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reasons, a.notTill = nil, time.Time{}
}

// hear keeps a reason for explain. When a certificate is renewed nobody asks for it, and
// it is logged.
func (a *authority) hear(text string) {
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "") + "…"
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reasons = slices.DeleteFunc(a.reasons, func(r reason) bool { return time.Since(r.at) > sameFor })
	if len(a.reasons) == maxReasons || slices.ContainsFunc(a.reasons, func(r reason) bool { return r.text == text }) {
		return
	}
	a.reasons = append(a.reasons, reason{text, time.Now()})
	if a.have {
		a.log.Warn("the certificate could not be renewed; the one before it serves on, and it is tried again within the hour", "name", a.domain, "err", text)
	}
}

// explain gives an error the reasons that were heard since begin.
func (a *authority) explain(err error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil || len(a.reasons) == 0 {
		return err
	}
	words := make([]string, len(a.reasons))
	for i, r := range a.reasons {
		words[i] = r.text
	}
	return fmt.Errorf("the authority: %s", strings.Join(words, "; "))
}

// renewing says that there is a certificate: what goes wrong from here on does so at its
// renewal.
func (a *authority) renewing() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.have, a.reasons = true, nil
}

// wait is how long to wait after attempt n, from 0 on.
func (a *authority) wait(n int) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return max(againAfter[min(n, len(againAfter)-1)], time.Until(a.notTill)).Round(time.Second)
}
