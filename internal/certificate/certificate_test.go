package certificate_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/certificate"
)

// authority signs certificates for tests.
type authority struct {
	key  *ecdsa.PrivateKey
	leaf *x509.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "An authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{key, leaf}
}

// sign makes a certificate of a key for a name, in PEM.
func (a *authority) sign(t *testing.T, key any, name string, lasts time.Duration) []byte {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<60))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, DNSNames: []string{"*." + name, name},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(lasts),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.leaf, key, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func newKey(t *testing.T) (*ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// served is the fingerprint of what a source gives in a handshake.
func served(t *testing.T, s certificate.Source) string {
	t.Helper()
	got, err := s.TLS().GetCertificate(&tls.ClientHelloInfo{ServerName: "phone.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	return certificate.Fingerprint(got.Leaf)
}

// A certificate is made once, for the names of this host; its key is its
// owner's alone. One that is about to end is made again.
func TestSelf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "tls")
		names, addresses := certificate.HostNames()
		s, err := certificate.OpenSelf(dir, names, append(addresses, netip.MustParseAddr("192.0.2.7")))
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.TLS().GetCertificate(&tls.ClientHelloInfo{})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"localhost", "127.0.0.1", "192.0.2.7"} {
			if err := got.Leaf.VerifyHostname(name); err != nil {
				t.Error(err)
			}
		}
		if got.Leaf.IsCA || s.Trusted() || s.Name() != "" {
			t.Errorf("authority %v, trusted %v, name %q", got.Leaf.IsCA, s.Trusted(), s.Name())
		}
		if !regexp.MustCompile(`^([0-9A-F]{2}:){31}[0-9A-F]{2}$`).MatchString(s.Fingerprint()) {
			t.Errorf("fingerprint %q", s.Fingerprint())
		}
		for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "self.key"): 0o600} {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != want {
				t.Errorf("%s has mode %v, want %v", path, info.Mode().Perm(), want)
			}
		}
		time.Sleep(600 * 24 * time.Hour)
		later, err := certificate.OpenSelf(dir, names, addresses)
		if err != nil || later.Fingerprint() != s.Fingerprint() {
			t.Errorf("another one was made while the first is good: %v", err)
		}
		time.Sleep(101 * 24 * time.Hour)
		if later, err = certificate.OpenSelf(dir, names, addresses); err != nil || later.Fingerprint() == s.Fingerprint() {
			t.Errorf("no new one was made a month before the end: %v", err)
		}
	})
}

// Files that are broken are not written over: they may be somebody's.
func TestSelf_brokenFilesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "self.crt"), []byte("a letter from home"))
	write(t, filepath.Join(dir, "self.key"), []byte("secret"))
	_, err := certificate.OpenSelf(dir, []string{"localhost"}, nil)
	if err == nil || !strings.Contains(err.Error(), "self.crt") || !strings.Contains(err.Error(), "remove") || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

// Changed files are served within seconds, to new connections; until they make
// sense again what was there before serves on.
func TestFiles_readAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newAuthority(t)
		dir := t.TempDir()
		cert, key := filepath.Join(dir, "fullchain.pem"), filepath.Join(dir, "privkey.pem")
		first, text := newKey(t)
		write(t, cert, ca.sign(t, &first.PublicKey, "phone.example.com", 24*time.Hour))
		write(t, key, text)
		var log strings.Builder
		f, err := certificate.OpenFiles(cert, key, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		if f.Name() != "phone.example.com" || !f.Trusted() {
			t.Errorf("name %q, trusted %v", f.Name(), f.Trusted())
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { f.Keep(ctx); close(ended) }()
		was := served(t, f)

		second, text := newKey(t)
		write(t, cert, ca.sign(t, &second.PublicKey, "phone.example.com", 48*time.Hour))
		time.Sleep(time.Minute) // its key is not there yet
		synctest.Wait()
		if served(t, f) != was {
			t.Error("a certificate without its key is served")
		}
		write(t, key, text)
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if served(t, f) == was {
			t.Error("the new certificate is not served")
		}
		cancel()
		<-ended
		if n := strings.Count(log.String(), "not usable"); n != 1 || !strings.Contains(log.String(), "read again") || strings.Contains(log.String(), "PRIVATE") {
			t.Errorf("logged:\n%s", log.String())
		}
	})
}

func TestFiles_sayWhatIsWrong(t *testing.T) {
	ca := newAuthority(t)
	dir := t.TempDir()
	in := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if text != nil {
			write(t, path, text)
		}
		return path
	}
	key, keyText := newKey(t)
	_, other := newKey(t)
	good := in("good.crt", ca.sign(t, &key.PublicKey, "example.com", time.Hour))
	for name, test := range map[string]struct {
		cert, key string
		want      string
	}{
		"no certificate": {in("none.crt", nil), in("good.key", keyText), "tls.cert: open "},
		"no key":         {good, in("none.key", nil), "tls.key: open "},
		"another's key":  {good, in("other.key", other), "private key does not match"},
		"ended":          {in("old.crt", ca.sign(t, &key.PublicKey, "example.com", -time.Hour)), in("good.key", keyText), "old.crt ended on "},
		"not PEM":        {in("text.crt", []byte("hello")), in("good.key", keyText), "text.crt"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := certificate.OpenFiles(test.cert, test.key, nil); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q in it", err, test.want)
			}
		})
	}
}
