package phone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"confab/internal/leg"
	"confab/internal/media"
	"confab/internal/sip"
)

// ErrClosed is what a closed phone gives.
var ErrClosed = errors.New("phone is closed")

// Config says where a phone stands. The zero value is a phone on loopback.
type Config struct {
	// Bind is the address of its SIP and RTP ports; zero means 127.0.0.1.
	Bind netip.Addr

	// PortLow and PortHigh bound its RTP ports; zero means 20000-29999, which
	// a switch on the same machine does not use by default.
	PortLow, PortHigh int

	// Agent names the program in User-Agent; empty means "confab-phone".
	Agent string

	// Credentials answer a digest challenge; nil answers none. See sip.Config.
	Credentials func(realm, host string) (user, password string, ok bool)

	// ListenPacket, Listen and Dial make the sockets; nil ones are package
	// net's.
	ListenPacket func(network, addr string) (net.PacketConn, error)
	Listen       func(network, addr string) (net.Listener, error)
	Dial         func(ctx context.Context, network, addr string) (net.Conn, error)

	Log *slog.Logger // nil discards
}

func (c Config) withDefaults() Config {
	if !c.Bind.IsValid() {
		c.Bind = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if c.PortLow == 0 && c.PortHigh == 0 {
		c.PortLow, c.PortHigh = 20000, 29999
	}
	if c.Agent == "" {
		c.Agent = "confab-phone"
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Phone is a SIP phone with any number of lines: it makes calls, and refuses
// those that come to it. Its methods may be called from any goroutine.
type Phone struct {
	plane  *media.Plane
	server *sip.Server

	mu     sync.Mutex
	closed bool
	calls  map[*Call]struct{}
	wg     sync.WaitGroup // the calls' goroutines
}

// New opens the phone's SIP port and starts its voice plane.
func New(c Config) (*Phone, error) {
	c = c.withDefaults()
	plane, err := media.New(media.Config{
		Bind: c.Bind, PortLow: c.PortLow, PortHigh: c.PortHigh, Loops: 1,
		ListenPacket: c.ListenPacket, Log: c.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("open phone: %w", err)
	}
	server, err := sip.New(sip.Config{
		Addr: netip.AddrPortFrom(c.Bind, 0).String(), Plane: plane, Agent: c.Agent, Credentials: c.Credentials,
		ListenPacket: c.ListenPacket, Listen: c.Listen, Dial: c.Dial, Log: c.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("open phone: %w", errors.Join(err, plane.Close()))
	}
	return &Phone{plane: plane, server: server, calls: map[*Call]struct{}{}}, nil
}

// Addr returns the phone's SIP address.
func (p *Phone) Addr() netip.AddrPort { return p.server.Addr() }

// Call calls and returns the call once it is answered; its ears are open from
// then on. Cancelling ctx before that cancels the call; afterwards ctx has no
// part in it. The error of a call that was not answered is a *leg.Refused.
func (p *Phone) Call(ctx context.Context, o Options) (*Call, error) {
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return nil, ErrClosed
	}
	progress := func(r leg.Progress) {
		if r.Code > 100 {
			o.tell(Event{Kind: Ringing, At: time.Now(), Code: r.Code})
		}
	}
	l, err := p.server.Dial(ctx, o.Target, progress)
	if err != nil {
		var refused *leg.Refused
		if errors.As(err, &refused) {
			o.tell(Event{Kind: Ended, At: time.Now(), Code: refused.End.Code, Cause: refused.End.Cause})
		}
		return nil, fmt.Errorf("call %s: %w", o.Target.URI, err)
	}
	c, err := p.take(l, o)
	if err != nil {
		hangup, cancel := context.WithTimeout(context.WithoutCancel(ctx), hangupPatience)
		defer cancel()
		return nil, fmt.Errorf("call %s: %w", o.Target.URI, errors.Join(err, l.Hangup(hangup, causeOurs)))
	}
	return c, nil
}

// Close hangs up every call, waits until they have ended, and gives the ports
// back.
func (p *Phone) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	calls := make([]*Call, 0, len(p.calls))
	for c := range p.calls {
		calls = append(calls, c)
	}
	p.mu.Unlock()

	ctx, cancel := context.WithTimeout(context.Background(), hangupPatience)
	defer cancel()
	var hangups sync.WaitGroup
	for _, c := range calls {
		hangups.Go(func() { _ = c.Hangup(ctx) }) // the server's Close ends what is left
	}
	hangups.Wait()
	err := p.server.Close()
	p.wg.Wait()
	return errors.Join(err, p.plane.Close())
}

// start runs the functions on goroutines that Close waits for; false means
// that the phone is closed.
func (p *Phone) start(c *Call, fs ...func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.calls[c] = struct{}{}
	for _, f := range fs {
		p.wg.Go(f)
	}
	return true
}

func (p *Phone) forget(c *Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.calls, c)
}
