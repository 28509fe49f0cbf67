package sip

import (
	"net/netip"
	"sync"
	"time"
)

// Traced is a message that passes.
type Traced struct {
	CallID  string
	At      time.Time
	Sent    bool   // by us
	Network string // udp or tcp
	Local   netip.AddrPort
	Remote  netip.AddrPort
	Raw     []byte // the message; it must not be changed
}

// trace tells Config.Trace of a message that has a Call-ID.
func (s *Server) trace(sent bool, f *flow, b []byte) {
	if s.cfg.Trace == nil {
		return
	}
	id := peekCallID(b)
	if len(id) == 0 {
		return
	}
	s.cfg.Trace(Traced{CallID: string(id), At: time.Now(), Sent: sent, Network: f.network,
		Local: s.facing.sip(&s.contacts, f.remote.Addr()), Remote: f.remote, Raw: b})
}

// maxFacing is for how many far ends it is remembered by which address they reach
// us.
const maxFacing = 1000

// facing remembers which of our addresses face whom: the routing table is asked
// once, not for every message.
type facing struct {
	mu  sync.Mutex
	own map[netip.Addr]netip.Addr
}

// sip returns the address of SIP that faces remote, whatever remote is told.
func (m *facing) sip(c *contacts, remote netip.Addr) netip.AddrPort {
	if own := c.bound.Addr(); !own.IsUnspecified() {
		return c.bound
	}
	m.mu.Lock()
	own, ok := m.own[remote]
	m.mu.Unlock()
	if !ok {
		own = c.facing(remote)
		m.mu.Lock()
		if m.own == nil || len(m.own) >= maxFacing {
			m.own = make(map[netip.Addr]netip.Addr)
		}
		m.own[remote] = own
		m.mu.Unlock()
	}
	return netip.AddrPortFrom(own, c.bound.Port())
}
