package webhook_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/icholy/digest"

	"confab/internal/contract"
	"confab/internal/webhook"
)

var form = url.Values{"CallSid": {"CA1"}, "From": {"+15550111"}, "Caller": {"O'Hara & Söhne"}}

func TestFetchPostsASignedForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		b.serve("192.0.2.10:80", func(w http.ResponseWriter, r *http.Request) {
			if !signed(r) {
				t.Errorf("signature %q is not valid", r.Header.Get("X-Twilio-Signature"))
			}
			if r.Method != "POST" || r.RequestURI != "/voice%20mail?room=tea&o=%27" || r.Host != "app.test" {
				t.Errorf("request is %s %s at %s", r.Method, r.RequestURI, r.Host)
			}
			if diff := cmp.Diff(form, r.PostForm); diff != "" {
				t.Errorf("form (-want +got):\n%s", diff)
			}
			for name, want := range map[string]string{"User-Agent": "TwilioProxy/1.1", "Accept": "*/*", "Authorization": "",
				"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8", "Accept-Encoding": ""} {
				if got := r.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if r.Header.Get("I-Twilio-Idempotency-Token") == "" {
				t.Error("no idempotency token")
			}
			w.Header().Set("Content-Type", "text/xml")
			w.WriteHeader(http.StatusCreated)
			io.WriteString(w, "<Response/>")
		})
		r, err := b.client().Fetch(t.Context(), webhook.Request{Account: account,
			URL: "http://user:pass@app.test/voice%20mail?room=tea&o='#rc=2", Params: form})
		if err != nil {
			t.Fatal(err)
		}
		if r.Status != 201 || r.ContentType != "text/xml" || string(r.Body) != "<Response/>" || r.Failed != nil {
			t.Errorf("response %+v", r)
		}
		if got := r.URL.String(); got != "http://app.test/voice%20mail?room=tea&o=%27" {
			t.Errorf("URL %s", got)
		}
	})
}

// Twilio voice webhooks, GET: parameters come after those that the URL has, and
// are part of the signed address.
func TestFetchByGetAppendsParameters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		b.serve("192.0.2.10:80", func(w http.ResponseWriter, r *http.Request) {
			if !signed(r) {
				t.Error("signature is not valid")
			}
			if want := "/voice?z=1&a=2&" + form.Encode(); r.Method != "GET" || r.RequestURI != want {
				t.Errorf("%s %s, want GET %s", r.Method, r.RequestURI, want)
			}
			if strings.Contains(r.RequestURI, "'") || r.ContentLength != 0 || r.Header.Get("Content-Type") != "" {
				t.Errorf("request %s %v", r.RequestURI, r.Header)
			}
		})
		r, err := b.client().Fetch(t.Context(), webhook.Request{Account: account, Method: "get", URL: "http://app.test/voice?z=1&a=2", Params: form})
		if err != nil {
			t.Fatal(err)
		}
		// What is relative to the document is not relative to our parameters.
		if got := r.URL.String(); got != "http://app.test/voice?z=1&a=2" {
			t.Errorf("URL %s", got)
		}
	})
}

