package transcript

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"confab/internal/contract"
	"confab/internal/leg"
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
// number of people (leg.Dialer), and takes those for whom it has been told of.
type telephone struct {
	*sip.Server
	plane *media.Plane

	mu    sync.Mutex
	takes map[string]func(leg.Leg) // by who is called
}

// Accept gives a call to whom it is for (sip.Handler).
func (p *telephone) Accept(l leg.Leg) {
	if p.given(l) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_ = l.Hangup(ctx, contract.CauseNotFound)
}

// given reports whether there is somebody to take a call, who has it then.
func (p *telephone) given(l leg.Leg) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	take := p.takes[l.Info().To]
	if take != nil {
		take(l)
	}
	return take != nil
}

// receive meets callable.
func (p *telephone) receive(identity string, f func(leg.Leg)) (uri string, forget func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.takes[identity] = f
	return "sip:" + identity + "@" + p.Addr().String(), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.takes, identity)
	}
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
	p := &telephone{plane: plane, takes: make(map[string]func(leg.Leg))}
	p.Server, err = sip.New(sip.Config{
		Addr: addr.String(), Plane: plane, Handler: p, Agent: "transcript", Log: log,
		ListenPacket: n.listenPacket, Listen: n.listen, Dial: n.dial,
	})
	if err != nil {
		_ = plane.Close()
		return nil, err
	}
	return p, nil
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
