package certificate

import (
	"context"
	"crypto/tls"
	"net/http"

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
	// Cache is a directory for the account's key, the certificate and its key. It
	// is made with mode 0700, its files with 0600.
	Cache string
}

// ACME is a certificate of an authority, which makes sure that it talks to the
// host of that name: by a handshake of its own kind on port 443 (RFC 8737), or
// by a request on port 80 (RFC 8555 §8.3). The certificate is asked for at the
// first handshake, renewed thirty days before it ends, and kept.
type ACME struct {
	domain  string
	manager *autocert.Manager
}

// NewACME returns a certificate that is yet to be asked for. To use it is to
// agree to the terms of the authority.
func NewACME(c ACMEConfig) *ACME {
	return &ACME{c.Domain, &autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		HostPolicy: autocert.HostWhitelist(c.Domain),
		Cache:      autocert.DirCache(c.Cache),
		Email:      c.Email,
		Client:     &acme.Client{DirectoryURL: c.Directory, UserAgent: "confab"},
	}}
}

// TLS implements Source. A handshake for another name than the domain fails:
// nobody makes this host ask for a certificate of theirs.
func (a *ACME) TLS() *tls.Config {
	c := config(a.manager.GetCertificate)
	c.NextProtos = append(c.NextProtos, acme.ALPNProto)
	return c
}

// Name implements Source: the domain.
func (a *ACME) Name() string { return a.domain }

// Trusted implements Source.
func (*ACME) Trusted() bool { return true }

// Challenge implements Source: it answers below /.well-known/acme-challenge/.
func (a *ACME) Challenge(next http.Handler) http.Handler { return a.manager.HTTPHandler(next) }

// Keep implements Source: autocert has a timer of its own.
func (*ACME) Keep(ctx context.Context) { <-ctx.Done() }
