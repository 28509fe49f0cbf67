package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
)

// authentic reports whether the request has the account's credentials: HTTP
// Basic, the AccountSid as user and the AuthToken as password. How long it
// takes does not depend on how much of them is right.
func (a *API) authentic(r *http.Request) bool {
	user, password, ok := r.BasicAuth()
	right := same(user, string(a.cfg.Account)) & same(password, a.cfg.Token)
	return ok && a.cfg.Token != "" && right == 1
}

// same compares digests, so that not even the length shows.
func same(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}