func TestFailuresHaveTheirCodes(t *testing.T) {
	large := strings.Repeat("x", webhook.MaxDocument)
	tests := []struct {
		name, url string
		answer    http.HandlerFunc
		raw       func(net.Conn)
		code      contract.Code
		requests  int
		took      time.Duration
	}{
		{name: "200", answer: status(200), requests: 1},
		{name: "204", answer: status(204), requests: 1},
		{name: "exactly 64 KB", answer: text(large), requests: 1},
		{name: "404", answer: status(404), code: contract.CodeRetrieval, requests: 1},
		{name: "500", answer: status(500), code: contract.CodeRetrieval, requests: 1},
		{name: "304", answer: status(304), code: contract.CodeRetrieval, requests: 1},
		{name: "redirect to nowhere", answer: status(302), code: contract.CodeRetrieval, requests: 1},
		{name: "endless error page", answer: endless(500), code: contract.CodeRetrieval, requests: 1},
		{name: "more than 64 KB", answer: text(large + "x"), code: contract.CodeBodyTooLarge, requests: 1},
		{name: "megabytes announced", answer: announced(1 << 40), code: contract.CodeBodyTooLarge, requests: 1},
		{name: "megabytes without end", answer: endless(200), code: contract.CodeBodyTooLarge, requests: 1},
		{name: "silence", answer: slow(time.Hour), code: contract.CodeRetrieval, requests: 1, took: 15 * time.Second},
		{name: "just in time", answer: slow(14 * time.Second), requests: 1, took: 14 * time.Second},
		{name: "drop by drop", answer: dribble(time.Second), code: contract.CodeRetrieval, requests: 1, took: 15 * time.Second},
		{name: "silence with rt", url: "#rt=1000", answer: slow(time.Hour), code: contract.CodeRetrieval, requests: 1, took: time.Second},
		{name: "silence with rt, again", url: "#rt=1000&rp=rt&rc=3", answer: slow(time.Hour), code: contract.CodeRetrieval, requests: 4, took: 4 * time.Second},
		{name: "drop by drop with rt", url: "#rt=1500", answer: dribble(time.Second), code: contract.CodeRetrieval, requests: 1, took: 15 * time.Second},
		{name: "drop by drop, too slow for rt", url: "#rt=500&rp=all&rc=3", answer: dribble(time.Second), code: contract.CodeRetrieval, requests: 1, took: 500 * time.Millisecond},
		{name: "tt", url: "#tt=2000&rc=5&rp=all", answer: slow(time.Hour), code: contract.CodeRetrieval, requests: 1, took: 2 * time.Second},
		{name: "tt over retries", url: "#tt=2500&rt=1000&rc=5&rp=all", answer: slow(time.Hour), code: contract.CodeRetrieval, requests: 3, took: 2500 * time.Millisecond},
		{name: "500 again", url: "#rc=3&rp=5xx", answer: status(500), code: contract.CodeRetrieval, requests: 4},
		{name: "404 again", url: "#rc=2&rp=ct,4xx", answer: status(404), code: contract.CodeRetrieval, requests: 3},
		{name: "404 not asked for", url: "#rc=2&rp=5xx", answer: status(404), code: contract.CodeRetrieval, requests: 1},
		{name: "closed at once", raw: func(c net.Conn) {}, code: contract.CodeRetrieval},
		{name: "closed after the request", raw: func(c net.Conn) { c.Read(make([]byte, 4096)) }, code: contract.CodeRetrieval},
		{name: "not HTTP", raw: says("220 mail.test ESMTP\r\n"), code: contract.CodeProtocol},
		{name: "bad header", raw: says("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), code: contract.CodeProtocol},
		{name: "cut short", raw: says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), code: contract.CodeRetrieval},
		{name: "endless header", raw: says("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20)), code: contract.CodeRetrieval},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t)
				var requests atomic.Int64
				if test.raw != nil {
					b.raw("192.0.2.10:80", test.raw)
				} else {
					b.serve("192.0.2.10:80", func(w http.ResponseWriter, r *http.Request) {
						io.Copy(io.Discard, r.Body)
						requests.Add(1)
						test.answer(w, r)
					})
				}
				start := time.Now()
				_, err := b.client().Fetch(t.Context(), webhook.Request{Account: account, URL: "http://app.test/voice" + test.url})
				took := time.Since(start)
				if got := code(t, err); got != test.code {
					t.Errorf("error %v, want code %d", err, test.code)
				}
				if got := int(requests.Load()); test.raw == nil && got != test.requests {
					t.Errorf("%d requests, want %d", got, test.requests)
				}
				if took != test.took {
					t.Errorf("took %v, want %v", took, test.took)
				}
			})
		})
	}
}

func status(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n) }
}

func text(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, s) }
}

func slow(d time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { sleep(r, d) }
}

func announced(n int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(n))
		w.Write(make([]byte, 1000))
		w.(http.Flusher).Flush()
		sleep(r, time.Hour)
	}
}

func endless(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 10_000)); err != nil {
				return
			}
		}
	}
}

