package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/icholy/digest"

	"confab/internal/contract"
	"confab/internal/signature"
)

// maxRedirects is how many are followed (Twilio error 11215).
const maxRedirects = 10

// exchange is one URL asked: over redirects, retries and a demand for
// credentials, within one total time.
type exchange struct {
	client *Client
	sign   func(url string, form url.Values) string // nil: not signed
	token  string                                   // I-Twilio-Idempotency-Token; empty: none
	jar    http.CookieJar                           // may be nil
	max    bound                                    // bytes of the body
	cutOff bool                                     // a longer body does not matter

	at     address // where it stands
	method string
	params url.Values // the body of a POST, the rest of a GET's query
	left   int        // retries
	made   int        // attempts
	heard  *reply     // what came of the last one, if that failed too; nil: nothing

	told     func(Made) // nil: nobody is
	attempts []Attempt
}

// ask is run, whose answer must be of status 2xx. The error says what was asked
// and answered.
func (x *exchange) ask(ctx context.Context) (*reply, *contract.Error) {
	begun := x.begun()
	answer, err := x.run(ctx)
	switch {
	case err == nil && success(answer.status):
		x.tell(begun, answer, nil)
		return answer, nil
	case err == nil:
		err = statusError(answer.status)
	}
	told := failure(x.at, err)
	told.Exchange = x.kept()
	x.tell(begun, answer, told)
	return nil, told
}

// run asks until there is an answer that is neither a redirect nor a demand for
// credentials that we have. Its errors are *contract.Error.
func (x *exchange) run(ctx context.Context) (*reply, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, x.at.limits.total, errTotalTime)
	defer cancel()
	x.left = x.at.limits.retries
	for redirects := 0; ; redirects++ {
		answer, err := x.authorised(ctx)
		if err != nil {
			return nil, failure(x.at, err)
		}
		location := answer.header.Get("Location")
		if !redirect(answer.status) || location == "" {
			return answer, nil
		}
		if redirects == maxRedirects {
			return nil, &contract.Error{Code: contract.CodeTooManyRedirects,
				Message: fmt.Sprintf("%s: the %dth redirect is not followed", redact(x.at.url), redirects+1)}
		}
		if x.at, err = x.at.follow(location); err != nil {
			return nil, failure(x.at, err)
		}
		// RFC 9110 §15.4: a POST becomes a GET, without its body, but for 307 and
		// 308. A Location is asked as it stands: it has what query it wants.
		if x.method == http.MethodGet || answer.status != http.StatusTemporaryRedirect && answer.status != http.StatusPermanentRedirect {
			x.method, x.params = http.MethodGet, nil
		}
	}
}

func redirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// authorised asks once without credentials, and again with them when the server
// demands what the URL has (Twilio: "the first request goes out with no
// Authorization header").
func (x *exchange) authorised(ctx context.Context) (*reply, error) {
	answer, err := x.persistent(ctx, "")
	if err != nil || answer.status != http.StatusUnauthorized || x.at.user == nil {
		return answer, err
	}
	authorization, ok := x.authorization(answer.header)
	if !ok {
		return answer, nil
	}
	return x.persistent(ctx, authorization)
}

// authorization answers a server's challenge with the user and password of the
// URL: Digest (RFC 7616) where it is offered, for Basic (RFC 7617) gives the
// password away.
func (x *exchange) authorization(header http.Header) (value string, ok bool) {
	password, _ := x.at.user.Password()
	if challenge, err := digest.FindChallenge(header); err == nil && digest.CanDigest(challenge) {
		credentials, err := digest.Digest(challenge, digest.Options{Method: x.method, URI: x.target().RequestURI(),
			Username: x.at.user.Username(), Password: password, Count: 1})
		if err == nil {
			return credentials.String(), true
		}
	}
	for _, challenge := range header.Values("WWW-Authenticate") {
		if scheme, _, _ := strings.Cut(strings.TrimSpace(challenge), " "); strings.EqualFold(scheme, "Basic") {
			r := http.Request{Header: make(http.Header)}
			r.SetBasicAuth(x.at.user.Username(), password)
			return r.Header.Get("Authorization"), true
		}
	}
	return "", false
}

// persistent makes a request again as often as its URL's overrides say.
func (x *exchange) persistent(ctx context.Context, authorization string) (*reply, error) {
	for {
		r, err := x.request(ctx, authorization)
		if err != nil {
			return nil, err
		}
		start := time.Now()
		x.made++
		answer, err := x.client.attempt(ctx, r, x.at.limits, x.max, x.cutOff)
		x.heard = answer
		x.log(ctx, answer, err, time.Since(start))
		x.attempted(start, answer, err)
		if how := failed(answer, err); how&x.at.limits.on == 0 || x.left == 0 || ctx.Err() != nil ||
			how == fail4xx && answer.status == http.StatusUnauthorized && x.at.user != nil && authorization == "" {
			if err == nil && x.jar != nil {
				x.jar.SetCookies(x.at.url, (&http.Response{Header: answer.header}).Cookies())
			}
			return answer, err
		}
		x.left--
	}
}

func (x *exchange) log(ctx context.Context, answer *reply, err error, took time.Duration) {
	if err != nil {
		x.client.log.DebugContext(ctx, "request failed", "method", x.method, "url", redact(x.at.url), "took", took, "err", err, "retries", x.left)
		return
	}
	x.client.log.DebugContext(ctx, "request answered", "method", x.method, "url", redact(x.at.url), "took", took,
		"status", answer.status, "bytes", len(answer.body))
}

// target is the URL that is sent.
func (x *exchange) target() *url.URL {
	if x.method == http.MethodGet {
		return x.at.withParams(x.params)
	}
	return x.at.url
}

// request makes the HTTP request for where the exchange stands.
func (x *exchange) request(ctx context.Context, authorization string) (*http.Request, error) {
	target, form := x.target(), url.Values(nil)
	var body io.Reader
	if x.method == http.MethodPost {
		form, body = x.params, strings.NewReader(x.params.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, x.method, target.String(), body)
	if err != nil {
		return nil, &contract.Error{Code: contract.CodeURL, Message: redact(target) + ": the URL cannot be asked"}
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	}
	r.Header.Set("User-Agent", "TwilioProxy/1.1")
	r.Header.Set("Accept", "*/*")
	if x.token != "" {
		r.Header.Set("I-Twilio-Idempotency-Token", x.token)
	}
	// Not sent: it lets net/http ask again over a new connection when one that
	// it kept turns out to be closed (http.Transport, "idempotent").
	r.Header["Idempotency-Key"] = nil
	if x.sign != nil {
		r.Header.Set(signature.Header, x.sign(target.String(), form))
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	if x.jar != nil {
		for _, cookie := range x.jar.Cookies(x.at.url) {
			r.AddCookie(cookie)
		}
	}
	return r, nil
}

var errNoToken = errors.New("account has no auth token")
