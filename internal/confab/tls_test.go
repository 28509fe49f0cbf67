package confab_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"confab/internal/api"
	"confab/internal/confab"
)

// signed writes a certificate for a name that another one vouches for, and its key.
func signed(t *testing.T, dir, name string) (cert, key string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "An authority"}}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, &secret.PublicKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[*string]*pem.Block{&cert: {Type: "CERTIFICATE", Bytes: der}, &key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		*path = filepath.Join(dir, strings.ReplaceAll(block.Type, " ", "-")+".pem")
		if err := os.WriteFile(*path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// secureClient trusts what is made here, and follows nobody elsewhere.
func secureClient(t *testing.T, dir string) *http.Client {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "tls", "self.crt"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	c := &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// With a certificate made here everything is HTTPS, plain HTTP sends there, and
// the browser is not told to stay: there would be no way back.
func TestTLS_madeHere(t *testing.T) {
	var out buffer
	c := config(t)
	c.Out = &out
	c.TLS.Self, c.TLS.Redirect = true, "127.0.0.1:0"
	s, stop := start(t, c)
	client := secureClient(t, c.Data)
	if !strings.HasPrefix(s.Origin(), "https://127.0.0.1:") {
		t.Fatalf("origin %q", s.Origin())
	}
	resp, err := client.Get(s.Origin() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 || resp.ProtoMajor != 2 || resp.Header.Get("Strict-Transport-Security") != "" {
		t.Errorf("%d, HTTP/%d, HSTS %q", resp.StatusCode, resp.ProtoMajor, resp.Header.Get("Strict-Transport-Security"))
	}
	plain := "http://" + s.Redirect().String()
	resp, err = client.Get(plain + "/console/?a=b%20c")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if want := s.Origin() + "/console/?a=b%20c"; resp.StatusCode != http.StatusPermanentRedirect || resp.Header.Get("Location") != want {
		t.Errorf("%d to %q, want %q", resp.StatusCode, resp.Header.Get("Location"), want)
	}
	resp, err = client.Post(plain+api.Root+"Accounts.json", "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("a form sent in the clear: %d", resp.StatusCode)
	}
	stop()
	for _, want := range []string{s.Origin() + api.Root, "Certificate", "made here", ":"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in the banner:\n%s", want, out.String())
		}
	}
}

// A certificate that others vouch for, from files, makes browsers stay with
// HTTPS; its name is the one to open.
func TestTLS_fromFiles(t *testing.T) {
	c := config(t)
	dir := t.TempDir()
	c.TLS.Cert, c.TLS.Key = signed(t, dir, "phone.example.com")
	s, _ := start(t, c)
	if want := "https://phone.example.com:"; !strings.HasPrefix(s.Origin(), want) {
		t.Errorf("origin %q, want %s…", s.Origin(), want)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	resp, err := client.Get("https://" + s.HTTP().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "ok\n" || !strings.HasPrefix(resp.Header.Get("Strict-Transport-Security"), "max-age=") {
		t.Errorf("%q %v, HSTS %q", body, err, resp.Header.Get("Strict-Transport-Security"))
	}
}

func TestTLS_validated(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*confab.TLS)
		want   []string
	}{
		"no key":         {func(c *confab.TLS) { c.Cert = "a.crt" }, []string{"tls.key", "a.crt"}},
		"no certificate": {func(c *confab.TLS) { c.Key = "a.key" }, []string{"tls.cert", "a.key"}},
		"two places":     {func(c *confab.TLS) { c.Self, c.Domain = true, "a.example.com" }, []string{"tls.self", "tls.domain", "one place"}},
		"an address":     {func(c *confab.TLS) { c.Domain = "192.0.2.7" }, []string{`"192.0.2.7"`, "phone.example.com"}},
		"a URL":          {func(c *confab.TLS) { c.Domain = "https://a.example.com" }, []string{"https://a.example.com", "phone.example.com"}},
		"short name":     {func(c *confab.TLS) { c.Domain = "localhost" }, []string{`"localhost"`}},
		"authority":      {func(c *confab.TLS) { c.Domain, c.Authority = "a.example.com", "http://ca.example.com/" }, []string{"http://ca.example.com/", "letsencrypt"}},
		"e-mail alone":   {func(c *confab.TLS) { c.Email = "ops@example.com" }, []string{"ops@example.com", "tls.domain"}},
		"root alone":     {func(c *confab.TLS) { c.Roots = "root.pem" }, []string{"authority_ca", "tls.domain"}},
		"binding's key":  {func(c *confab.TLS) { c.Domain, c.BindingID = "a.example.com", "kid" }, []string{"tls.eab_id", "tls.eab_key"}},
		"no base64":      {func(c *confab.TLS) { c.Domain, c.BindingID, c.Binding = "a.example.com", "kid", "no/base" }, []string{"tls.eab_key", "base64url"}},
		"redirect alone": {func(c *confab.TLS) { c.Redirect = "0.0.0.0:80" }, []string{"0.0.0.0:80", "tls.self"}},
		"redirect where": {func(c *confab.TLS) { c.Self, c.Redirect = true, "80" }, []string{`"80"`, "0.0.0.0:80"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := confab.Default()
			test.change(&c.TLS)
			err := c.Validate()
			if err == nil {
				t.Fatal("valid")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
		})
	}
}
