package confab

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"confab/internal/certificate"
)

// validTLS: a certificate comes from one place, and what belongs to another
// place is a slip that must not pass unseen.
func (c *Config) validTLS() error {
	t := c.TLS
	var from []string
	if t.Cert != "" || t.Key != "" {
		from = append(from, "tls.cert and tls.key")
	}
	if t.Self {
		from = append(from, "tls.self")
	}
	if t.Domain != "" {
		from = append(from, "tls.domain")
	}
	switch {
	case len(from) > 1:
		return fmt.Errorf("tls: a certificate comes from one place, and these are several: %s", strings.Join(from, ", "))
	case t.Cert != "" && t.Key == "":
		return fmt.Errorf("tls.key: the private key of %s is missing", t.Cert)
	case t.Key != "" && t.Cert == "":
		return fmt.Errorf("tls.cert: the certificate of the key %s is missing", t.Key)
	case t.Email != "" && t.Domain == "":
		return fmt.Errorf("tls.email: %q is for an ACME authority, and there is no tls.domain to ask it for", t.Email)
	case (t.Roots != "" || t.BindingID != "" || t.Binding != "") && t.Domain == "":
		return fmt.Errorf("tls: authority_ca, eab_id and eab_key are for an ACME authority, and there is no tls.domain to ask it for")
	case t.Redirect != "" && len(from) == 0:
		return fmt.Errorf("tls.redirect: %s would send to HTTPS, and there is no certificate: give tls.cert and tls.key, tls.domain or tls.self", t.Redirect)
	}
	if t.Redirect != "" {
		if _, _, err := hostPort(t.Redirect, "tls.redirect", "0.0.0.0:80"); err != nil {
			return err
		}
	}
	if t.Domain == "" {
		return nil
	}
	if !validDomain(t.Domain) {
		return fmt.Errorf("tls.domain: %q is not the full name of a host, such as phone.example.com", t.Domain)
	}
	if _, err := t.bindingKey(); err != nil {
		return err
	}
	return validAuthority(t.Authority)
}

// bindingKey decodes the key of an external account binding. It is in no error.
func (t TLS) bindingKey() ([]byte, error) {
	if (t.BindingID == "") != (t.Binding == "") {
		return nil, fmt.Errorf("tls.eab_id: it and tls.eab_key come together")
	}
	// RFC 8555 §7.3.4: the key is given in base64url; some write its padding.
	key, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(t.Binding, "="))
	if err != nil {
		return nil, fmt.Errorf("tls.eab_key: it is not base64url (letters, digits, - and _)")
	}
	return key, nil
}

// validDomain accepts what an authority can be asked for: two labels or more, of
// letters, digits and hyphens, the last one no number.
func validDomain(name string) bool {
	labels := strings.Split(name, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.Trim(l, digits+letters+"-") != "" || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
	}
	_, err := strconv.Atoi(labels[len(labels)-1])
	return len(labels) > 1 && err != nil && len(name) <= 253
}

// validAuthority: keys and orders go by HTTPS, except to a test of one's own.
func validAuthority(text string) error {
	u, err := url.Parse(text)
	if err == nil && u.Host != "" {
		ip, _ := netip.ParseAddr(u.Hostname())
		if u.Scheme == "https" || u.Scheme == "http" && (ip.IsLoopback() || u.Hostname() == "localhost") {
			return nil
		}
	}
	return fmt.Errorf("tls.authority: %q is not the https URL of a directory, such as %s", text, certificate.LetsEncrypt)
}

// openTLS finds the certificate of the HTTP server, if it has one.
func (s *Switch) openTLS(context.Context) (err error) {
	t, dir := s.cfg.TLS, filepath.Join(s.cfg.Data, "tls")
	switch {
	case t.Cert != "":
		s.certificate, err = typed(certificate.OpenFiles(t.Cert, t.Key, s.log))
	case t.Self:
		names, addresses := certificate.HostNames()
		if a := s.cfg.Advertise; a.IsValid() {
			addresses = append(addresses, a)
		}
		s.certificate, err = typed(certificate.OpenSelf(dir, names, addresses))
	case t.Domain != "":
		s.certificate, err = typed(s.fromAuthority(dir))
	}
	if err != nil || t.Redirect == "" {
		return err
	}
	if s.redirect, err = s.cfg.Net.listen("tcp", t.Redirect); err != nil {
		return portError("tls-redirect", t.Redirect, err)
	}
	s.closeLater(func() error { return closeListener(s.redirect) })
	return nil
}

