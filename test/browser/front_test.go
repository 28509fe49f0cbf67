package browser

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
	"testing"
)

// front stands before a switch: it can be away, as one that restarts, and come back
// with a page of another version.
type front struct {
	*httptest.Server
	behind *httputil.ReverseProxy

	gone    sync.WaitGroup // connections that are being closed
	mu      sync.Mutex
	away    bool
	version string // that it tells instead of the switch's; empty: none
}

func newFront(t *testing.T, s *stage) *front {
	t.Helper()
	to, err := url.Parse(s.sw.Origin())
	if err != nil {
		t.Fatal(err)
	}
	f := &front{behind: httputil.NewSingleHostReverseProxy(to)}
	f.behind.FlushInterval = -1
	f.behind.ModifyResponse = f.age
	f.behind.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	f.Server = httptest.NewServer(f)
	t.Cleanup(func() {
		f.gone.Wait()
		f.CloseClientConnections()
		f.Close()
	})
	return f
}

// ServeHTTP hands a request on, or does what a story asks for: /front?away=1 closes all
// connections and takes no more, /front?version=X is there again, as another version.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/front" {
		f.mu.Lock()
		f.away, f.version = r.FormValue("away") != "", r.FormValue("version")
		f.mu.Unlock()
		if r.FormValue("away") != "" {
			f.gone.Go(f.CloseClientConnections) // this one too
		}
		return
	}
	f.mu.Lock()
	away := f.away
	f.mu.Unlock()
	if away {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	f.behind.ServeHTTP(w, r)
}

// age has the page's version be another.
func (f *front) age(r *http.Response) error {
	f.mu.Lock()
	version := f.version
	f.mu.Unlock()
	if version == "" || r.Request.URL.Path != "/console/session" || r.Request.Method != http.MethodGet {
		return nil
	}
	var told map[string]any
	if err := json.NewDecoder(r.Body).Decode(&told); err != nil {
		return err
	}
	r.Body.Close()
	told["version"] = version
	text, err := json.Marshal(told)
	if err != nil {
		return err
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	r.Header.Set("Content-Length", strconv.Itoa(len(text)))
	return nil
}

// A page that slept, or whose switch was away, catches up by itself; one of another
// version than the switch says so.
func TestAsleep(t *testing.T) {
	chromium := need(t)
	s := newStage(t)
	run(t, chromium, "asleep", newFront(t, s).URL, s.props.URL)
}