func dribble(every time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			w.Write([]byte("x"))
			w.(http.Flusher).Flush()
			sleep(r, every)
		}
	}
}

func says(s string) func(net.Conn) {
	return func(c net.Conn) {
		c.Read(make([]byte, 4096))
		io.WriteString(c, s)
	}
}

// Twilio webhooks: 5 s to connect, and one retry when that fails.
func TestConnectFailures(t *testing.T) {
	hang := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	tests := []struct {
		name, url string
		dial      func(ctx context.Context, network, addr string) (net.Conn, error)
		code      contract.Code
		dials     int
		took      time.Duration
	}{
		{"refused", "http://app.test/", nil, contract.CodeConnect, 2, 0},
		{"refused, no retry", "http://app.test/#rc=0", nil, contract.CodeConnect, 1, 0},
		{"refused, five retries", "http://app.test/#rc=5", nil, contract.CodeConnect, 6, 0},
		{"refused, retry for other things", "http://app.test/#rc=5&rp=5xx,rt", nil, contract.CodeConnect, 1, 0},
		{"hanging", "http://app.test/", hang, contract.CodeConnect, 2, 10 * time.Second},
		{"hanging, ct", "http://app.test/#ct=200", hang, contract.CodeConnect, 2, 400 * time.Millisecond},
		{"hanging, tt", "http://app.test/#ct=4000&rc=5&tt=6000", hang, contract.CodeConnect, 2, 6 * time.Second},
		{"out of range", "http://app.test/#ct=20&rc=9&rp=sometimes", hang, contract.CodeConnect, 2, 10 * time.Second},
		{"no such host", "http://nowhere.test/", nil, contract.CodeHostName, 0, 0},
		{"refused by policy", "http://10.0.0.1/#rc=5&rp=all", nil, contract.CodeConnect, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t)
				b.dial = test.dial
				start := time.Now()
				_, err := b.client().Fetch(t.Context(), webhook.Request{Account: account, URL: test.url})
				if got := code(t, err); got != test.code && !(test.name == "hanging, tt" && got == contract.CodeRetrieval) {
					t.Errorf("error %v, want code %d", err, test.code)
				}
				if took := time.Since(start); took != test.took {
					t.Errorf("took %v, want %v", took, test.took)
				}
				if got := b.dialled(); got != test.dials {
					t.Errorf("%d dials, want %d", got, test.dials)
				}
			})
		})
	}
}

// All attempts at one thing have one token; an application knows by it what it
// has had already.
func TestRetriesKeepTheirToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		var seen []string
		b.serve("192.0.2.10:80", func(w http.ResponseWriter, r *http.Request) {
			if !signed(r) {
				t.Error("a retry is not signed")
			}
			seen = append(seen, r.Header.Get("I-Twilio-Idempotency-Token"))
			if len(seen)%3 != 0 {
				w.WriteHeader(http.StatusBadGateway)
			}
		})
		c := b.client()
		for range 2 {
			if _, err := c.Fetch(t.Context(), webhook.Request{Account: account, URL: "http://app.test/#rp=5xx&rc=2", Params: form}); err != nil {
				t.Fatal(err)
			}
		}
		if len(seen) != 6 || seen[0] != seen[2] || seen[3] != seen[5] || seen[0] == seen[3] || seen[0] == "" {
			t.Errorf("tokens %v, want one per document", seen)
		}
	})
}

