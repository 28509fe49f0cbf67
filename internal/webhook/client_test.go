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
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

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
		m, err := c.FetchMedia(t.Context(), "http://app.test/tone.wav?v=2#rc=1", 100_000, nil)
		if err != nil || m.ContentType != "audio/x-wav" || len(m.Body) != 100_000 || m.URL.String() != "http://app.test/tone.wav?v=2" {
			t.Errorf("media %v, %v", m, err)
		}
		if _, err := c.FetchMedia(t.Context(), "http://app.test/tone.wav?v=2", 99_999, nil); code(t, err) != contract.CodeBodyTooLarge {
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
			_, err := c.FetchMedia(t.Context(), at, 1000, nil)
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
