package webrtc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// newCertificate makes a certificate that says nothing of us (RFC 8827 §6.5: ECDSA on
// P-256), and the fingerprint that SDP names it by. It lives as long as the program.
func newCertificate() (tls.Certificate, string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return tls.Certificate{}, "", err
	}
	now := time.Now()
	template := x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "confab"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.AddDate(10, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	sum := sha256.Sum256(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, "sha-256 " + hexPairs(sum[:]), nil
}

// hexPairs writes a hash as SDP has it (RFC 8122 §5).
func hexPairs(sum []byte) string {
	var b strings.Builder
	for i, v := range sum {
		if i > 0 {
			b.WriteByte(':')
		}
		fmt.Fprintf(&b, "%02X", v)
	}
	return b.String()
}

// named reports whether der is the certificate that one of the fingerprints names.
// Hashes that are broken (SHA-1, MD5) name nothing.
func named(der []byte, fingerprints []string) bool {
	for _, f := range fingerprints {
		hash, want, _ := strings.Cut(f, " ")
		var got string
		switch hash {
		case "sha-256":
			sum := sha256.Sum256(der)
			got = hexPairs(sum[:])
		case "sha-384":
			sum := sha512.Sum384(der)
			got = hexPairs(sum[:])
		case "sha-512":
			sum := sha512.Sum512(der)
			got = hexPairs(sum[:])
		default:
			continue
		}
		if subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1 {
			return true
		}
	}
	return false
}
