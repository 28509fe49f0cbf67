package confab

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"confab/internal/api"

	"github.com/prometheus/client_golang/prometheus"
)

// A panic ends one request, in the form that it was asked in, and is counted.
func TestEntry_recovers(t *testing.T) {
	e := &entry{log: slog.New(slog.DiscardHandler), next: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret") })}
	for path, want := range map[string]string{"/anything": "internal server error", api.Root + "Accounts.json": `"code":20500`} {
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != 500 || !strings.Contains(w.Body.String(), want) || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if n := e.panics.Load(); n != 2 {
		t.Errorf("%d panics counted", n)
	}
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, http.ErrAbortHandler) || e.panics.Load() != 2 {
			t.Errorf("net/http's own way out is not let through: %v", err)
		}
	}()
	e.next = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}

func TestMux_readyz(t *testing.T) {
	reason := errors.New("draining")
	mux := newMux(http.NotFoundHandler(), http.NotFoundHandler(), http.NotFoundHandler(), nil, prometheus.NewRegistry(), func() error { return reason })
	get := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
		return w
	}
	if w := get(); w.Code != 503 || !strings.Contains(w.Body.String(), "draining") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	reason = nil
	if w := get(); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A request that is under way when it ends may end too.
func TestServeHTTP_letsRequestsEnd(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	begun, let := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- ServeHTTP(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(begun)
			<-let
			io.WriteString(w, "done")
		}), nil, time.Minute, slog.New(slog.DiscardHandler))
	}()
	answer := make(chan string, 1)
	go func() {
		resp, err := http.Get("http://" + l.Addr().String())
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		answer <- string(body)
	}()
	<-begun
	cancel()
	select {
	case err := <-ended:
		t.Fatalf("it ended under a request: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(let)
	if got := <-answer; got != "done" {
		t.Errorf("got %q", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A request that does not end in time is cut off.
func TestServeHTTP_givesUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	begun := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- ServeHTTP(ctx, l, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(begun)
			<-r.Context().Done()
		}), nil, 10*time.Millisecond, slog.New(slog.DiscardHandler))
	}()
	go http.Get("http://" + l.Addr().String())
	<-begun
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