func TestRedirects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		var log []string
		handle := func(w http.ResponseWriter, r *http.Request) {
			if !signed(r) {
				t.Errorf("%s %s is not signed for its own address", r.Method, r.RequestURI)
			}
			log = append(log, fmt.Sprintf("%s %s%s %s", r.Method, r.Host, r.RequestURI, r.PostForm.Encode()))
			var hops, code int
			switch n, _ := fmt.Sscanf(r.URL.Path, "/%d/%d", &code, &hops); {
			case n == 2 && hops > 0:
				w.Header().Set("Location", fmt.Sprintf("../%d/%d", code, hops-1))
				w.WriteHeader(code)
			case r.URL.Path == "/away":
				w.Header().Set("Location", "http://app2.test/home?x=1#rc=5")
				w.WriteHeader(http.StatusTemporaryRedirect)
			}
		}
		b.serve("192.0.2.10:80", handle)
		b.serve("192.0.2.20:80", handle)
		c := b.client()
		tests := []struct {
			method, path string
			code         contract.Code
			requests     int
			last         string
		}{
			{"POST", "/301/1", 0, 2, "GET app.test/301/0 "},
			{"POST", "/302/1", 0, 2, "GET app.test/302/0 "},
			{"POST", "/303/1", 0, 2, "GET app.test/303/0 "},
			{"POST", "/307/1", 0, 2, "POST app.test/307/0 CallSid=CA1"},
			{"POST", "/308/1", 0, 2, "POST app.test/308/0 CallSid=CA1"},
			{"GET", "/302/1", 0, 2, "GET app.test/302/0 "},
			{"GET", "/307/1", 0, 2, "GET app.test/307/0 "},
			{"POST", "/307/10", 0, 11, "POST app.test/307/0 CallSid=CA1"},
			{"POST", "/307/11", contract.CodeTooManyRedirects, 11, "POST app.test/307/1 CallSid=CA1"},
			{"POST", "/302/11", contract.CodeTooManyRedirects, 11, "GET app.test/302/1 "},
			{"POST", "/away", 0, 2, "POST app2.test/home?x=1 CallSid=CA1"},
		}
		for _, test := range tests {
			log = nil
			r, err := c.Fetch(t.Context(), webhook.Request{Account: account, Method: test.method, URL: "http://app.test" + test.path,
				Params: url.Values{"CallSid": {"CA1"}}})
			if got := code(t, err); got != test.code || len(log) != test.requests || log[len(log)-1] != test.last {
				t.Errorf("%s %s: code %d after\n%s\nwant code %d after %d requests, the last one %s", test.method, test.path, got,
					strings.Join(log, "\n"), test.code, test.requests, test.last)
			}
			if err == nil {
				if fields := strings.Fields(test.last); "http://"+fields[1] != r.URL.String() {
					t.Errorf("%s %s: URL %s, want that of %s", test.method, test.path, r.URL, test.last)
				}
			}
		}
	})
}

