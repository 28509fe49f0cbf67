package memnet

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// The first and last port that are given out when port 0 is asked for, as on Linux.
const (
	firstPort = 32768
	lastPort  = 60999
)

// Net is one network. Its own methods act as one machine on it, which has every
// address that no Host was made for; Host makes further machines. All methods
// may be called from any goroutine.
type Net struct {
	local Host

	mu     sync.Mutex
	hosts  map[netip.Addr]bool // addresses of the machines that Host made
	udp    map[netip.AddrPort]*packetConn
	tcp    map[netip.AddrPort]*listener // nil: a connection's port
	next   map[string]uint16            // last port allotted, by transport
	shapes map[route]Shape
	paths  map[path]*pathState
	seed   uint64
	counts Counts
}

// Counts is what became of the UDP packets sent.
type Counts struct {
	Sent       uint64
	Delivered  uint64 // into a socket's buffer, repeated ones too
	Lost       uint64 // by a Shape
	Duplicated uint64 // by a Shape
	Nowhere    uint64 // nobody listened there
	Overflowed uint64 // the receiver's buffer was full
}

// New makes a network with no shapes, its randomness seeded with 1.
func New() *Net {
	n := &Net{
		hosts:  map[netip.Addr]bool{},
		udp:    map[netip.AddrPort]*packetConn{},
		tcp:    map[netip.AddrPort]*listener{},
		next:   map[string]uint16{},
		shapes: map[route]Shape{},
		paths:  map[path]*pathState{},
		seed:   1,
	}
	n.local = Host{net: n}
	return n
}

// Host is one machine on a Net, with one address besides loopback.
type Host struct {
	net  *Net
	addr netip.Addr // invalid: the Net's own machine
}

// Host returns the machine that has addr, and no other address: no loopback
// either, which is the Net's own machine's. Make it before anything binds addr.
func (n *Net) Host(addr netip.Addr) *Host {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[addr.Unmap()] = true
	return &Host{net: n, addr: addr.Unmap()}
}

// Counts returns the counts so far.
func (n *Net) Counts() Counts {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.counts
}

// ListenPacket binds a UDP socket, as net.ListenPacket: network is "udp",
// "udp4" or "udp6"; port 0 has one allotted.
func (n *Net) ListenPacket(network, addr string) (net.PacketConn, error) {
	return n.local.ListenPacket(network, addr)
}

// Listen opens a TCP listener, as net.Listen: network is "tcp", "tcp4" or
// "tcp6"; port 0 has one allotted.
func (n *Net) Listen(network, addr string) (net.Listener, error) {
	return n.local.Listen(network, addr)
}

// Dial connects to addr, as net.Dialer.DialContext, over any of the networks
// of ListenPacket and Listen.
func (n *Net) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return n.local.Dial(ctx, network, addr)
}

// ListenPacket binds a UDP socket on h, as Net.ListenPacket.
func (h *Host) ListenPacket(network, addr string) (net.PacketConn, error) {
	transport, at, err := h.resolve("listen", network, addr)
	if err != nil {
		return nil, err
	}
	if transport != "udp" {
		return nil, &net.OpError{Op: "listen", Net: network, Err: net.UnknownNetworkError(network)}
	}
	c, err := h.bindUDP(network, at)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Listen opens a TCP listener on h, as Net.Listen.
func (h *Host) Listen(network, addr string) (net.Listener, error) {
	transport, at, err := h.resolve("listen", network, addr)
	if err != nil {
		return nil, err
	}
	if transport != "tcp" {
		return nil, &net.OpError{Op: "listen", Net: network, Err: net.UnknownNetworkError(network)}
	}
	n := h.net
	n.mu.Lock()
	defer n.mu.Unlock()
	if at, err = h.bindLocked("tcp", network, at); err != nil {
		return nil, err
	}
	l := newListener(n, at)
	n.tcp[at] = l
	return l, nil
}

// Dial connects from h to addr, as Net.Dial.
func (h *Host) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	transport, to, err := h.resolve("dial", network, addr)
	if err != nil {
		return nil, err
	}
	if to.Addr().IsUnspecified() { // as a kernel does: to oneself
		to = netip.AddrPortFrom(h.source(netip.Addr{}), to.Port())
	}
	if transport == "udp" {
		c, err := h.bindUDP(network, netip.AddrPortFrom(h.source(to.Addr()), 0))
		if err != nil {
			return nil, err
		}
		return &connectedConn{packetConn: c, remote: to}, nil
	}
	return h.connect(ctx, network, to)
}

func (h *Host) bindUDP(network string, at netip.AddrPort) (*packetConn, error) {
	n := h.net
	n.mu.Lock()
	defer n.mu.Unlock()
	at, err := h.bindLocked("udp", network, at)
	if err != nil {
		return nil, err
	}
	c := newPacketConn(h, at)
	n.udp[at] = c
	return c, nil
}

