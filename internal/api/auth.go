package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"confab/internal/contract"
)

// Keys knows the account's API keys.
type Keys interface {
	// Secret returns the SHA-256 digest of a key's secret; ok is false when
	// there is no such key.
	Secret(ctx context.Context, sid string) (digest [sha256.Size]byte, ok bool, err error)
}

// authenticate finds out whether the request has the account's credentials:
// HTTP Basic, with the AccountSid and the AuthToken, or an API key and its
// secret. How long it takes does not depend on how much of them is right.
func (a *API) authenticate(q *request) error {
	user, password, given := q.BasicAuth()
	sum := sha256.Sum256([]byte(password))
	if !strings.HasPrefix(user, "SK") || a.cfg.Keys == nil {
		if right := same(user, string(a.cfg.Account)) & same(password, a.cfg.Token); !given || right != 1 {
			return errAuthenticate()
		}
		return nil
	}
	digest, known, err := a.cfg.Keys.Secret(q.Context(), user)
	if err != nil {
		return err
	}
	if right := subtle.ConstantTimeCompare(sum[:], digest[:]); !known || right != 1 || q.place.forMain() {
		return errAuthenticate()
	}
	return nil
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
