package webhook_test

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"confab/internal/memnet"
	"confab/internal/signature"
	"confab/internal/webhook"
)

// bubble is the inside of a synctest bubble: a network in memory with
// applications on it, and a client. Names resolve to 192.0.2.10, those that end
// in "2.test" to 192.0.2.20, and "nowhere.test" to nothing.
type bubble struct {
	t    *testing.T
	net  *memnet.Net
	dial func(ctx context.Context, network, addr string) (net.Conn, error) // nil: the network's

	mu    sync.Mutex
	dials int
}

func newBubble(t *testing.T) *bubble { return &bubble{t: t, net: memnet.New()} }

func (b *bubble) config() webhook.Config {
	return webhook.Config{
		Tokens: tokens,
		Policy: webhook.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}},
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			b.mu.Lock()
			b.dials++
			b.mu.Unlock()
			if b.dial != nil {
				return b.dial(ctx, network, addr)
			}
			return b.net.Dial(ctx, network, addr)
		},
		Lookup: func(_ context.Context, _, host string) ([]netip.Addr, error) {
			switch {
			case host == "nowhere.test":
				return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
			case strings.HasSuffix(host, "2.test"):
				return []netip.Addr{netip.MustParseAddr("192.0.2.20")}, nil
			}
			return []netip.Addr{netip.MustParseAddr("192.0.2.10")}, nil
		},
	}
}

func (b *bubble) client() *webhook.Client {
	c := webhook.New(b.config())
	b.t.Cleanup(c.Close)
	return c
}

func (b *bubble) dialled() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dials
}

// serve runs an application on the network until the test ends.
func (b *bubble) serve(addr string, h http.HandlerFunc) {
	b.t.Helper()
	l, err := b.net.Listen("tcp", addr)
	if err != nil {
		b.t.Fatal(err)
	}
	s := &http.Server{Handler: h}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Serve(l)
	}()
	b.t.Cleanup(func() {
		s.Close()
		<-done
	})
}

// raw runs a server that speaks for itself: once with each connection.
func (b *bubble) raw(addr string, speak func(net.Conn)) {
	b.t.Helper()
	l, err := b.net.Listen("tcp", addr)
	if err != nil {
		b.t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				speak(c)
			})
		}
	})
	b.t.Cleanup(func() {
		l.Close()
		all.Wait()
	})
}

// signed reports whether a request has the signature that its own bytes and the
// account's token make.
func signed(r *http.Request) bool {
	r.ParseForm()
	return signature.Valid(secret, r.Header.Get("X-Twilio-Signature"), "http://"+r.Host+r.RequestURI, r.PostForm)
}

// sleep waits for d, or until the caller of the server goes.
func sleep(r *http.Request, d time.Duration) {
	select {
	case <-time.After(d):
	case <-r.Context().Done():
	}
}