// bindLocked settles the address that a socket is bound to.
func (h *Host) bindLocked(transport, network string, at netip.AddrPort) (netip.AddrPort, error) {
	n := h.net
	fail := func(errno syscall.Errno) error {
		var a net.Addr = net.UDPAddrFromAddrPort(at)
		if transport == "tcp" {
			a = net.TCPAddrFromAddrPort(at)
		}
		return &net.OpError{Op: "listen", Net: network, Addr: a, Err: os.NewSyscallError("bind", errno)}
	}
	switch {
	case h.addr.IsValid() && at.Addr().IsUnspecified():
		at = netip.AddrPortFrom(h.addr, at.Port()) // all that it has
	case h.addr.IsValid() && at.Addr() != h.addr, !h.addr.IsValid() && n.hosts[at.Addr()]:
		return at, fail(syscall.EADDRNOTAVAIL)
	}
	if at.Port() != 0 {
		if n.takenLocked(transport, at) {
			return at, fail(syscall.EADDRINUSE)
		}
		return at, nil
	}
	port := n.next[transport]
	for range lastPort - firstPort + 1 {
		if port++; port < firstPort || port > lastPort {
			port = firstPort
		}
		if free := netip.AddrPortFrom(at.Addr(), port); !n.takenLocked(transport, free) {
			n.next[transport] = port
			return free, nil
		}
	}
	return at, fail(syscall.EADDRINUSE)
}

// takenLocked reports whether something is bound to at, or to an address that
// includes it or that it includes.
func (n *Net) takenLocked(transport string, at netip.AddrPort) bool {
	bound := func(a netip.AddrPort) bool {
		_, tcp := n.tcp[a]
		_, udp := n.udp[a]
		return transport == "tcp" && tcp || transport == "udp" && udp
	}
	if bound(at) {
		return true
	}
	if n.hosts[at.Addr()] {
		return false
	}
	if !at.Addr().IsUnspecified() {
		return bound(netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port())) || bound(netip.AddrPortFrom(netip.IPv6Unspecified(), at.Port()))
	}
	overlaps := func(a netip.AddrPort) bool { return a.Port() == at.Port() && !n.hosts[a.Addr()] }
	if transport == "tcp" {
		for a := range n.tcp {
			if overlaps(a) {
				return true
			}
		}
		return false
	}
	for a := range n.udp {
		if overlaps(a) {
			return true
		}
	}
	return false
}

// udpAtLocked returns the socket that a packet to at comes to, or nil.
func (n *Net) udpAtLocked(at netip.AddrPort) *packetConn {
	if c := n.udp[at]; c != nil || n.hosts[at.Addr()] {
		return c
	}
	if c := n.udp[netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port())]; c != nil {
		return c
	}
	return n.udp[netip.AddrPortFrom(netip.IPv6Unspecified(), at.Port())]
}

// tcpAtLocked returns the listener that a connection to at comes to, or nil.
func (n *Net) tcpAtLocked(at netip.AddrPort) *listener {
	if l := n.tcp[at]; l != nil || n.hosts[at.Addr()] {
		return l
	}
	if l := n.tcp[netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port())]; l != nil {
		return l
	}
	return n.tcp[netip.AddrPortFrom(netip.IPv6Unspecified(), at.Port())]
}

// source returns the address that h is seen from at to, as a kernel chooses
// it: its own; on the Net's machine the very address when that is one of the
// machine's, and otherwise 192.0.2.254.
func (h *Host) source(to netip.Addr) netip.Addr {
	if h.addr.IsValid() {
		return h.addr
	}
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	switch {
	case !to.IsValid():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case h.net.hosts[to]:
		return netip.AddrFrom4([4]byte{192, 0, 2, 254})
	}
	return to
}

// resolve reads network and addr.
func (h *Host) resolve(op, network, addr string) (transport string, at netip.AddrPort, err error) {
	fail := func(err error) (string, netip.AddrPort, error) {
		return "", netip.AddrPort{}, &net.OpError{Op: op, Net: network, Err: err}
	}
	transport = strings.TrimRight(network, "46")
	if transport != "udp" && transport != "tcp" {
		return fail(net.UnknownNetworkError(network))
	}
	host, service, err := net.SplitHostPort(addr)
	if err != nil {
		return fail(err)
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return fail(&net.AddrError{Err: "invalid port", Addr: addr})
	}
	var ip netip.Addr
	switch host {
	case "":
		ip = netip.IPv4Unspecified()
		if strings.HasSuffix(network, "6") {
			ip = netip.IPv6Unspecified()
		}
	case "localhost":
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		if strings.HasSuffix(network, "6") {
			ip = netip.IPv6Loopback()
		}
	default:
		if ip, err = netip.ParseAddr(host); err != nil {
			return fail(&net.DNSError{Err: "no such host", Name: host, IsNotFound: true})
		}
		ip = ip.Unmap()
	}
	if strings.HasSuffix(network, "4") && !ip.Is4() || strings.HasSuffix(network, "6") && !ip.Is6() {
		return fail(&net.AddrError{Err: fmt.Sprintf("no suitable address for %s", network), Addr: addr})
	}
	return transport, netip.AddrPortFrom(ip, uint16(port)), nil
}
