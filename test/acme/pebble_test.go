package acme

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// terms are what an authority of a test asks for and gives.
type terms struct {
	alpn, plain int           // ports at which it looks for who has the domain; 0: at one where nobody is
	lasts       time.Duration // 0: 90 days
	blocked     []string      // domains that it gives to nobody
	bindings    map[string]string
}

// pebble is a running authority.
type pebble struct {
	directory string         // URL
	caFile    string         // vouches for the directory's HTTPS
	roots     *x509.CertPool // vouch for what it issues
	log       *lines
	stop      func() // ends it
}

// startPebble starts Pebble and its server of names, which says of every name that it is
// at 127.0.0.1. Nothing of the validation is left out but its pauses; one nonce of
// twenty is refused, as Pebble does.
func startPebble(t *testing.T, o terms) *pebble {
	t.Helper()
	dir, free := t.TempDir(), freePorts(t, 5)
	p := &pebble{directory: fmt.Sprintf("https://127.0.0.1:%d/dir", free[0]), caFile: filepath.Join(dir, "ca.pem"), log: new(lines)}
	ours := certify(t, dir)
	profile := map[string]any{"description": "for a test"}
	if o.lasts > 0 {
		profile["validityPeriod"] = int(o.lasts.Seconds())
	}
	port := func(n int) int {
		if n == 0 {
			return free[4]
		}
		return n
	}
	manage := fmt.Sprintf("127.0.0.1:%d", free[1])
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": fmt.Sprintf("127.0.0.1:%d", free[0]), "managementListenAddress": manage,
		"certificate": filepath.Join(dir, "cert.pem"), "privateKey": filepath.Join(dir, "key.pem"),
		"httpPort": port(o.plain), "tlsPort": port(o.alpn), "keyAlgorithm": "ecdsa",
		"retryAfter": map[string]int{"authz": 1, "order": 1}, "domainBlocklist": o.blocked,
		"externalAccountBindingRequired": o.bindings != nil, "externalAccountMACKeys": o.bindings,
		"profiles": map[string]any{"default": profile},
	}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "pebble.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		t.Fatal(err)
	}
	names := fmt.Sprintf("127.0.0.1:%d", free[2])
	run(t, p.log, nil, programs.names, "-dnsserver", names, "-management", fmt.Sprintf("127.0.0.1:%d", free[3]),
		"-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "")
	server := run(t, p.log, []string{"PEBBLE_VA_NOSLEEP=1", "PEBBLE_AUTHZREUSE=0"},
		programs.pebble, "-config", file, "-dnsserver", names)

	p.stop = func() { _ = server.end(10 * time.Second) } // a signal ends it with an error

	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ours}}}
	defer client.CloseIdleConnections()
	until(t, 20*time.Second, "Pebble serves", func() bool {
		resp, err := client.Get("https://" + manage + "/roots/0")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		p.roots = x509.NewCertPool()
		return err == nil && p.roots.AppendCertsFromPEM(text)
	})
	until(t, 20*time.Second, "Pebble's directory is served", func() bool {
		resp, err := client.Get(p.directory)
		if err == nil {
			resp.Body.Close()
		}
		return err == nil
	})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Pebble:\n%s", p.log)
		}
	})
	return p
}

// taken is how many orders it has taken: one whose nonce it refuses is asked for again.
func (p *pebble) taken() int { return strings.Count(p.log.String(), "Added order ") }

// orders is how often it was asked for a certificate.
func (p *pebble) orders() int {
	return strings.Count(p.log.String(), "POST /order-plz -> calling handler()")
}

// certify writes the certificate of the authority's own HTTPS, and of who vouches for it.
func certify(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	authority, leaf := newKey(t), newKey(t)
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Of this test"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	own := &x509.Certificate{SerialNumber: big.NewInt(2), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour)}
	key, err := x509.MarshalPKCS8PrivateKey(leaf)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	for name, block := range map[string]*pem.Block{
		"ca.pem":   {Type: "CERTIFICATE", Bytes: sign(t, ca, ca, authority, authority)},
		"cert.pem": {Type: "CERTIFICATE", Bytes: sign(t, own, ca, leaf, authority)},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: key},
	} {
		text := pem.EncodeToMemory(block)
		if name == "ca.pem" {
			roots.AppendCertsFromPEM(text)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return roots
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, what, by *x509.Certificate, key, with *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, what, by, &key.PublicKey, with)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
