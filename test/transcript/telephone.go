package transcript

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"

	"confab/internal/media"
	"confab/internal/sip"
)

// network is how sockets are made on a machine; the zero network is this one.
type network struct {
	listenPacket func(network, addr string) (net.PacketConn, error)
	listen       func(network, addr string) (net.Listener, error)
	dial         func(ctx context.Context, network, addr string) (net.Conn, error)
}

// telephone is a SIP phone with a voice plane of its own. It makes calls for any
// number of people (leg.Dialer).
type telephone struct {
	*sip.Server
	plane *media.Plane
}

// newTelephone puts a telephone at addr, on any free port, or one given.
func newTelephone(addr netip.AddrPort, n network, log *slog.Logger) (*telephone, error) {
	plane, err := media.New(media.Config{
		Bind: addr.Addr(), PortLow: 30000, PortHigh: 39999, Loops: 1,
		MediaTimeout: -1, ListenPacket: n.listenPacket, Log: log,
	})
	if err != nil {
		return nil, err
	}
	server, err := sip.New(sip.Config{
		Addr: addr.String(), Plane: plane, Agent: "transcript", Log: log,
		ListenPacket: n.listenPacket, Listen: n.listen, Dial: n.dial,
	})
	if err != nil {
		_ = plane.Close()
		return nil, err
	}
	return &telephone{server, plane}, nil
}

// close takes the telephone away. What it held on to is an error.
func (p *telephone) close() error {
	if err := p.Server.Close(); err != nil {
		return err
	}
	left := p.plane.Sessions()
	if err := p.plane.Close(); err != nil {
		return err
	}
	if left != 0 {
		return fmt.Errorf("the telephone still has %d calls", left)
	}
	return nil
}
