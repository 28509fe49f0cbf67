package webhook_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/icholy/digest"

	"confab/internal/contract"
	"confab/internal/webhook"
)

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
			case r.URL.Path == "/broken":
				w.Header().Set("Location", "http://app2.test/500#rc=5&rp=5xx") // limits are the configured URL's
				w.WriteHeader(http.StatusTemporaryRedirect)
			case r.URL.Path == "/500":
				w.WriteHeader(http.StatusInternalServerError)
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
			{"POST", "/broken", contract.CodeRetrieval, 2, "POST app2.test/500 CallSid=CA1"},
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

// A server may close a connection that was kept just as a request goes out over
// it: that is no failure of the application.
func TestConnectionClosedWhileIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		b.raw("192.0.2.10:80", func(c net.Conn) {
			in := bufio.NewReader(c)
			for n := range 2 {
				r, err := http.ReadRequest(in)
				if err != nil {
					return
				}
				io.Copy(io.Discard, r.Body)
				if r.Header.Values("Idempotency-Key") != nil {
					t.Error("a header of another contract was sent")
				}
				if n == 0 {
					io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
				}
			}
		})
		c := b.client()
		for range 3 {
			r, err := c.Fetch(t.Context(), webhook.Request{Account: account, URL: "http://app.test/", Params: form})
			if err != nil || string(r.Body) != "hello" {
				t.Errorf("%v, %v", r, err)
			}
		}
		if got := b.dialled(); got != 3 {
			t.Errorf("%d connections, want 3: kept, found closed, made again", got)
		}
	})
}
