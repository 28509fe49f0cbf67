package webrtc

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// maxCandidates is how many addresses we offer.
const maxCandidates = 10

// hostAddresses lists the addresses of the network interfaces that are up: IPv4 first,
// loopback last. Link-local ones of IPv6 are left out, which nobody can reach by the
// address alone.
func hostAddresses() []netip.Addr {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	var list []netip.Addr
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		if ip, ok := netip.AddrFromSlice(n.IP); ok && !(ip.Is6() && ip.IsLinkLocalUnicast()) && !ip.IsMulticast() {
			list = append(list, ip.Unmap())
		}
	}
	rank := func(a netip.Addr) int {
		switch {
		case a.IsLoopback() && a.Is4():
			return 2
		case a.IsLoopback():
			return 3
		case a.Is4():
			return 0
		}
		return 1
	}
	slices.SortStableFunc(list, func(a, b netip.Addr) int { return rank(a) - rank(b) })
	return list
}

// addresses are those that we can be reached by at a port that is bound to bound, the
// best first.
func (c *Config) addresses(bound netip.Addr) (list []netip.Addr) {
	if bound.IsUnspecified() {
		list = slices.Clone(c.Addresses())
	} else {
		list = []netip.Addr{bound}
	}
	if c.Advertise.IsValid() && !slices.Contains(list, c.Advertise) {
		at := slices.IndexFunc(list, netip.Addr.IsLoopback)
		if at < 0 {
			at = len(list)
		}
		list = slices.Insert(list, at, c.Advertise)
	}
	return list[:min(len(list), maxCandidates)]
}

// candidates are our candidates at addresses, as values of a=candidate (RFC 8839
// §5.1): all of the host itself, the first preferred, and by UDP before TCP. tcp is the
// port of TCP; 0: there is none.
func candidates(addresses []netip.Addr, port, tcp uint16) []string {
	list := make([]string, 0, 2*len(addresses))
	for i, addr := range addresses {
		// RFC 8445 §5.1.2.1: type preference, local preference, component.
		priority := 126<<24 | (65535-i)<<8 | (256 - 1)
		list = append(list, fmt.Sprintf("%d 1 udp %d %s %d typ host", i+1, priority, addr, port))
	}
	if tcp == 0 {
		return list
	}
	for i, addr := range addresses {
		// RFC 6544 §4.2: a type preference below that of UDP, and in the local preference
		// a direction preference, of passive 4.
		priority := 90<<24 | (4<<13|(8191-i))<<8 | (256 - 1)
		// RFC 6544 §4.5: how it is written.
		list = append(list, fmt.Sprintf("%d 1 tcp %d %s %d typ host tcptype passive", len(addresses)+i+1, priority, addr, tcp))
	}
	return list
}