// fromAuthority is a certificate that an authority is asked for. What is kept of each
// authority but the default has a directory of its own: another authority is another
// account, and what was issued for trying is not what the real one issues.
func (s *Switch) fromAuthority(dir string) (*certificate.ACME, error) {
	t := s.cfg.TLS
	c := certificate.ACMEConfig{Domain: t.Domain, Email: t.Email, Directory: t.Authority, BindingID: t.BindingID,
		Cache: dir, Plain: t.Redirect != "", Log: s.log}
	if t.Authority != certificate.LetsEncrypt {
		c.Cache = filepath.Join(dir, authorityName(t.Authority))
	}
	var err error
	if c.BindingKey, err = t.bindingKey(); err != nil {
		return nil, err
	}
	if t.Roots != "" {
		if c.Roots, err = certificate.ReadRoots(t.Roots); err != nil {
			return nil, fmt.Errorf("tls.authority_ca: %w", err)
		}
	}
	return certificate.NewACME(c), nil
}

// authorityName makes the name of a directory of a URL: "ca.example.com-acme-directory".
func authorityName(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	return strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(digits+letters+".", r) {
			return r
		}
		return '-'
	}, rest), "-.")
}

// typed makes a Source of what may have failed: a nil pointer must not become an
// interface that is not nil.
func typed[S certificate.Source](source S, err error) (certificate.Source, error) {
	if err != nil {
		return nil, err
	}
	return source, nil
}

// serveHTTP serves the API, the console and the phones of browsers.
func (s *Switch) serveHTTP(ctx context.Context) error {
	var secure *tls.Config
	if s.certificate != nil {
		secure = s.certificate.TLS()
	}
	return ServeHTTP(ctx, s.listener, s.entry, secure, flushTime, s.log)
}

// serveRedirect sends whoever comes by plain HTTP to HTTPS.
func (s *Switch) serveRedirect(ctx context.Context) error {
	if s.redirect == nil {
		return nil
	}
	return ServeHTTP(ctx, s.redirect, Recover(s.certificate.Challenge(toHTTPS(s.HTTP().Port())), s.log), nil, flushTime, s.log)
}

// keepCertificate looks after the certificate, if there is one.
func (s *Switch) keepCertificate(ctx context.Context) {
	if s.certificate != nil {
		s.certificate.Keep(ctx)
	}
}

// toHTTPS answers every request with the same URL on HTTPS. What was sent in the
// clear may hold a secret, so only what changes nothing is sent on: the others
// get an error that a developer sees.
func toHTTPS(port uint16) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		} else {
			host = strings.Trim(host, "[]")
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead || host == "" {
			http.Error(w, "HTTPS only", http.StatusForbidden)
			return
		}
		u := *r.URL
		u.Scheme, u.Host = "https", hostInURL(host, port)
		http.Redirect(w, r, u.String(), http.StatusPermanentRedirect)
	})
}

// hostInURL leaves out the port that HTTPS has anyway.
func hostInURL(host string, port uint16) string {
	if port == 443 {
		if strings.Contains(host, ":") {
			return "[" + host + "]"
		}
		return host
	}
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}

// strictFor is how long browsers are to come by HTTPS only: half a year.
const strictFor = "max-age=15552000"

// strict tells browsers to come by HTTPS only (RFC 6797), where they trust the
// certificate without asking. A certificate made for trying must not: there
// would be no way back to HTTP for them.
func strict(next http.Handler, source certificate.Source) http.Handler {
	if source == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if source.Trusted() {
			w.Header().Set("Strict-Transport-Security", strictFor)
		}
		next.ServeHTTP(w, r)
	})
}

// Origin is where browsers and clients on this machine open the switch:
// "http://127.0.0.1:8080", or "https://phone.example.com" with a certificate for
// that name.
func (s *Switch) Origin() string {
	at := reached(s.HTTP())
	if s.certificate == nil {
		return "http://" + at.String()
	}
	host := s.certificate.Name()
	if host == "" {
		host = at.Addr().String()
	}
	return "https://" + hostInURL(host, at.Port())
}
