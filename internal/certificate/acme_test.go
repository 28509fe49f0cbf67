package certificate_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"confab/internal/certificate"
	"confab/internal/logtest"
)

// acmeServer is an authority by RFC 8555, as small as a client lets it be: one
// account, one order, no check of the client's signatures. The challenge it
// checks as a real one does, at the address where the domain is said to be.
type acmeServer struct {
	*authority
	*httptest.Server
	t      *testing.T
	kind   string // of the only challenge that is offered
	at     string // where the domain is
	proven atomic.Bool
	issued atomic.Pointer[[]byte]
	orders atomic.Int32
}

const challengeToken = "abcdefghijklmnopqrstuvwxyz0123456789abcdefghij"

func newACMEServer(t *testing.T, kind, at string) *acmeServer {
	s := &acmeServer{authority: newAuthority(t), t: t, kind: kind, at: at}
	mux := http.NewServeMux()
	for path, f := range map[string]func(w http.ResponseWriter, payload []byte){
		"/account": func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("Location", s.URL+"/account/1")
			s.reply(w, 201, map[string]any{"status": "valid"})
		},
		"/order": func(w http.ResponseWriter, _ []byte) {
			s.orders.Add(1)
			w.Header().Set("Location", s.URL+"/order/1")
			s.reply(w, 201, s.order())
		},
		"/order/1": func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("Location", s.URL+"/order/1")
			s.reply(w, 200, s.order())
		},
		"/authorization": func(w http.ResponseWriter, _ []byte) {
			status := "pending"
			if s.proven.Load() {
				status = "valid"
			}
			s.reply(w, 200, map[string]any{"status": status, "identifier": map[string]string{"type": "dns", "value": "phone.example.com"},
				"challenges": []any{s.challenge(status)}})
		},
		"/challenge": func(w http.ResponseWriter, _ []byte) {
			if err := s.prove(); err != nil {
				t.Errorf("%s: %v", s.kind, err)
			} else {
				s.proven.Store(true)
			}
			s.reply(w, 200, s.challenge("processing"))
		},
		"/finalize": s.finalize,
		"/certificate": func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("Content-Type", "application/pem-certificate-chain")
			w.Write(*s.issued.Load())
		},
	} {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			var jws struct{ Payload string }
			if err := json.NewDecoder(r.Body).Decode(&jws); err != nil {
				t.Error(err)
			}
			payload, err := base64.RawURLEncoding.DecodeString(jws.Payload)
			if err != nil {
				t.Error(err)
			}
			w.Header().Set("Replay-Nonce", fmt.Sprint("nonce", time.Now().UnixNano()))
			f(w, payload)
		})
	}
	mux.HandleFunc("/directory", func(w http.ResponseWriter, _ *http.Request) {
		s.reply(w, 200, map[string]string{"newNonce": s.URL + "/nonce", "newAccount": s.URL + "/account", "newOrder": s.URL + "/order"})
	})
	mux.HandleFunc("/nonce", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Replay-Nonce", "first") })
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *acmeServer) reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		s.t.Error(err)
	}
}

func (s *acmeServer) order() map[string]any {
	order := map[string]any{"status": "pending", "finalize": s.URL + "/finalize", "authorizations": []string{s.URL + "/authorization"},
		"identifiers": []any{map[string]string{"type": "dns", "value": "phone.example.com"}}}
	if s.proven.Load() {
		order["status"] = "ready"
	}
	if s.issued.Load() != nil {
		order["status"], order["certificate"] = "valid", s.URL+"/certificate"
	}
	return order
}

func (s *acmeServer) challenge(status string) map[string]string {
	return map[string]string{"type": s.kind, "url": s.URL + "/challenge", "token": challengeToken, "status": status}
}

// prove looks whether who asked for the domain is who answers there.
func (s *acmeServer) prove() error {
	if s.kind == "http-01" {
		r, err := http.NewRequest("GET", "http://"+s.at+"/.well-known/acme-challenge/"+challengeToken, nil)
		if err != nil {
			return err
		}
		r.Host = "phone.example.com:8080" // an authority of one's own may ask at another port
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != 200 {
			return fmt.Errorf("status %d", resp.StatusCode)
		}
		return nil
	}
	conn, err := tls.Dial("tcp", s.at, &tls.Config{ServerName: "phone.example.com", NextProtos: []string{"acme-tls/1"}, InsecureSkipVerify: true}) // RFC 8737 §3: it is self-signed
	if err != nil {
		return err
	}
	defer conn.Close()
	state := conn.ConnectionState()
	if state.NegotiatedProtocol != "acme-tls/1" {
		return fmt.Errorf("protocol %q", state.NegotiatedProtocol)
	}
	for _, e := range state.PeerCertificates[0].Extensions {
		var sum []byte
		if e.Id.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 31}) && e.Critical {
			if _, err := asn1.Unmarshal(e.Value, &sum); err != nil || len(sum) != sha256.Size {
				return fmt.Errorf("authorization %x: %v", e.Value, err)
			}
			return nil
		}
	}
	return fmt.Errorf("no acmeIdentifier in the certificate")
}

