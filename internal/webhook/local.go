package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
)

// maxLocalBody bounds what an in-process application can make us hold.
const maxLocalBody = 64 << 20

var (
	errLocalBody = errors.New("the answer of an in-process application is too long")
	errStopped   = errors.New("the client is closed")
)

// local carries requests to applications inside this process. They see a server
// request like any other; each runs on a goroutine of its own, so that one that
// hangs holds nobody up.
type local struct {
	hosts  map[string]http.Handler
	log    *slog.Logger
	panics atomic.Int64

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

func newLocal(hosts map[string]http.Handler, log *slog.Logger) *local {
	return &local{hosts: hosts, log: log}
}

func (l *local) has(u *url.URL) bool {
	_, ok := l.hosts[strings.ToLower(u.Hostname())]
	return ok
}

// start runs f on a goroutine that close waits for; it reports false, and does
// not, after close.
func (l *local) start(f func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.running.Go(f)
	return true
}

func (l *local) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.running.Wait()
}

// RoundTrip serves the request; it returns early when its context ends.
func (l *local) RoundTrip(r *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body.Close()
	}
	request := r.Clone(r.Context())
	request.RequestURI, request.Host, request.RemoteAddr = r.URL.RequestURI(), r.URL.Host, "127.0.0.1:0"
	request.Proto, request.ProtoMajor, request.ProtoMinor = "HTTP/1.1", 1, 1
	request.URL = &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery} // as a server sees it
	if request.URL.Path == "" {
		request.URL.Path = "/"
	}
	request.Body, request.GetBody, request.ContentLength = io.NopCloser(bytes.NewReader(body)), nil, int64(len(body))
	w := &recorder{header: make(http.Header)}
	done := make(chan bool, 1) // false: nothing usable was recorded
	if !l.start(func() { done <- l.serve(l.hosts[strings.ToLower(r.URL.Hostname())], w, request) }) {
		return nil, errStopped
	}
	select {
	case ok := <-done:
		if !ok {
			return nil, io.ErrUnexpectedEOF
		}
		return w.response(r), nil
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
}

// serve runs the handler. A panic becomes a 500: the call concerned hears an
// apology, everybody else goes on.
func (l *local) serve(h http.Handler, w *recorder, r *http.Request) (ok bool) {
	defer func() {
		p := recover()
		switch {
		case p == nil:
		case p == http.ErrAbortHandler: // it asks for a broken connection
			ok = false
		default:
			l.panics.Add(1)
			l.log.Error("in-process application panicked", "host", r.Host, "path", r.URL.Path,
				"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			*w = recorder{header: make(http.Header), status: http.StatusInternalServerError}
			ok = true
		}
	}()
	h.ServeHTTP(w, r)
	return true
}

// recorder keeps an answer until it is whole.
type recorder struct {
	header http.Header
	status int         // 0: not yet
	sent   http.Header // header as it was when the status was written
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status != 0 || status < 200 { // 1xx is not the answer
		return
	}
	w.status, w.sent = status, maps.Clone(w.header)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		if w.header.Get("Content-Type") == "" {
			w.header.Set("Content-Type", http.DetectContentType(b))
		}
		w.WriteHeader(http.StatusOK)
	}
	if w.body.Len()+len(b) > maxLocalBody {
		return 0, errLocalBody
	}
	return w.body.Write(b)
}

func (w *recorder) response(r *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK) // if nothing was
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: io.NopCloser(bytes.NewReader(w.body.Bytes())), ContentLength: int64(w.body.Len()), Request: r,
	}
}

// connected is a RoundTripper that does not say when it has a connection: it is
// taken to have one from the start.
type connected struct{ http.RoundTripper }

func (c connected) RoundTrip(r *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	return c.RoundTripper.RoundTrip(r)
}