// Twilio webhooks, HTTP authentication: no Authorization before it is asked
// for, and none for another server.
func TestCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		var log []string
		handle := func(w http.ResponseWriter, r *http.Request) {
			authorization := r.Header.Get("Authorization")
			scheme, _, _ := strings.Cut(authorization, " ")
			log = append(log, r.Host+r.URL.Path+" "+scheme)
			if !signed(r) {
				t.Errorf("%s with %q is not signed", r.URL.Path, scheme)
			}
			ok := false
			switch r.URL.Path {
			case "/basic":
				user, pass, _ := r.BasicAuth()
				ok = user == "ann" && pass == "p@ss:word"
				w.Header().Set("WWW-Authenticate", `Basic realm="tea"`)
			case "/digest":
				if cred, err := digest.ParseCredentials(authorization); err == nil {
					challenge := &digest.Challenge{Realm: "tea", Nonce: "abc", Algorithm: "SHA-256", QOP: []string{"auth"}}
					want, err := digest.Digest(challenge, digest.Options{Method: r.Method, URI: r.RequestURI, Username: "ann",
						Password: "p@ss:word", Count: cred.Nc, Cnonce: cred.Cnonce})
					ok = err == nil && want.Response == cred.Response && cred.URI == r.RequestURI
				}
				w.Header().Add("WWW-Authenticate", `Basic realm="tea"`)
				w.Header().Add("WWW-Authenticate", `Digest realm="tea", nonce="abc", algorithm=SHA-256, qop="auth"`)
			case "/bearer":
				w.Header().Set("WWW-Authenticate", `Bearer realm="tea"`)
			case "/away":
				http.Redirect(w, r, "http://app2.test/basic", http.StatusTemporaryRedirect)
				return
			case "/here":
				http.Redirect(w, r, "/basic", http.StatusTemporaryRedirect)
				return
			}
			if !ok {
				w.WriteHeader(http.StatusUnauthorized)
			}
		}
		b.serve("192.0.2.10:80", handle)
		b.serve("192.0.2.20:80", handle)
		c := b.client()
		const with = "ann:p%40ss%3Aword@"
		tests := []struct {
			user, path string
			code       contract.Code
			want       []string
		}{
			{with, "/basic", 0, []string{"app.test/basic ", "app.test/basic Basic"}},
			{with, "/basic#rc=5&rp=4xx", 0, []string{"app.test/basic ", "app.test/basic Basic"}},
			{with, "/digest?x=1", 0, []string{"app.test/digest ", "app.test/digest Digest"}},
			{with, "/here", 0, []string{"app.test/here ", "app.test/basic ", "app.test/basic Basic"}},
			{with, "/away", contract.CodeRetrieval, []string{"app.test/away ", "app2.test/basic "}},
			{"", "/basic", contract.CodeRetrieval, []string{"app.test/basic "}},
			{with, "/bearer", contract.CodeRetrieval, []string{"app.test/bearer "}},
			{"ann:wrong@", "/basic", contract.CodeRetrieval, []string{"app.test/basic ", "app.test/basic Basic"}},
			{"ann:wrong@", "/digest", contract.CodeRetrieval, []string{"app.test/digest ", "app.test/digest Digest"}},
		}
		for _, test := range tests {
			for _, method := range []string{"POST", "GET"} {
				log = nil
				_, err := c.Fetch(t.Context(), webhook.Request{Account: account, Method: method, URL: "http://" + test.user + "app.test" + test.path, Params: form})
				if got := code(t, err); got != test.code || !slices.Equal(log, test.want) {
					t.Errorf("%s%s by %s: code %d after %q, want %d after %q", test.user, test.path, method, got, log, test.code, test.want)
				}
			}
		}
	})
}

func TestCookiesBelongToTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		b.serve("192.0.2.10:80", func(w http.ResponseWriter, r *http.Request) {
			n := 0
			if c, err := r.Cookie("n"); err == nil {
				fmt.Sscan(c.Value, &n)
			}
			http.SetCookie(w, &http.Cookie{Name: "n", Value: fmt.Sprint(n + 1)})
			if n == 0 && r.URL.Path == "/redirect" {
				http.Redirect(w, r, "/", http.StatusFound)
				return
			}
			fmt.Fprint(w, n)
		})
		c := b.client()
		ann, bob := webhook.NewJar(), webhook.NewJar()
		for i, step := range []struct {
			jar  http.CookieJar
			path string
			want string
		}{{ann, "/", "0"}, {ann, "/", "1"}, {bob, "/redirect", "1"}, {ann, "/", "2"}, {nil, "/", "0"}, {nil, "/", "0"}, {bob, "/", "2"}} {
			r, err := c.Fetch(t.Context(), webhook.Request{Account: account, URL: "http://app.test" + step.path, Jar: step.jar})
			if err != nil || string(r.Body) != step.want {
				t.Errorf("step %d: %v, %v, want %s", i, r, err, step.want)
			}
		}
	})
}

