package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"

	"confab/internal/codec"
	"confab/internal/leg"
	"confab/internal/media"
	"confab/internal/webrtc"
)

// Handler is given every call that comes in.
type Handler interface {
	// Accept takes over l, which has been told 100 and nothing else, and whose
	// session is open but silent. The handler rings, answers or hangs up; it
	// may do so before Accept returns. Each call is accepted on a goroutine of
	// its own, for which Server.Close waits: Accept must not block for the
	// length of the call.
	Accept(l leg.Leg)
}

// Config says what a Server is made of. Plane is required.
type Config struct {
	// Addr is the IP address and port to serve on, UDP and TCP alike
	// ("127.0.0.1:5060"). Port 0 takes a free one, the same for both.
	Addr string

	// Advertise is the address that far ends outside of Local are told in
	// Contact, Via and SDP, where a NAT stands before us. Zero: the address
	// that faces them.
	Advertise netip.Addr

	// Local are the networks that reach us without the NAT. Nil: loopback,
	// link-local and private ones (RFC 1918, RFC 4193).
	Local []netip.Prefix

	// Trusted are the networks of trunks and proxies, from which many callers'
	// messages come: Limits.SourceRate does not bound them.
	Trusted []netip.Prefix

	// ListenPacket, Listen and Dial make the sockets; nil ones are package
	// net's.
	ListenPacket func(network, addr string) (net.PacketConn, error)
	Listen       func(network, addr string) (net.Listener, error)
	Dial         func(ctx context.Context, network, addr string) (net.Conn, error)

	// Resolve looks up the addresses of a host that Dial is given by name; nil
	// asks the system's resolver.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)

	// Codecs are what is offered, in this order, and accepted: of an offer the one with
	// the widest band. Nil: PCMU and PCMA.
	Codecs []codec.Codec

	// Accepted are accepted besides, of who offers them, and not offered.
	Accepted []codec.Codec

	Plane *media.Plane // makes the sessions

	// Secure makes those whose voice is protected (UDP/TLS/RTP/SAVPF, RFC 5764). Nil:
	// offers of that are refused (488), and it cannot be offered.
	Secure *webrtc.Transport

	Handler Handler // is given inbound calls; nil refuses them all (480)
	Limits  Limits  // zero fields take their defaults

	// Credentials gives the user name and password with which Dial answers a
	// digest challenge of realm by host, the host that was dialled. It is never
	// asked for a far end that called us. Nil answers no challenge.
	Credentials func(realm, host string) (user, password string, ok bool)

	// OnDialog is told, when not nil, of every dialog from its answer on: alive
	// with each state that a BYE would need after a crash, and once not alive
	// when it has ended. It must not block.
	OnDialog func(state DialogState, alive bool)

	// Trace is told, when not nil, of every message that passes, as it passes. It
	// must not block.
	Trace func(Traced)

	// Agent names the program in User-Agent and Server. Empty says nothing.
	Agent string

	Log *slog.Logger // nil discards
}

// validate refuses what cannot be served.
func (c Config) validate() error {
	if c.Plane == nil {
		return errors.New("no media plane")
	}
	if _, err := netip.ParseAddrPort(c.Addr); err != nil {
		return fmt.Errorf("address %q: want an IP address and a port such as 127.0.0.1:5060", c.Addr)
	}
	if c.Advertise.IsValid() && (c.Advertise.IsUnspecified() || c.Advertise.IsMulticast()) {
		return fmt.Errorf("advertised address %s cannot be called", c.Advertise)
	}
	return c.Limits.validate()
}

// withDefaults returns c with what was left out filled in.
func (c Config) withDefaults() Config {
	c.Limits = c.Limits.withDefaults()
	if c.Codecs == nil {
		c.Codecs = []codec.Codec{codec.PCMU, codec.PCMA}
	}
	if c.Local == nil {
		c.Local = localNetworks
	}
	if c.ListenPacket == nil {
		c.ListenPacket = net.ListenPacket
	}
	if c.Listen == nil {
		c.Listen = net.Listen
	}
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	if c.Resolve == nil {
		c.Resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}
