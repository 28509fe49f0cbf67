package confab

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"confab/internal/api"
	"confab/internal/console"
	"confab/internal/signal"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// newMux puts together what the switch answers over HTTP.
func newMux(rest, events, browsers, people http.Handler, registry *prometheus.Registry, ready func() error) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle(api.Root, rest)
	mux.Handle(api.EventsRoot, events)
	mux.Handle("GET "+signal.Path, browsers)
	if people != nil {
		mux.Handle(console.Root, people)
		mux.HandleFunc("GET /phone.js", console.Element)
		mux.Handle("GET /{$}", http.RedirectHandler(console.Root, http.StatusFound))
		mux.Handle("GET "+strings.TrimSuffix(console.Root, "/"), http.RedirectHandler(console.Root, http.StatusFound))
	}
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := ready(); err != nil {
			http.Error(w, "not ready: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	return mux
}

// entry is where HTTP requests come in: a panic ends one request and is counted.
type entry struct {
	next   http.Handler
	log    *slog.Logger
	panics atomic.Uint64
}

// Recover returns h behind the entry of HTTP requests: a panic of h ends one
// request, with status 500, and is logged.
func Recover(h http.Handler, log *slog.Logger) http.Handler { return &entry{next: h, log: log} }

// ServeHTTP recovers from what next panics with.
func (e *entry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		what := recover()
		if what == nil {
			return
		}
		if what == http.ErrAbortHandler { // net/http's own way to drop a connection
			panic(what)
		}
		e.panics.Add(1)
		e.log.Error("HTTP request panicked", "method", r.Method, "path", r.URL.Path, "panic", what, "stack", string(debug.Stack()))
		if strings.HasPrefix(r.URL.Path, api.Root) {
			api.InternalError(w, r)
			return
		}
		http.Error(w, "internal server error", http.StatusInternalServerError)
	}()
	e.next.ServeHTTP(w, r)
}
