package sip

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"
)

// localNetworks are the networks that no NAT of ours stands before, unless the
// configuration says otherwise: loopback, link-local and private ones.
var localNetworks = []netip.Prefix{
	netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("10.0.0.0/8"), // RFC 1918 §3
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("::1/128"),
	netip.MustParsePrefix("fe80::/10"),
	netip.MustParsePrefix("fc00::/7"), // RFC 4193 §3.1
}

// contacts decides by which address we are called, seen from a far end.
type contacts struct {
	bound     netip.AddrPort
	advertise netip.Addr
	local     []netip.Prefix
	dial      func(ctx context.Context, network, addr string) (net.Conn, error)
}

// host returns our address for a far end at remote. own is the address that
// the socket concerned is bound to.
func (c *contacts) host(own, remote netip.Addr) netip.Addr {
	outside := !slices.ContainsFunc(c.local, func(p netip.Prefix) bool { return p.Contains(remote) })
	switch {
	case c.advertise.IsValid() && outside:
		return c.advertise
	case own.IsValid() && !own.IsUnspecified():
		return own
	}
	return c.facing(remote)
}

// sip returns our SIP address for a far end at remote.
func (c *contacts) sip(remote netip.Addr) netip.AddrPort {
	return netip.AddrPortFrom(c.host(c.bound.Addr(), remote), c.bound.Port())
}

// facing asks the routing table which of our addresses packets to remote leave
// from: a connected UDP socket knows, and sends nothing.
func (c *contacts) facing(remote netip.Addr) netip.Addr {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn, err := c.dial(ctx, networkUDP, netip.AddrPortFrom(remote, defaultPort).String())
	if err != nil {
		return remote // no way there: whatever is written will not arrive
	}
	defer conn.Close()
	return addrPort(conn.LocalAddr()).Addr()
}
