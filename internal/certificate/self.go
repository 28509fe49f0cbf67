package certificate

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

// A self-made certificate serves for two years, the longest that Apple's systems
// take from an owner of theirs (825 days), and a new one is made a month before.
const (
	selfLasts = 730 * 24 * time.Hour
	selfRenew = 30 * 24 * time.Hour
)

// Self is a certificate made here, for trying: browsers ask before they trust it.
type Self struct{ parsed tls.Certificate }

// OpenSelf returns the certificate in dir, and makes it when there is none, or
// when it ends within a month. It is for the given names and addresses. The key
// is written with mode 0600, in a directory of mode 0700. Whoever wants one for
// other names removes the files.
func OpenSelf(dir string, names []string, addresses []netip.Addr) (*Self, error) {
	certPath, keyPath := filepath.Join(dir, "self.crt"), filepath.Join(dir, "self.key")
	parsed, err := tls.LoadX509KeyPair(certPath, keyPath)
	switch {
	case err == nil && time.Until(parsed.Leaf.NotAfter) > selfRenew:
		return &Self{parsed}, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("tls.self: %s: %w; remove both files and a new one is made", certPath, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("tls.self: %w", err)
	}
	cert, key, err := makeSelf(names, addresses)
	if err != nil {
		return nil, fmt.Errorf("tls.self: make a certificate: %w", err)
	}
	// The certificate comes last: without its key it would be an error above.
	if err := replace(keyPath, key, 0o600); err != nil {
		return nil, fmt.Errorf("tls.self: %w", err)
	}
	if err := replace(certPath, cert, 0o644); err != nil {
		return nil, fmt.Errorf("tls.self: %w", err)
	}
	if parsed, err = tls.X509KeyPair(cert, key); err != nil {
		return nil, fmt.Errorf("tls.self: %w", err)
	}
	return &Self{parsed}, nil
}

// makeSelf makes a certificate and its key, in PEM. It is no authority: who
// steals the key can pose as this host, and as nobody else.
func makeSelf(names []string, addresses []netip.Addr) (cert, key []byte, err error) {
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "Confab, made by itself"},
		NotBefore:             time.Now().Add(-time.Hour), // clocks differ
		NotAfter:              time.Now().Add(selfLasts),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		DNSNames:              names,
	}
	for _, a := range addresses {
		template.IPAddresses = append(template.IPAddresses, net.IP(a.Unmap().AsSlice()))
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &secret.PublicKey, secret)
	if err != nil {
		return nil, nil, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), nil
}

// replace writes a file whole or not at all.
func replace(path string, text []byte, mode fs.FileMode) error {
	fresh := path + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.WriteFile(fresh, text, mode); err != nil {
		return err
	}
	return os.Rename(fresh, path)
}

// TLS implements Source.
func (s *Self) TLS() *tls.Config {
	return config(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &s.parsed, nil })
}

// Name implements Source: any name of this host will do.
func (*Self) Name() string { return "" }

// Trusted implements Source.
func (*Self) Trusted() bool { return false }

// Challenge implements Source.
func (*Self) Challenge(next http.Handler) http.Handler { return next }

// Keep implements Source: there is nothing to look after.
func (*Self) Keep(ctx context.Context) { <-ctx.Done() }

// Fingerprint is what a browser shows of this certificate, to be compared with
// what the banner says.
func (s *Self) Fingerprint() string { return Fingerprint(s.parsed.Leaf) }

// HostNames returns the names and addresses of this host: what a certificate
// made here is for. Link-local addresses are left out, for no URL can be
// written with their zone.
func HostNames() (names []string, addresses []netip.Addr) {
	names = []string{"localhost"}
	if name, err := os.Hostname(); err == nil && name != "" && name != "localhost" {
		names = append(names, name)
	}
	found, err := net.InterfaceAddrs()
	if err != nil {
		return names, []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	}
	for _, a := range found {
		network, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		if ip, ok := netip.AddrFromSlice(network.IP); ok && !ip.Unmap().IsLinkLocalUnicast() {
			addresses = append(addresses, ip.Unmap())
		}
	}
	return names, addresses
}
