package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// certify writes a certificate for an address (cert.pem, key.pem), and that of who
// vouches for it (ca.pem).
func certify(t *testing.T, dir, addr string) {
	t.Helper()
	var keys [2]*ecdsa.PrivateKey
	for i := range keys {
		var err error
		if keys[i], err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	from, until := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Of this test"}, NotBefore: from, NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: addr}, NotBefore: from, NotAfter: until,
		IPAddresses: []net.IP{net.ParseIP(addr)}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	key, err := x509.MarshalPKCS8PrivateKey(keys[1])
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[string]*pem.Block{"key.pem": {Type: "PRIVATE KEY", Bytes: key}}
	for name, c := range map[string]*x509.Certificate{"ca.pem": ca, "cert.pem": leaf} {
		of := keys[0]
		if c == leaf {
			of = keys[1]
		}
		der, err := x509.CreateCertificate(rand.Reader, c, ca, &of.PublicKey, keys[0])
		if err != nil {
			t.Fatal(err)
		}
		blocks[name] = &pem.Block{Type: "CERTIFICATE", Bytes: der}
	}
	for name, block := range blocks {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
