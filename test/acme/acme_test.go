package acme

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// By either challenge a certificate is issued at the start, before anybody comes; pages
// and the sockets of phones are served with it; and a second start asks nobody.
func TestIssued(t *testing.T) {
	for _, by := range []string{"tls-alpn-01", "http-01"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			h, o, args := newHouse(t), terms{}, []string(nil)
			if by == "http-01" {
				o.plain, args = h.plain, h.redirect() // at the port for handshakes nobody is
			} else {
				o.alpn = h.secure
			}
			p := startPebble(t, o)
			args = append(args, "--tls-authority-ca", p.caFile)
			r := h.open(t, p, args...)
			until(t, 30*time.Second, "the certificate is issued", func() bool { return strings.Contains(r.log.String(), `msg="certificate issued" name=`+domain) })
			leaf, err := r.leaf(t, domain)
			if err != nil {
				t.Fatal(err)
			}
			visits(t, r)
			listens(t, r)
			if _, err := r.leaf(t, "elsewhere.example.org"); err == nil {
				t.Error("a certificate is shown to who asks for another name")
			}
			orders := map[string]int{"tls-alpn-01": 1, "http-01": 2}[by] // the first of the two was for the other challenge
			if got := p.taken(); got != orders {
				t.Errorf("%d orders, want %d", got, orders)
			}
			r.stop()
			isPrivate(t, filepath.Join(h.data, "tls"))

			again := h.open(t, p, args...)
			if kept, err := again.leaf(t, domain); err != nil || kept.SerialNumber.Cmp(leaf.SerialNumber) != 0 {
				t.Errorf("after another start: %v %v", kept, err)
			}
			if got := p.taken(); got != orders {
				t.Errorf("after another start there are %d orders, want %d", got, orders)
			}
		})
	}
}

