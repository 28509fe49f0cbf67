package line

import (
	"log/slog"
	"net/http"
	"sync"
	"time"

	"confab/internal/signature"
)

// guard lets in the requests that are signed with the account's token.
type guard struct {
	token  string // empty: everybody's
	public string // base URL without a slash at its end; empty: as requested
	log    *slog.Logger

	mu       sync.Mutex
	refused  int       // since the last notice
	lastSaid time.Time // of the last notice
}

// quiet is how long after a notice of refused requests the next one waits:
// strangers must not be able to fill the log.
const quiet = time.Minute

// allows reports whether r, whose form has been parsed, is signed as it should
// be.
func (g *guard) allows(r *http.Request) bool {
	if g.token == "" {
		return true
	}
	params := r.PostForm
	if r.Method == http.MethodGet {
		params = nil // they are part of the address
	}
	base := g.base(r)
	if signature.Valid(g.token, r.Header.Get(signature.Header), base+r.URL.RequestURI(), params) {
		return true
	}
	g.notice(base + r.URL.EscapedPath()) // the query may hold digits
	return false
}

// base returns the part of the requested address before the path.
func (g *guard) base(r *http.Request) string {
	switch {
	case g.public != "":
		return g.public
	case r.URL.Host != "": // asked in the same process, with no server between
		return r.URL.Scheme + "://" + r.URL.Host
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// notice says now and then that requests are refused, and which address was
// verified: with a wrong public URL every call is.
func (g *guard) notice(address string) {
	g.mu.Lock()
	g.refused++
	now := time.Now()
	said := !g.lastSaid.IsZero() && now.Sub(g.lastSaid) < quiet
	count := g.refused
	if !said {
		g.refused, g.lastSaid = 0, now
	}
	g.mu.Unlock()
	if !said {
		g.log.Warn("request to the line refused: signature is missing or wrong", "verified", address, "refused", count)
	}
}
