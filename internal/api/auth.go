package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"

	"confab/internal/contract"
)

// Keys knows the account's API keys.
type Keys interface {
	// Secret returns the SHA-256 digest of a key's secret; ok is false when
	// there is no such key.
	Secret(ctx context.Context, sid string) (digest [sha256.Size]byte, ok bool, err error)
	// KeyRole returns what a key may do.
	KeyRole(ctx context.Context, sid string) (role contract.Role, ok bool, err error)
}

// authenticate finds out whether the request may do what it asks for.
func (a *API) authenticate(q *request) error {
	g, err := a.grant(q.Request)
	switch {
	case err != nil:
		return err
	case g.Key != "" && q.place.forMain():
		return errAuthenticate()
	}
	return g.permit(a.roleFor(q))
}

// forMain reports whether a path is closed to API keys (Twilio API keys: standard
// ones do not reach Accounts and Keys).
func (p place) forMain() bool {
	return len(p.steps) < 3 || p.steps[2] == "Keys" || p.steps[2] == "SigningKeys"
}

// same compares digests, so that not even the length shows.
func same(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}

func errAuthenticate() *problem {
	return &problem{status: http.StatusUnauthorized, code: contract.CodeAuthenticateREST, message: "Authenticate"}
}
