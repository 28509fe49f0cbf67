package webhook_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/contract"
	"confab/internal/webhook"
)

// inProcess is a client of one application inside the process, "line.local".
func inProcess(t *testing.T, h http.HandlerFunc, log *slog.Logger) *webhook.Client {
	t.Helper()
	b := newBubble(t)
	config := b.config()
	config.Local = map[string]http.Handler{"line.local": h}
	config.Log = log
	c := webhook.New(config)
	t.Cleanup(func() {
		c.Close()
		if b.dialled() != 0 {
			t.Error("a socket was used")
		}
	})
	return c
}

func TestInProcessApplicationSeesAnHTTPRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := inProcess(t, func(w http.ResponseWriter, r *http.Request) {
			if !signed(r) {
				t.Errorf("%s is not signed", r.RequestURI)
			}
			if r.Host != "Line.local:8080" || r.URL.Host != "" || r.URL.Scheme != "" || r.URL.Path != "/voice mail" || r.RequestURI != "/voice%20mail?x=1" && r.Method == "POST" {
				t.Errorf("host %q, URL %v, URI %q", r.Host, r.URL, r.RequestURI)
			}
			if got := r.FormValue("Caller"); got != form.Get("Caller") {
				t.Errorf("Caller %q, want %q", got, form.Get("Caller"))
			}
			w.Header().Set("Content-Type", "text/xml")
			w.WriteHeader(http.StatusAccepted)
			w.WriteHeader(http.StatusTeapot) // as net/http: the first counts
			w.Header().Set("Content-Type", "too/late")
			io.WriteString(w, "<Response/>")
		}, nil)
		for _, method := range []string{"GET", "POST"} {
			r, err := c.Fetch(t.Context(), webhook.Request{Account: account, Method: method, URL: "http://Line.local:8080/voice%20mail?x=1", Params: form})
			if err != nil || r.Status != 202 || r.ContentType != "text/xml" || string(r.Body) != "<Response/>" {
				t.Errorf("%s: %+v, %v", method, r, err)
			}
		}
	})
}

func TestInProcessAnswersAreLikeAServers(t *testing.T) {
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		code    contract.Code
		content string
	}{
		"nothing written":   {func(http.ResponseWriter, *http.Request) {}, 0, ""},
		"type not said":     {text("<html>"), 0, "text/html; charset=utf-8"},
		"as the standard's": {func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusForbidden) }, contract.CodeRetrieval, ""},
		"too large":         {text(strings.Repeat("x", webhook.MaxDocument+1)), contract.CodeBodyTooLarge, ""},
		"endless":           {endless(200), contract.CodeBodyTooLarge, ""},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/" {
				http.Redirect(w, r, "/there", http.StatusSeeOther)
			}
		}, 0, ""},
		"aborted": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, contract.CodeRetrieval, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := inProcess(t, test.handler, nil)
				r, err := c.Fetch(t.Context(), webhook.Request{Account: account, URL: "http://line.local", Params: form})
				if got := code(t, err); got != test.code {
					t.Errorf("%v, want code %d", err, test.code)
				}
				if err == nil && r.ContentType != test.content {
					t.Errorf("type %q, want %q", r.ContentType, test.content)
				}
				if c.Panics() != 0 {
					t.Error("counted as a panic")
				}
			})
		})
	}
}

// A panic in the application is an error of its own: answered with 500,
// counted, and said in the log with where it was.
func TestInProcessPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		c := inProcess(t, func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "half a docu")
			panic("oh")
		}, slog.New(slog.NewTextHandler(&log, nil)))
		_, err := c.Fetch(t.Context(), webhook.Request{Account: account, URL: "http://line.local/voice"})
		if got := code(t, err); got != contract.CodeRetrieval || !strings.Contains(err.Error(), "500") {
			t.Errorf("error %v, want 11200 for a 500", err)
		}
		if got := c.Panics(); got != 1 {
			t.Errorf("%d panics counted, want 1", got)
		}
		if !strings.Contains(log.String(), "local_test.go") || !strings.Contains(log.String(), "panic=oh") {
			t.Errorf("log: %s", log.String())
		}
	})
}

// An application that hangs holds up its own call only as long as any other
// would; Close waits for it.
func TestInProcessHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := false
		c := inProcess(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/deaf" {
				time.Sleep(time.Minute) // whatever its request says
				io.WriteString(w, "too late")
				ended = true
			}
			sleep(r, time.Hour)
		}, nil)
		for _, path := range []string{"/", "/deaf"} {
			start := time.Now()
			_, err := c.Fetch(t.Context(), webhook.Request{Account: account, URL: "http://line.local" + path})
			if took := time.Since(start); code(t, err) != contract.CodeRetrieval || took != 15*time.Second {
				t.Errorf("%s: %v after %v, want 11200 after 15s", path, err, took)
			}
		}
		c.Close()
		if !ended {
			t.Error("Close did not wait for the application")
		}
		if _, err := c.Fetch(t.Context(), webhook.Request{Account: account, URL: "http://line.local/"}); code(t, err) == 0 {
			t.Error("a closed client starts applications")
		}
	})
}

// A RoundTripper of a test is taken to be connected: what it fails with is not
// tried again.
func TestTransportOfATest(t *testing.T) {
	calls := 0
	c := client(t, webhook.Config{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		calls++
		if r.URL.Path == "/broken" {
			return nil, io.ErrUnexpectedEOF
		}
		w := httptest.NewRecorder()
		io.WriteString(w, "hello")
		return w.Result(), nil
	})})
	if r, err := c.Fetch(t.Context(), webhook.Request{Account: account, URL: "http://app.test/"}); err != nil || string(r.Body) != "hello" {
		t.Errorf("%v, %v", r, err)
	}
	if _, err := c.Fetch(t.Context(), webhook.Request{Account: account, URL: "http://app.test/broken"}); code(t, err) != contract.CodeRetrieval || calls != 2 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