// finalize signs what the order asks for.
func (s *acmeServer) finalize(w http.ResponseWriter, payload []byte) {
	var body struct{ CSR string }
	if err := json.Unmarshal(payload, &body); err != nil {
		s.t.Error(err)
	}
	der, err := base64.RawURLEncoding.DecodeString(body.CSR)
	if err != nil {
		s.t.Error(err)
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil || len(csr.DNSNames) != 1 || csr.DNSNames[0] != "phone.example.com" {
		s.t.Errorf("asked for %v: %v", csr.DNSNames, err)
	}
	chain := append(s.sign(s.t, csr.PublicKey, "phone.example.com", 90*24*time.Hour),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.leaf.Raw})...)
	s.issued.Store(&chain)
	w.Header().Set("Location", s.URL+"/order/1")
	s.reply(w, 200, s.order())
}

// host is a server at the domain, with its port of HTTPS and that of plain HTTP.
func host(t *testing.T, source certificate.Source, secure net.Listener, plain net.Listener) {
	t.Helper()
	var keeps sync.WaitGroup
	ctx, end := context.WithCancel(context.Background())
	t.Cleanup(func() { end(); keeps.Wait() })
	defer keeps.Go(func() { source.Keep(ctx) })
	for l, h := range map[net.Listener]http.Handler{
		secure: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }),
		plain:  source.Challenge(http.NotFoundHandler()),
	} {
		server := &http.Server{Handler: h}
		if l == secure {
			server.TLSConfig = source.TLS()
			go server.ServeTLS(l, "", "")
		} else {
			go server.Serve(l)
		}
		t.Cleanup(func() { server.Close() })
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// The first who comes waits while the authority makes sure of the domain, by
// either challenge; the certificate is kept, and a second start asks nobody.
func TestACME(t *testing.T) {
	for _, kind := range []string{"tls-alpn-01", "http-01"} {
		t.Run(kind, func(t *testing.T) {
			secure, plain := listen(t), listen(t)
			at := map[string]net.Listener{"tls-alpn-01": secure, "http-01": plain}[kind].Addr().String()
			ca := newACMEServer(t, kind, at)
			c := certificate.ACMEConfig{Domain: "phone.example.com", Email: "ops@example.com", Directory: ca.URL + "/directory", Cache: filepath.Join(t.TempDir(), "tls"), Plain: true, Log: logtest.Watch(t)}
			first := certificate.NewACME(c)
			host(t, first, secure, plain)
			roots := x509.NewCertPool()
			roots.AddCert(ca.leaf)
			visit := func(at string) {
				t.Helper()
				conn, err := tls.Dial("tcp", at, &tls.Config{ServerName: "phone.example.com", RootCAs: roots})
				if err != nil {
					t.Fatal(err)
				}
				conn.Close()
			}
			visit(secure.Addr().String())

			again, other := listen(t), listen(t)
			host(t, certificate.NewACME(c), again, other)
			visit(again.Addr().String())
			if n := ca.orders.Load(); n != 1 {
				t.Errorf("%d orders, want 1: the certificate is kept", n)
			}
			if !first.Trusted() || first.Name() != "phone.example.com" {
				t.Errorf("trusted %v, name %q", first.Trusted(), first.Name())
			}
			// Nobody makes this host ask for a certificate of theirs.
			if _, err := tls.Dial("tcp", secure.Addr().String(), &tls.Config{ServerName: "elsewhere.example.org", RootCAs: roots}); err == nil || ca.orders.Load() != 1 {
				t.Errorf("another name: %v, %d orders", err, ca.orders.Load())
			}
		})
	}
}

// TLS 1.1 is refused, and an HTTP/2 client is welcome.
func TestTLS_versions(t *testing.T) {
	s, err := certificate.OpenSelf(t.TempDir(), []string{"localhost"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	host(t, s, l, listen(t))
	_, err = tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	if err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("TLS 1.1: %v", err)
	}
	conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := conn.ConnectionState(); got.NegotiatedProtocol != "h2" || got.Version != tls.VersionTLS13 {
		t.Errorf("got %q, version %x", got.NegotiatedProtocol, got.Version)
	}
}
