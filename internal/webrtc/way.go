package webrtc

import (
	"net/netip"
	"slices"
	"time"

	"confab/internal/sdp"
)

const (
	// maxSources is how many addresses a far end may have checked from. The one that has
	// checked longest ago gives way.
	maxSources = 16
	// settleFor is for how long after the first nomination another one must have a
	// higher priority to count. Who nominates aggressively (RFC 5245 §8.1.1.2) nominates
	// many in that time, and means the best.
	settleFor = 5 * time.Second
)

// way is where a far end is, as ICE has found out.
type way struct {
	to       spot      // nominated; invalid: none yet
	priority uint32    // of to
	user     string    // ours, that to was nominated for
	since    time.Time // of the first nomination for user
	consent  time.Time // of the last sign of life: a check from to, or a packet
	checked  bool      // it was found out by checks
	sources  []source  // that have checked, the latest last
}

type source struct {
	addr spot
	user string // ours, that it has checked for
}

func (w *way) known() bool { return w.to.IsValid() || len(w.sources) > 0 }

// best is where to send to: nominated, or at least checked.
func (w *way) best() spot {
	if w.to.IsValid() || len(w.sources) == 0 {
		return w.to
	}
	return w.sources[len(w.sources)-1].addr
}

// spots are all that packets may come from.
func (w *way) spots() []spot {
	list := make([]spot, 0, len(w.sources)+1)
	for _, s := range w.sources {
		list = append(list, s.addr)
	}
	if w.to.IsValid() && !slices.Contains(list, w.to) {
		list = append(list, w.to)
	}
	return list
}

// note takes note of a source that has checked, and returns the one that gives way to it.
func (w *way) note(s source) (added bool, dropped spot) {
	at := slices.IndexFunc(w.sources, func(o source) bool { return o.addr == s.addr })
	if at >= 0 {
		w.sources = append(slices.Delete(w.sources, at, at+1), s)
		return false, dropped
	}
	if len(w.sources) == maxSources {
		first := slices.IndexFunc(w.sources, func(o source) bool { return o.addr != w.to })
		dropped = w.sources[first].addr
		w.sources = slices.Delete(w.sources, first, first+1)
	}
	w.sources = append(w.sources, s)
	return true, dropped
}

// drop forgets a spot, where the far end is no more, and reports whether it was known.
func (w *way) drop(at spot) bool {
	n := len(w.sources)
	w.sources = slices.DeleteFunc(w.sources, func(s source) bool { return s.addr == at })
	if w.to == at {
		w.to, w.priority = spot{}, 0
		return true
	}
	return len(w.sources) < n
}

// nominate takes note of a nomination, and reports whether it is another way.
func (w *way) nominate(c checked, now time.Time) bool {
	again := c.user != w.user
	switch {
	case !w.to.IsValid() || !w.checked || again: // the first, or the first after a restart
		w.since = now
	case c.from == w.to:
		return false
	case now.Sub(w.since) < settleFor && c.priority <= w.priority:
		return false
	}
	moved := c.from != w.to
	w.to, w.priority, w.user, w.checked = c.from, c.priority, c.user, true
	return moved || again
}

// password returns ours for a check that is for our name user and says that it is of
// theirs; "" if that is not how they should be.
func (p *Peer) password(user, theirs string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.ended:
		return ""
	case user == p.local.Secure.User:
		// The answer to our offer may come after the first checks.
		if p.far != nil && p.far.User != theirs {
			return ""
		}
		return p.local.Secure.Password
	case user == p.before.User:
		return p.before.Password
	}
	return ""
}

// checked takes a check that has been authenticated. It returns false when the peer
// has ended.
func (p *Peer) checked(c checked) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return false
	}
	now := time.Now()
	added, dropped := p.way.note(source{c.from, c.user})
	if added {
		p.door.claim(p, c.from)
	}
	if dropped.IsValid() {
		p.door.dismiss(p, nil, []spot{dropped})
	}
	moved := c.nominates && p.way.nominate(c, now)
	if moved && p.before.User != "" && c.user == p.local.Secure.User {
		p.forgetOldLocked()
	}
	if c.from == p.way.to {
		p.way.consent = now
	}
	if added || moved {
		p.directLocked()
	}
	p.beginLocked()
	p.upLocked()
	return true
}

// directLocked tells the session where the far end is. One that has closed needs not
// know.
func (p *Peer) directLocked() {
	var sources []netip.AddrPort
	for _, at := range p.way.spots() {
		if at.conn == nil {
			sources = append(sources, at.AddrPort)
		}
	}
	if to := p.way.to; to.conn != nil {
		_ = p.session.SetConnection(to.conn, to.AddrPort, sources...)
		return
	}
	_ = p.session.SetPath(p.way.to.AddrPort, sources...)
}

// gone is told that a connection of the far end is over. Until it comes back, by
// another or by UDP, nothing is said to it; for how long it may be away consent tells.
func (p *Peer) gone(at spot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended || !p.way.drop(at) {
		return
	}
	p.door.dismiss(p, nil, []spot{at})
	p.directLocked()
}

// placeLocked says where a far end is that does without ICE.
func (p *Peer) placeLocked(at netip.AddrPort) {
	to := spot{AddrPort: at}
	if !at.IsValid() || at.Addr().IsUnspecified() || at.Port() == 0 || to == p.way.to {
		return
	}
	if old := p.way.to; old.IsValid() {
		p.door.dismiss(p, nil, []spot{old})
	}
	p.way = way{to: to}
	p.door.claim(p, to)
	p.directLocked()
}

// restartLocked begins an ICE restart: we have new credentials, and those before hold
// until a way is nominated with the new ones.
func (p *Peer) restartLocked() {
	if p.before.User != "" { // a restart that came to nothing
		p.door.dismiss(p, []string{p.before.User}, nil)
	}
	secure := *p.local.Secure
	p.before = sdp.Secure{User: secure.User, Password: secure.Password}
	secure.User, secure.Password = newCredentials()
	p.local.Secure = &secure
	p.door.admit(p, secure.User)
}

// forgetOldLocked ends a restart: what was found out before it holds no more.
func (p *Peer) forgetOldLocked() {
	var gone []spot
	p.way.sources = slices.DeleteFunc(p.way.sources, func(s source) bool {
		old := s.user == p.before.User && s.addr != p.way.to
		if old {
			gone = append(gone, s.addr)
		}
		return old
	})
	p.door.dismiss(p, []string{p.before.User}, gone)
	p.before = sdp.Secure{}
}
