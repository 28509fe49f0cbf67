package certificate

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// LetsEncrypt is the directory of the authority that is asked by default.
const LetsEncrypt = autocert.DefaultACMEDirectory

// ACMEConfig says whose certificate is to be had, and of whom.
type ACMEConfig struct {
	// Domain is the one name that the certificate is for.
	Domain string
	// Email is where the authority may write to; empty: nowhere.
	Email string
	// Directory is the URL of the authority (RFC 8555 §7.1.1); empty: LetsEncrypt.
	Directory string
	// Roots vouch for the authority's own HTTPS; nil: those of the system.
	Roots *x509.CertPool
	// BindingID and BindingKey are what the authority knows its customer by (RFC 8555
	// §7.3.4), if it wants that.
	BindingID  string
	BindingKey []byte
	// Cache is a directory for the account's key, the certificate and its key. It
	// is made with mode 0700, its files with 0600.
	Cache string
	// Plain is whether Challenge answers on port 80.
	Plain bool
	// Log may be nil.
	Log *slog.Logger
}

// ACME is a certificate of an authority, which makes sure that it talks to the
// host of that name: by a handshake of its own kind on port 443 (RFC 8737), or
// by a request on port 80 (RFC 8555 §8.3). Keep asks for it; it is renewed when a
// third of its life is left, or thirty days, whichever is less, and kept.
type ACME struct {
	domain    string
	manager   *autocert.Manager
	authority *authority
	log       *slog.Logger

	asked   chan struct{}         // closed when the authority was asked once
	refusal atomic.Pointer[error] // nil, once there is a certificate
}

// NewACME returns a certificate that Keep is yet to ask for. To use it is to
// agree to the terms of the authority.
func NewACME(c ACMEConfig) *ACME {
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	domain := strings.ToLower(c.Domain)
	through := newAuthority(c.Roots, domain, log)
	a := &ACME{domain: domain, authority: through, log: log, asked: make(chan struct{}), manager: &autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		HostPolicy: autocert.HostWhitelist(domain),
		Cache:      kept{autocert.DirCache(c.Cache), domain, log},
		Email:      c.Email,
		Client: &acme.Client{DirectoryURL: cmp.Or(c.Directory, LetsEncrypt), UserAgent: "confab",
			HTTPClient: &http.Client{Transport: through}},
	}}
	if c.BindingID != "" {
		a.manager.ExternalAccountBinding = &acme.ExternalAccountBinding{KID: c.BindingID, Key: c.BindingKey}
	}
	if c.Plain {
		a.manager.HTTPHandler(nil) // from here on it takes challenges by HTTP
	}
	return a
}

// TLS implements Source. A handshake waits while the authority is asked for the first
// time; where there is no certificate, or for another name than the domain, it fails.
func (a *ACME) TLS() *tls.Config {
	c := config(a.get)
	c.NextProtos = append(c.NextProtos, acme.ALPNProto)
	return c
}

// get returns the certificate for a handshake, which never makes this host ask for one:
// how often the authority is asked is nobody else's to say.
func (a *ACME) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	// RFC 8737 §3: the authority's own handshake offers this protocol alone.
	if p := hello.SupportedProtos; len(p) == 1 && p[0] == acme.ALPNProto {
		return a.manager.GetCertificate(hello)
	}
	if name := strings.ToLower(strings.TrimSuffix(hello.ServerName, ".")); name != a.domain {
		return nil, fmt.Errorf("certificate: %q was asked for, this is %s", hello.ServerName, a.domain)
	}
	select {
	case <-a.asked:
	case <-hello.Context().Done():
		return nil, hello.Context().Err()
	}
	if err := a.refusal.Load(); err != nil {
		return nil, *err
	}
	return a.fetch()
}

// fetch returns the certificate, and asks the authority for it if there is none.
func (a *ACME) fetch() (*tls.Certificate, error) {
	// There is one certificate, by ECDSA, which all have that have TLS 1.2. For a
	// hello without one of its suites, as of TLS 1.3 alone, autocert would ask for
	// a second one, by RSA.
	return a.manager.GetCertificate(&tls.ClientHelloInfo{ServerName: a.domain,
		CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}})
}

// Name implements Source: the domain.
func (a *ACME) Name() string { return a.domain }

// Trusted implements Source.
func (*ACME) Trusted() bool { return true }

// Challenge implements Source: it answers below /.well-known/acme-challenge/.
func (a *ACME) Challenge(next http.Handler) http.Handler {
	answer := a.manager.HTTPHandler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// An authority of one's own may ask at another port than 80, and names it.
		if host, _, err := net.SplitHostPort(r.Host); err == nil && strings.EqualFold(host, a.domain) && strings.HasPrefix(r.URL.Path, "/.well-known/acme-challenge/") {
			named := *r
			named.Host = a.domain
			r = &named
		}
		answer.ServeHTTP(w, r)
	})
}

// Keep implements Source. It takes the certificate that is kept, or asks the authority
// until there is one; after that autocert's timer renews it.
func (a *ACME) Keep(ctx context.Context) {
	defer a.authority.close()
	for n := 0; ; n++ {
		err := a.ask(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			a.refusal.Store(nil)
			a.authority.renewing()
		} else {
			a.refusal.Store(&err)
		}
		if n == 0 {
			close(a.asked)
		}
		if err == nil {
			<-ctx.Done()
			return
		}
		wait := a.authority.wait(n)
		a.log.Warn("there is no certificate yet", "name", a.domain, "err", err, "again_in", wait)
		again := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			again.Stop()
			return
		case <-again.C:
		}
	}
}

// ask takes what is kept, or asks the authority once. It returns early when ctx ends:
// what is under way then fails at its next word to the authority, and holds nothing.
func (a *ACME) ask(ctx context.Context) error {
	a.authority.begin()
	answered := make(chan error, 1)
	time.AfterFunc(0, func() {
		_, err := a.fetch()
		answered <- err
	})
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-answered:
		return a.authority.explain(err)
	}
}