// visits opens the console, and what tells a browser to stay with HTTPS.
func visits(t *testing.T, r *running) {
	t.Helper()
	resp, err := r.client.Get(r.url("https", "/console/"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 || resp.ProtoMajor != 2 || !bytes.Contains(page, []byte("<title>")) {
		t.Errorf("the console: %s over HTTP/%d, %v", resp.Status, resp.ProtoMajor, err)
	}
	if got := resp.Header.Get("Strict-Transport-Security"); !strings.HasPrefix(got, "max-age=") {
		t.Errorf("Strict-Transport-Security: %q", got)
	}
}

// listens opens the socket of a phone, and signs in there.
func listens(t *testing.T, r *running) *websocket.Conn {
	t.Helper()
	sid, secret := r.account(t)
	req, err := http.NewRequest("POST", r.url("https", "/v1/tokens"), strings.NewReader(`{"identity":"ann"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(sid, secret)
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var made struct{ Token string }
	if err := json.NewDecoder(resp.Body).Decode(&made); err != nil || made.Token == "" {
		t.Fatalf("a token: %s, %v", resp.Status, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, r.url("wss", "/signal"), &websocket.DialOptions{HTTPClient: &http.Client{Transport: oldStyle(r)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.CloseNow() })
	hello, err := json.Marshal(map[string]any{"type": "listen", "version": "1.6", "payload": map[string]any{"token": made.Token}})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Write(ctx, websocket.MessageText, hello); err != nil {
		t.Fatal(err)
	}
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte(`"connected"`)) {
			return conn
		}
	}
}

// oldStyle is the client's way with HTTP/1.1 alone, of which a WebSocket is made.
func oldStyle(r *running) *http.Transport {
	c := r.client.Transport.(*http.Transport).Clone()
	c.ForceAttemptHTTP2 = false
	c.TLSClientConfig.NextProtos = []string{"http/1.1"}
	return c
}

// isPrivate looks whether only their owner can read what is kept.
func isPrivate(t *testing.T, dir string) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		n++
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil || n < 4 { // two directories, the account's key, the certificate
		t.Errorf("%d are kept: %v", n, err)
	}
}

// Before its end a certificate is renewed. Who has a socket keeps it.
func TestRenewed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := startPebble(t, terms{alpn: h.secure, lasts: 36 * time.Second})
	r := h.open(t, p, "--tls-authority-ca", p.caFile)
	first, err := r.leaf(t, domain)
	if err != nil {
		t.Fatal(err)
	}
	socket := listens(t, r)
	until(t, 36*time.Second, "another certificate is served", func() bool {
		next, err := r.leaf(t, domain)
		if err != nil {
			t.Fatal(err)
		}
		return next.SerialNumber.Cmp(first.SerialNumber) != 0
	})
	if time.Now().After(first.NotAfter) {
		t.Error("it was renewed after its end")
	}
	if got := strings.Count(r.log.String(), `msg="certificate issued"`); got != 2 {
		t.Errorf("%d times a certificate is said to be issued, want 2", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, _, err := socket.Read(ctx); err != nil { // the next beat
		t.Errorf("the socket that was open: %v", err)
	}
}

// A renewal that fails is told of, and the certificate that is there serves on.
func TestRenewed_inVain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := startPebble(t, terms{alpn: h.secure, lasts: 12 * time.Second})
	r := h.open(t, p, "--tls-authority-ca", p.caFile)
	if _, err := r.leaf(t, domain); err != nil {
		t.Fatal(err)
	}
	p.stop()
	until(t, 12*time.Second, "it is said that the renewal failed", func() bool {
		return strings.Contains(r.log.String(), `msg="the certificate could not be renewed`) && strings.Contains(r.log.String(), "cannot be reached")
	})
	if _, err := r.leaf(t, domain); err != nil {
		t.Errorf("meanwhile: %v", err)
	}
}

const (
	bindingID  = "kid-of-confab"
	bindingKey = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
)

// An authority that wants to know its customer already is told who that is.
func TestBinding(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := startPebble(t, terms{alpn: h.secure, bindings: map[string]string{bindingID: bindingKey}})
	r := h.open(t, p, "--tls-authority-ca", p.caFile, "--tls-eab-id", bindingID, "--tls-eab-key", bindingKey)
	if _, err := r.leaf(t, domain); err != nil {
		t.Error(err)
	}
	if strings.Contains(r.log.String(), bindingKey) {
		t.Error("the key is in the log")
	}
}

// Where an authority refuses, the log says so in its words, at the level that is usual;
// who comes gets an end at once, and makes nobody ask the authority again; everything
// else goes on.
func TestRefused(t *testing.T) {
	const wrongKey = "b10lLJs8l1GPIzsLP0s6pMt8O0XVGnfTaCeROxQM0BIt2XrJMDHJZBM5NuQmQJQH"
	for name, test := range map[string]struct {
		terms terms
		args  []string
		words []string
	}{
		"the domain":        {terms{blocked: []string{domain}}, nil, []string{"rejectedIdentifier"}},
		"nobody is there":   {terms{}, nil, []string{"tls-alpn-01: ", "connection refused", "http-01: ", "(connection)"}},
		"no account":        {terms{bindings: map[string]string{bindingID: bindingKey}}, nil, []string{"externalAccountRequired"}},
		"the wrong account": {terms{bindings: map[string]string{bindingID: bindingKey}}, []string{"--tls-eab-id", bindingID, "--tls-eab-key", wrongKey}, []string{"the authority: "}},
		"not believed":      {terms{}, []string{"--tls-authority-ca", ""}, []string{"certificate signed by unknown authority"}},
		"not there":         {terms{}, []string{"--tls-authority", "https://127.0.0.1:1/dir"}, []string{"127.0.0.1:1 cannot be reached", "connection refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			p := startPebble(t, test.terms)
			r := h.open(t, p, append(append(h.redirect(), "--tls-authority-ca", p.caFile), test.args...)...)
			if _, err := r.leaf(t, domain); err == nil {
				t.Error("there is a certificate")
			}
			line := ""
			until(t, 20*time.Second, "the log says why", func() bool {
				for l := range strings.Lines(r.log.String()) {
					if strings.Contains(l, "level=WARN") && strings.Contains(l, "there is no certificate yet") {
						line = l
					}
				}
				return line != ""
			})
			t.Log(strings.TrimSpace(line))
			for _, w := range append(test.words, "again_in=2m0s") {
				if !strings.Contains(line, w) {
					t.Errorf("no %q in it", w)
				}
			}
			orders, begun := p.orders(), time.Now()
			for range 5 {
				if _, err := r.leaf(t, domain); err == nil {
					t.Error("there is a certificate")
				}
			}
			if took := time.Since(begun); p.orders() != orders || took > 5*time.Second {
				t.Errorf("five handshakes took %v and made %d orders of %d", took, p.orders(), orders)
			}
			stays := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			resp, err := stays.Get(fmt.Sprintf("http://127.0.0.1:%d/", h.plain))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusPermanentRedirect {
				t.Errorf("the plain port: %s", resp.Status)
			}
			for _, secret := range []string{bindingKey, wrongKey, "PRIVATE"} {
				if strings.Contains(r.log.String(), secret) {
					t.Errorf("the log has a secret")
				}
			}
		})
	}
}
