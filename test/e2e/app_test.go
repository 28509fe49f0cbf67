package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// app is a customer's application: it serves documents and keeps what it is told.
type app struct {
	*httptest.Server
	mu    sync.Mutex
	posts []post
}

type post struct {
	path string
	form url.Values
}

// newApp serves documents by path; a path without one is a callback. It is asked
// at 127.0.0.1 in a network.
func newApp(t *testing.T, in *namespace, documents map[string]string) *app {
	t.Helper()
	a := &app{}
	a.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		if r.Header.Get("X-Twilio-Signature") == "" {
			t.Errorf("%s %s is not signed", r.Method, r.URL)
		}
		a.mu.Lock()
		a.posts = append(a.posts, post{r.URL.Path, r.Form})
		a.mu.Unlock()
		if doc, ok := documents[r.URL.Path]; ok {
			w.Header().Set("Content-Type", "text/xml")
			fmt.Fprint(w, doc)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	listener, err := in.listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a.Listener.Close() // one that NewUnstartedServer has opened here
	a.Listener = listener
	a.Start()
	t.Cleanup(a.Close)
	return a
}

// to returns the posts to path so far.
func (a *app) to(path string) []url.Values {
	a.mu.Lock()
	defer a.mu.Unlock()
	var forms []url.Values
	for _, p := range a.posts {
		if p.path == path {
			forms = append(forms, p.form)
		}
	}
	return forms
}

// expect waits until n posts have come to path, and makes sure that no more do.
func (a *app) expect(t *testing.T, path string, n int) []url.Values {
	t.Helper()
	until(t, 10*time.Second, fmt.Sprintf("%d posts to %s", n, path), func() bool { return len(a.to(path)) >= n })
	time.Sleep(100 * time.Millisecond) // that nothing comes has no condition to wait for
	got := a.to(path)
	if len(got) != n {
		t.Errorf("%d posts to %s, want %d: %v", len(got), path, n, got)
	}
	return got
}