// Twilio webhooks, fallback URL: asked when the first gives no document, and
// told why.
func TestFallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		var fallbacks []string
		b.serve("192.0.2.10:80", func(w http.ResponseWriter, r *http.Request) {
			if !signed(r) {
				t.Errorf("%s is not signed", r.URL.Path)
			}
			switch r.URL.Path {
			case "/broken":
				w.WriteHeader(http.StatusInternalServerError)
			case "/fallback":
				fallbacks = append(fallbacks, r.Method+" "+r.FormValue("ErrorCode")+" "+r.FormValue("ErrorUrl")+" "+r.FormValue("CallSid"))
				io.WriteString(w, "sorry")
			}
		})
		c := b.client()
		params := maps.Clone(form)
		r, err := c.Fetch(t.Context(), webhook.Request{Account: account, URL: "http://ann:word@app.test/broken?x=1#rc=0", Method: "POST", Params: params,
			FallbackURL: "http://app.test/fallback", FallbackMethod: "GET"})
		if err != nil {
			t.Fatal(err)
		}
		if string(r.Body) != "sorry" || r.URL.String() != "http://app.test/fallback" || r.Failed == nil || r.Failed.Code != contract.CodeRetrieval {
			t.Errorf("response %+v", r)
		}
		if want := []string{"GET 11200 http://app.test/broken?x=1 CA1"}; !slices.Equal(fallbacks, want) {
			t.Errorf("fallback was asked %q, want %q", fallbacks, want)
		}
		if !cmp.Equal(params, form) {
			t.Errorf("the caller's parameters were changed: %v", params)
		}
		_, err = c.Fetch(t.Context(), webhook.Request{Account: account, URL: "http://app.test/broken", FallbackURL: "http://nowhere.test/"})
		if got := code(t, err); got != contract.CodeHostName {
			t.Errorf("both failed: %v, want the fallback's error", err)
		}
		// Nobody waits for the document any more: no fallback.
		fallbacks = nil
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = c.Fetch(ctx, webhook.Request{Account: account, URL: "http://app.test/broken", FallbackURL: "http://app.test/fallback"})
		if code(t, err) == 0 || !errors.Is(err, context.Canceled) || len(fallbacks) != 0 {
			t.Errorf("with an ended ctx: %v, fallbacks %v", err, fallbacks)
		}
		// The documents' errors, as wrong URLs, have a fallback too.
		if r, err := c.Fetch(t.Context(), webhook.Request{Account: account, URL: "gopher://app.test/", FallbackURL: "http://app.test/fallback"}); err != nil || r.Failed.Code != contract.CodeURL {
			t.Errorf("fallback of a wrong URL: %v, %v", r, err)
		}
	})
}

func TestNothingIsSentUnsigned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		c := b.client()
		_, err := c.Fetch(t.Context(), webhook.Request{Account: "AC-other", URL: "http://app.test/"})
		if code(t, err) == 0 || b.dialled() != 0 {
			t.Errorf("for an unknown account: %v after %d dials", err, b.dialled())
		}
		if _, err := c.Fetch(t.Context(), webhook.Request{Account: account, URL: "http://app.test/", Method: "PUT"}); code(t, err) != contract.CodeURL {
			t.Errorf("PUT: %v", err)
		}
	})
}

func TestFetchMedia(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		b.serve("192.0.2.10:80", func(w http.ResponseWriter, r *http.Request) {
			if r.Method != "GET" || r.RequestURI != "/tone.wav?v=2" || r.Header.Get("X-Twilio-Signature") != "" || r.Header.Get("I-Twilio-Idempotency-Token") != "" {
				t.Errorf("request %s %s %v, want a plain GET", r.Method, r.RequestURI, r.Header)
			}
			w.Header().Set("Content-Type", "audio/x-wav")
			w.Write(make([]byte, 100_000))
		})
		c := b.client()
		m, err := c.FetchMedia(t.Context(), "http://app.test/tone.wav?v=2#rc=1", 100_000)
		if err != nil || m.ContentType != "audio/x-wav" || len(m.Body) != 100_000 || m.URL.String() != "http://app.test/tone.wav?v=2" {
			t.Errorf("media %v, %v", m, err)
		}
		if _, err := c.FetchMedia(t.Context(), "http://app.test/tone.wav?v=2", 99_999); code(t, err) != contract.CodeBodyTooLarge {
			t.Errorf("beyond the limit: %v", err)
		}
	})
}

func TestTellReadsNoMoreThanTheStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		b.serve("192.0.2.10:80", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/endless" {
				endless(200)(w, r)
			}
		})
		c := b.client()
		for _, path := range []string{"/", "/endless"} {
			if err := c.Tell(t.Context(), webhook.Request{Account: account, URL: "http://app.test" + path, Params: form}); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	})
}

