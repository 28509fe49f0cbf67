package console

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"confab/internal/api"
	"confab/internal/contract"
	"confab/internal/store"
)

// SessionsConfig is what sessions are made of. Account, Token and Store are
// required.
type SessionsConfig struct {
	Account contract.AccountSID
	Token   string         // the AuthToken: with another one the account's sessions end
	Store   *store.Records // keeps them, and the links that make one
	Hosts   []string       // names, in lower case, by which the console may be opened, beside addresses and localhost
	Life    time.Duration  // how long a session lasts; 0: 12 hours
}

// Sessions are those who are signed in: they implement api.Sessions. All methods
// may be called at any time.
type Sessions struct {
	cfg   SessionsConfig
	proof [sha256.Size]byte
	name  string // of the cookie
}

var _ api.Sessions = (*Sessions)(nil)

// NewSessions returns the sessions that the store has.
func NewSessions(c SessionsConfig) *Sessions {
	if c.Life == 0 {
		c.Life = 12 * time.Hour
	}
	return &Sessions{
		cfg:   c,
		proof: sha256.Sum256([]byte("console session " + c.Token)),
		// Cookies do not keep to a port: two switches on one machine have two.
		name: "confab_" + strings.TrimPrefix(string(c.Account), "AC")[:8],
	}
}

// secretSize is how many random bytes the secret of a session or a link has.
const secretSize = 24

func newSecret() string {
	var b [secretSize]byte
	rand.Read(b[:]) // never fails (crypto/rand: it crashes the program instead)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// cookieName is the name of the cookie over plain HTTP or TLS. Over TLS the
// browser sees to it that no other host and no plain page has set it (RFC 6265bis
// §4.1.3.2).
func (s *Sessions) cookieName(secure bool) string {
	if secure {
		return "__Host-" + s.name
	}
	return s.name
}

// isSecure reports whether a request came over TLS, to here or to a proxy before.
func isSecure(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// secret returns what the request's cookie has.
func (s *Sessions) secret(r *http.Request) (string, bool) {
	cookie, err := r.Cookie(s.cookieName(isSecure(r)))
	if err != nil || len(cookie.Value) != base64.RawURLEncoding.EncodedLen(secretSize) {
		return "", false
	}
	return cookie.Value, true
}

// find returns the session that a request's cookie names.
func (s *Sessions) find(r *http.Request) (found store.Session, secret string, ok bool, err error) {
	secret, ok = s.secret(r)
	if !ok {
		return found, "", false, nil
	}
	found, ok, err = s.cfg.Store.Session(r.Context(), sha256.Sum256([]byte(secret)))
	if err != nil || !ok {
		return found, "", false, err
	}
	if found.Key == "" && subtle.ConstantTimeCompare(found.Proof[:], s.proof[:]) != 1 {
		return found, "", false, nil
	}
	return found, secret, true, nil
}

// Session returns what a request may do whose cookie names a session. One that
// comes from another page, or changes something without the session's CSRF token,
// is forged.
func (s *Sessions) Session(r *http.Request) (g api.Grant, ok bool, err error) {
	found, secret, ok, err := s.find(r)
	if err != nil || !ok {
		return g, false, err
	}
	if !s.knownHost(r.Host) || !sameOrigin(r) {
		return g, false, api.ErrForged
	}
	if !safe(r.Method) && subtle.ConstantTimeCompare([]byte(r.Header.Get(api.CSRFHeader)), []byte(csrfToken(secret))) != 1 {
		return g, false, api.ErrForged
	}
	return api.Grant{Role: found.Role, Key: found.Key}, true, nil
}

// csrfToken is the token of the session of a secret: who has it has read an
// answer that only the console's own page can read.
func csrfToken(secret string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte("csrf"))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// safe reports whether a method changes nothing (RFC 9110 §9.2.1).
func safe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// sameOrigin reports whether a request was made by a page of this very origin,
// as far as the browser says. Another port of the same host is another origin,
// though cookies do not know it. What a person has typed or opened (none) is
// only for reading.
func sameOrigin(r *http.Request) bool {
	// W3C Fetch Metadata, Sec-Fetch-Site.
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin":
		return true
	case "none":
		return safe(r.Method)
	case "":
	default:
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true // an old browser; what changes something has the token
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

// begin makes a session and has the browser keep its secret.
func (s *Sessions) begin(w http.ResponseWriter, r *http.Request, g api.Grant) error {
	secret, now := newSecret(), time.Now()
	made := store.Session{Role: g.Role, Key: g.Key, Created: now, Expires: now.Add(s.cfg.Life)}
	if g.Key == "" {
		made.Proof = s.proof
	}
	if err := s.cfg.Store.AddSession(r.Context(), sha256.Sum256([]byte(secret)), made); err != nil {
		return err
	}
	s.setCookie(w, r, secret, int(s.cfg.Life.Seconds()))
	return nil
}

// end ends the session of a request, and has the browser forget it.
func (s *Sessions) end(w http.ResponseWriter, r *http.Request) error {
	secret, ok := s.secret(r)
	if !ok {
		return nil
	}
	s.setCookie(w, r, "", -1)
	return s.cfg.Store.RemoveSession(r.Context(), sha256.Sum256([]byte(secret)))
}

func (s *Sessions) setCookie(w http.ResponseWriter, r *http.Request, value string, seconds int) {
	secure := isSecure(r)
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(secure), Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteStrictMode,
	})
}

// LinkLife is how long a link signs in, if nobody has used it.
const LinkLife = 10 * time.Minute

// NewLink makes the token of a link that signs in once, with a role; LinkURL
// makes the link.
func NewLink(ctx context.Context, records *store.Records, role contract.Role) (token string, err error) {
	token = newSecret()
	return token, records.AddSignInLink(ctx, sha256.Sum256([]byte(token)), role, time.Now().Add(LinkLife))
}

// LinkURL returns the link of a token, below the address of a server such as
// http://127.0.0.1:8080. What is behind its # is sent to no server: it is in no
// log, and in no Referer.
func LinkURL(server, token string) string {
	return strings.TrimSuffix(server, "/") + Root + "#sign-in=" + token
}

// takeLink returns what the token of a link opens, this once.
func (s *Sessions) takeLink(ctx context.Context, token string) (g api.Grant, ok bool, err error) {
	role, ok, err := s.cfg.Store.TakeSignInLink(ctx, sha256.Sum256([]byte(token)))
	return api.Grant{Role: role}, ok && slices.Contains(contract.Roles(), role), err
}
