package sip

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

const defaultPort = 5060 // RFC 3261 §19.1.2, UDP and TCP

// The two transports, as they are written in URIs; Via has them in capitals.
const (
	networkUDP = "udp"
	networkTCP = "tcp"
)

// flow is where messages go to or came from: a pair of addresses over UDP, a
// connection over TCP.
type flow struct {
	network string
	remote  netip.AddrPort
	conn    *conn          // TCP; nil before there is one
	alt     netip.AddrPort // TCP: where to connect when conn is gone; zero: remote
}

func (f flow) reliable() bool { return f.network == networkTCP }

// reply returns where answers to r go, and what its Via is completed with.
func (r *request) reply() (flow, viaMark) {
	back := r.flow
	source := r.flow.remote
	var mark viaMark
	sentBy := portOr(r.via.Port)
	if hasParam(r.via.Params, "rport") {
		// RFC 3581 §4: back to where it came from, by address and port.
		mark = viaMark{received: source.Addr().String(), rport: int(source.Port())}
	} else {
		if r.via.Host != source.Addr().String() {
			mark.received = source.Addr().String() // RFC 3261 §18.2.1
		}
		if back.network == networkUDP {
			// RFC 3261 §18.2.2: to the port in sent-by, at the address it came from.
			// Deviation: maddr is not followed, it would send answers to others.
			back.remote = netip.AddrPortFrom(source.Addr(), sentBy)
		}
	}
	// RFC 3261 §18.2.2: over TCP the connection is used while it is there.
	back.alt = netip.AddrPortFrom(source.Addr(), sentBy)
	return back, mark
}

func portOr(port int) uint16 {
	if port <= 0 || port > 65535 {
		return defaultPort
	}
	return uint16(port)
}

// route returns where a request within a dialog goes whose far end was last
// heard on f: to the first route when there is one (RFC 3261 §12.2.1.1), else
// to the target.
//
// Deviation (RFC 3261 §8.1.2): a target at another address than f's is not
// believed of one who called us, for a phone behind a NAT says there what
// nobody can reach, and the way that it came is open. Of one that we called it
// is believed unless one of the two addresses is private and the other is not.
// Names are not looked up: the proxy or phone that has one is the one on f.
func route(f flow, routes []string, target sip.Uri, outbound bool) flow {
	next := target
	if len(routes) > 0 {
		next = sip.Uri{}
		if err := sip.ParseUri(uriText(routes[0]), &next); err != nil {
			return f
		}
	}
	addr, err := netip.ParseAddr(trimBrackets(next.Host))
	if err != nil || addr.IsUnspecified() || addr.Unmap().Is4() != f.remote.Addr().Is4() {
		return f
	}
	to := netip.AddrPortFrom(addr.Unmap(), portOr(next.Port))
	if to.Addr() != f.remote.Addr() {
		believed := len(routes) > 0 || outbound && scopeOf(to.Addr()) == scopeOf(f.remote.Addr())
		if !believed {
			return f
		}
		return flow{network: networkOf(next, f.network), remote: to}
	}
	// The same host. A connection is kept while it lives; over UDP the host's
	// own word for its port counts.
	network := networkOf(next, f.network)
	if network == networkTCP && f.network == networkTCP {
		f.alt = to
		return f
	}
	return flow{network: network, remote: to}
}

// scope is how far an address reaches.
type scope int

const (
	scopeHost scope = iota
	scopeSite
	scopeWorld
)

func scopeOf(a netip.Addr) scope {
	switch {
	case a.IsLoopback():
		return scopeHost
	case a.IsPrivate(), a.IsLinkLocalUnicast():
		return scopeSite
	}
	return scopeWorld
}

// networkOf returns the transport that a URI asks for, or else.
func networkOf(uri sip.Uri, otherwise string) string {
	switch strings.ToLower(param(uri.UriParams, "transport")) {
	case networkUDP:
		return networkUDP
	case networkTCP:
		return networkTCP
	}
	return otherwise
}

func trimBrackets(host string) string {
	if len(host) > 1 && host[0] == '[' && host[len(host)-1] == ']' {
		return host[1 : len(host)-1]
	}
	return host
}

// addrPort returns the address of a socket or of what came over it.
func addrPort(a net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		ap = a.AddrPort()
	case *net.TCPAddr:
		ap = a.AddrPort()
	default:
		ap, _ = netip.ParseAddrPort(a.String()) // of a network of tests
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// hostPort writes an address as sent-by and URIs have it.
func hostPort(a netip.AddrPort) string {
	if a.Addr().Is6() {
		return "[" + a.Addr().WithZone("").String() + "]:" + strconv.Itoa(int(a.Port()))
	}
	return a.String()
}
