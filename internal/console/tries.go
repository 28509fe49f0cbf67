package console

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// How often somebody may try to sign in: a few times at once, then slowly.
const (
	triesAtOnce = 10
	tryEvery    = 6 * time.Second
	maxSources  = 4096 // that are remembered; more have to wait
)

// tries bounds how often credentials are tried, for each source. The zero value
// is ready.
type tries struct {
	mu sync.Mutex
	by map[netip.Prefix]time.Time // when a source has all its tries again
}

// take uses up a try of a source; it returns how long to wait if none is left.
func (t *tries) take(from netip.Prefix, now time.Time) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.by == nil {
		t.by = make(map[netip.Prefix]time.Time)
	}
	full, known := t.by[from]
	if !known && len(t.by) >= maxSources {
		for source, full := range t.by {
			if !full.After(now) {
				delete(t.by, source)
			}
		}
		if len(t.by) >= maxSources {
			return tryEvery
		}
	}
	if full.Before(now) {
		full = now
	}
	if wait := full.Add(tryEvery).Sub(now) - triesAtOnce*tryEvery; wait > 0 {
		return wait
	}
	t.by[from] = full.Add(tryEvery)
	return 0
}

// give returns the tries of who was right.
func (t *tries) give(to netip.Prefix) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.by, to)
}

// source is the network that a request came from: an address, or for IPv6 the 64
// bits of a site.
func source(r *http.Request) netip.Prefix {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Prefix{}
	}
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
