package confab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// Net is the network that a switch lives on. A nil field means the machine's
// own. Everything that the switch opens goes through it: SIP, RTP, HTTP and
// the requests to applications.
type Net struct {
	ListenPacket func(network, addr string) (net.PacketConn, error)
	Listen       func(network, addr string) (net.Listener, error)
	Dial         func(ctx context.Context, network, addr string) (net.Conn, error)
}

func (n Net) listen(network, addr string) (net.Listener, error) {
	if n.Listen != nil {
		return n.Listen(network, addr)
	}
	return net.Listen(network, addr)
}

// lookup is the resolver for the names of applications: the machine's, unless
// the network is another, which has no names.
func (n Net) lookup() func(ctx context.Context, network, host string) ([]netip.Addr, error) {
	if n.Dial == nil {
		return nil
	}
	return func(_ context.Context, _, host string) ([]netip.Addr, error) {
		if host == "localhost" {
			return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}, nil
		}
		return nil, fmt.Errorf("%s: this network has no names", host)
	}
}

// portError says in one line why an address cannot be listened on, and what to
// do about it.
func portError(key, addr string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s: %s is taken by another program; stop it, or give another address with --%s", key, addr, key)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s: %s is not an address of this machine; give one that is with --%s", key, addr, key)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s: %s needs rights that this user has not; give a port above 1023 with --%s", key, addr, key)
	}
	return fmt.Errorf("%s: listen on %s: %w", key, addr, err)
}

// closeListener closes l, which a server may have closed already.
func closeListener(l net.Listener) error {
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
