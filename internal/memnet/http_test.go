package memnet_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/memnet"
)

// net/http's server and client run on it inside a bubble: keep-alive, slow
// answers under the fake clock, a client that gives up, and a clean shutdown.
func TestHTTPInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		l, err := n.Listen("tcp", "127.0.0.1:8080")
		if err != nil {
			t.Fatal(err)
		}
		gaveUp := make(chan struct{}, 1)
		server := &http.Server{IdleTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if r.URL.Path == "/slow" {
				select {
				case <-time.After(time.Hour):
				case <-r.Context().Done():
					gaveUp <- struct{}{}
					return
				}
			}
			fmt.Fprintf(w, "%s from %s", body, strings.Split(r.RemoteAddr, ":")[0])
		})}
		served := make(chan error)
		go func() { served <- server.Serve(l) }()

		client := &http.Client{Transport: &http.Transport{DialContext: n.Dial}}
		large := strings.Repeat("x", 300_000)
		for _, body := range []string{"one", "two", large} {
			r, err := client.Post("http://127.0.0.1:8080/", "text/plain", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r.Body)
			r.Body.Close()
			if err != nil || string(got) != body+" from 127.0.0.1" {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
		}

		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		start := time.Now()
		r, _ := http.NewRequestWithContext(ctx, "GET", "http://127.0.0.1:8080/slow", nil)
		if _, err := client.Do(r); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 15*time.Second {
			t.Errorf("slow: %v after %v", err, time.Since(start))
		}
		<-gaveUp // the server sees the closed connection

		if err := server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-served; err != http.ErrServerClosed {
			t.Error(err)
		}
		client.CloseIdleConnections()
	})
}
