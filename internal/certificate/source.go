package certificate

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"strings"
)

// Source is where a server's certificate comes from.
type Source interface {
	// TLS returns the server's side of a handshake: TLS 1.2 or newer, HTTP/2 and
	// HTTP/1.1. The caller may change what it is given.
	TLS() *tls.Config
	// Name is a DNS name or an address that the certificate is for, to be shown in
	// a URL; empty when any of this host's will do as well.
	Name() string
	// Trusted reports whether browsers can be expected to trust it without asking:
	// it was not signed by itself.
	Trusted() bool
	// Keep looks after the certificate until ctx ends: it reads changed files.
	Keep(ctx context.Context)
	// Challenge answers on the port of plain HTTP what an authority asks there, and
	// hands everything else to next.
	Challenge(next http.Handler) http.Handler
}

// config is what all sources have in common. get returns the certificate.
func config(get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"}, // RFC 7301; a WebSocket asks for the second
		GetCertificate: get,
	}
}

// selfSigned reports whether nobody else vouches for a certificate.
func selfSigned(leaf *x509.Certificate) bool {
	return string(leaf.RawIssuer) == string(leaf.RawSubject) && leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature) == nil
}

// Fingerprint is the SHA-256 of a certificate as browsers show it: 32 pairs of
// hexadecimal digits with colons between them.
func Fingerprint(leaf *x509.Certificate) string {
	sum := sha256.Sum256(leaf.Raw)
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(pairs, ":")
}

// firstName is a name of the certificate that can stand in a URL as it is.
func firstName(leaf *x509.Certificate) string {
	for _, name := range leaf.DNSNames {
		if !strings.Contains(name, "*") {
			return name
		}
	}
	for _, ip := range leaf.IPAddresses {
		return ip.String()
	}
	return ""
}
