package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"

	"confab/internal/contract"
)

// Grant is what somebody may do who was let in.
type Grant struct {
	Role contract.Role
	Key  contract.KeySID // the API key that they came with; empty: the account's own credentials
}

// Sessions knows who is signed in at the console. Its errors are ErrForged and
// those of reading what it knows.
type Sessions interface {
	// Session returns what a request may do that has no credentials; ok is false
	// when it belongs to no session.
	Session(r *http.Request) (g Grant, ok bool, err error)
}

// ErrForged: a request has the cookie of a session, and was not made by the
// session's page.
var ErrForged = errors.New("the request was not made by the console's page")

// SignIn returns what the credentials of the account open, or those of an API
// key; ok is false when they are wrong. How long it takes does not depend on how
// much of them is right.
func (a *API) SignIn(ctx context.Context, user, password string) (g Grant, ok bool, err error) {
	if !strings.HasPrefix(user, "SK") || a.cfg.Keys == nil {
		right := same(user, string(a.cfg.Account)) & same(password, a.cfg.Token)
		return Grant{Role: contract.RoleAdminister}, right == 1, nil
	}
	sum := sha256.Sum256([]byte(password))
	digest, known, err := a.cfg.Keys.Secret(ctx, user)
	if err != nil {
		return Grant{}, false, err
	}
	if right := subtle.ConstantTimeCompare(sum[:], digest[:]); !known || right != 1 {
		return Grant{}, false, nil
	}
	role, known, err := a.cfg.Keys.KeyRole(ctx, user)
	return Grant{role, contract.KeySID(user)}, known && err == nil, err
}

// grant finds out who asks: by HTTP Basic, with the AccountSid and the AuthToken,
// or an API key and its secret; or by a session.
func (a *API) grant(r *http.Request) (Grant, error) {
	if user, password, given := r.BasicAuth(); given || a.cfg.Sessions == nil {
		g, ok, err := a.SignIn(r.Context(), user, password)
		if err == nil && (!ok || !given) {
			err = errAuthenticate()
		}
		return g, err
	}
	g, ok, err := a.cfg.Sessions.Session(r)
	switch {
	case errors.Is(err, ErrForged):
		return Grant{}, &problem{status: http.StatusForbidden, code: contract.CodeAuthenticateREST, message: err.Error()}
	case err == nil && !ok:
		err = errAuthenticate()
	}
	return g, err
}

// permit refuses what takes more than g is.
func (g Grant) permit(need contract.Role) error {
	if g.Role.Includes(need) {
		return nil
	}
	return &problem{status: http.StatusForbidden, code: contract.CodeAuthenticateREST,
		message: "This takes the role " + string(need) + "; yours is " + string(g.Role)}
}

// Guard returns h behind the door of the API: who asks needs credentials or a
// session, and reading takes the role read, anything else the role change.
// Refusals are in JSON.
func (a *API) Guard(read, change contract.Role, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		need := change
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			need = read
		}
		g, err := a.grant(r)
		if err == nil {
			err = g.permit(need)
		}
		if err != nil {
			a.refuseJSON(w, r, err)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// challenge says how to authenticate (RFC 9110 §11.6.1). A browser asks for a
// password by itself where it reads Basic; the console's page has its own way.
func challenge(r *http.Request) string {
	if r.Header.Get(CSRFHeader) != "" {
		return `Session realm="Confab console"`
	}
	return `Basic realm="Confab API", charset="UTF-8"`
}

// CSRFHeader is the header in which the console's page shows that it made a
// request: see GET /console/session.
const CSRFHeader = "X-Confab-CSRF"
