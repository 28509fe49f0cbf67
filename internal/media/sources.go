package media

import (
	"encoding/binary"
	"net/netip"
)

// sources finds sessions by where their packets come from. It is asked for every
// packet: an IPv4 address and port are one word, which a map of Go's hashes and
// compares in a quarter of the time that a netip.AddrPort takes. The zero value
// is ready.
type sources struct {
	v4    map[uint64]*Session
	other map[netip.AddrPort]*Session
}

func v4Key(source netip.AddrPort) (key uint64, ok bool) {
	if !source.Addr().Is4() {
		return 0, false
	}
	ip := source.Addr().As4()
	return uint64(binary.BigEndian.Uint32(ip[:]))<<16 | uint64(source.Port()), true
}

// get returns who was put for source, or nil.
func (n *sources) get(source netip.AddrPort) *Session {
	if key, ok := v4Key(source); ok {
		return n.v4[key]
	}
	return n.other[source]
}

func (n *sources) put(source netip.AddrPort, s *Session) {
	if key, ok := v4Key(source); ok {
		if n.v4 == nil {
			n.v4 = make(map[uint64]*Session)
		}
		n.v4[key] = s
		return
	}
	if n.other == nil {
		n.other = make(map[netip.AddrPort]*Session)
	}
	n.other[source] = s
}

func (n *sources) remove(source netip.AddrPort) {
	if key, ok := v4Key(source); ok {
		delete(n.v4, key)
		return
	}
	delete(n.other, source)
}

func (n *sources) len() int { return len(n.v4) + len(n.other) }