func TestTLS(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		io.WriteString(w, r.Header.Get("X-Twilio-Signature"))
	}))
	t.Cleanup(s.Close)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	at, _ := url.Parse(s.URL)
	untrusting := client(t, webhook.Config{Policy: loopback})
	trusting := client(t, webhook.Config{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}})
	later := client(t, webhook.Config{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots,
		Time: func() time.Time { return time.Now().AddDate(200, 0, 0) }}}})
	plain, _ := server(t, func(http.ResponseWriter, *http.Request) {})
	for _, test := range []struct {
		name   string
		client *webhook.Client
		url    string
		want   contract.Code
	}{
		{"trusted", trusting, s.URL, 0},
		{"of no authority", untrusting, s.URL, contract.CodeCertificateChain},
		{"of another host", trusting, "https://localhost:" + at.Port(), contract.CodeCertificateName},
		{"expired", later, s.URL, contract.CodeCertificateTime},
		{"no TLS there", untrusting, strings.Replace(plain, "http:", "https:", 1), contract.CodeTLS},
	} {
		r, err := test.client.Fetch(t.Context(), webhook.Request{Account: account, URL: test.url, Params: form})
		if got := code(t, err); got != test.want {
			t.Errorf("certificate %s: %v, want code %d", test.name, err, test.want)
		}
		if err == nil && len(r.Body) == 0 {
			t.Error("not signed")
		}
	}
}

// What a URL hides is not shown by errors and logs; they say where it was.
func TestNoSecretInErrorsAndLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		b.serve("192.0.2.10:80", func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/401":
				w.Header().Set("WWW-Authenticate", "Basic")
				w.WriteHeader(401)
			case "/loop":
				http.Redirect(w, r, "/loop?token=sesame", http.StatusTemporaryRedirect)
			case "/scheme":
				w.Header().Set("Location", "gopher://ann:sesame@app.test/?token=sesame#sesame")
				w.WriteHeader(302)
			case "/unreadable":
				w.Header().Set("Location", "http://ann:sesame@app.test:port/%zz")
				w.WriteHeader(302)
			default:
				w.WriteHeader(500)
			}
		})
		var log bytes.Buffer
		config := b.config()
		config.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c := webhook.New(config)
		defer c.Close()
		for _, at := range []string{
			"http://ann:sesame@app.test/500?token=sesame#sesame=1", "http://ann:sesame@app.test/401?token=sesame",
			"http://ann:sesame@app.test/loop?token=sesame", "http://ann:sesame@app.test/scheme", "http://ann:sesame@app.test/unreadable",
			"http://ann:sesame@nowhere.test/?token=sesame", "http://ann:sesame@app.test:81/?token=sesame", "http://ann:sesame@10.0.0.1/?token=sesame",
			"ftp://ann:sesame@app.test/?token=sesame", "http://ann:sesame@app.test:port/", "http://ann:sesame@[::1/", "http:ann:sesame@app.test",
			"http://ann:sesame@ümlaut.test/?token=sesame", "http://ann:sesame@2130706433/?token=sesame", "://sesame", "http://ann:sesame@/",
		} {
			r := webhook.Request{Account: account, URL: at, Params: url.Values{"Digits": {"sesame"}, "CallSid": {"CA1"}}, Jar: webhook.NewJar()}
			for _, method := range []string{"GET", "POST"} {
				r.Method = method
				_, err := c.Fetch(t.Context(), r)
				if err == nil {
					t.Errorf("%s was fetched", at)
				}
				fmt.Fprintln(&log, err)
				e := err.(*contract.Error)
				fmt.Fprintln(&log, e.Message)
				if e.Message == "" || strings.Contains(err.Error(), "\n") {
					t.Errorf("%s: error %q, message %q", at, err, e.Message)
				}
				fmt.Fprintln(&log, c.Tell(t.Context(), r))
			}
			_, err := c.FetchMedia(t.Context(), at, 1000)
			fmt.Fprintln(&log, err)
		}
		for line := range strings.Lines(log.String()) {
			if strings.Contains(line, "sesame") {
				t.Errorf("shown: %s", line)
			}
		}
		if !strings.Contains(log.String(), "http://app.test/500: it answered 500") {
			t.Errorf("no error says what failed:\n%s", log.String())
		}
	})
}
