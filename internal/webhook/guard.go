package webhook

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Guard is the one dialer for addresses that customers name: it resolves a
// name, checks every address it got, and dials one that it checked, by number;
// so that what is checked is what is connected to.
type Guard struct {
	policy Policy
	dial   func(ctx context.Context, network, addr string) (net.Conn, error)
	lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// maxConnect bounds one DialContext, whatever its ctx says: http.Transport lets
// a dial run on that nobody waits for.
const maxConnect = 10 * time.Second

// minConnect is the least time that one of several addresses gets, if there is
// so much left.
const minConnect = 2 * time.Second

// NewGuard returns a guard; dial and lookup may be nil (see Config).
func NewGuard(p Policy,
	dial func(ctx context.Context, network, addr string) (net.Conn, error),
	lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)) *Guard {
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	if lookup == nil {
		lookup = net.DefaultResolver.LookupNetIP
	}
	return &Guard{policy: p, dial: dial, lookup: lookup}
}

// DialContext connects to addr, a host and port; it fits http.Transport. The
// addresses of a name are tried in order, those that policy forbids left out; a
// RefusedError means that it forbids them all.
func (g *Guard) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, maxConnect)
	defer cancel()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, &nameError{host: addr, err: errors.New("not a host and port")}
	}
	addrs, err := g.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	own := g.own()
	var refused, failed error
	for i, a := range addrs {
		if err := g.policy.check(a, own); err != nil {
			refused = err
			continue
		}
		conn, err := g.dialOne(ctx, network, net.JoinHostPort(a.Unmap().String(), port), len(addrs)-i)
		if err == nil {
			return conn, nil
		}
		failed = errors.Join(failed, err)
	}
	if failed == nil {
		failed = refused
	}
	return nil, failed
}

// Check reports why an address may not be dialled; nil means that it may.
func (g *Guard) Check(a netip.Addr) error { return g.policy.check(a, g.own()) }

// dialOne gives an address its share of the time that is left, so that one that
// does not answer leaves some to the others.
func (g *Guard) dialOne(ctx context.Context, network, addr string, left int) (net.Conn, error) {
	if deadline, ok := ctx.Deadline(); ok && left > 1 {
		share := max(time.Until(deadline)/time.Duration(left), minConnect)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, share)
		defer cancel()
	}
	return g.dial(ctx, network, addr)
}

// resolve returns the addresses of host, which may be a literal one.
func (g *Guard) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	if numeric(host) {
		// 2130706433, 0x7f.1 and 0177.0.0.1 are 127.0.0.1 to some resolvers.
		return nil, &nameError{host: host, err: errors.New("neither a name nor an IP address")}
	}
	addrs, err := g.lookup(ctx, "ip", host)
	if err != nil {
		return nil, &nameError{host: host, err: err}
	}
	if len(addrs) == 0 {
		return nil, &nameError{host: host, err: errors.New("it has no address")}
	}
	return addrs, nil
}

// numeric reports whether the last label of host is a number, decimal or
// hexadecimal: no name ends so (WHATWG URL, "ends in a number").
func numeric(host string) bool {
	host = strings.TrimSuffix(host, ".")
	label := host[strings.LastIndexByte(host, '.')+1:]
	if digits, ok := strings.CutPrefix(strings.ToLower(label), "0x"); ok {
		_, err := strconv.ParseUint("0"+digits, 16, 64)
		return err == nil || errors.Is(err, strconv.ErrRange)
	}
	for _, c := range []byte(label) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true // the empty label too
}

// own returns the addresses of this machine.
func (g *Guard) own() []netip.Addr {
	own := g.policy.Own
	found, err := net.InterfaceAddrs()
	if err != nil {
		return own
	}
	own = append([]netip.Addr(nil), own...)
	for _, f := range found {
		if p, err := netip.ParsePrefix(f.String()); err == nil {
			own = append(own, p.Addr())
		}
	}
	return own
}

// nameError says that a host cannot be resolved.
type nameError struct {
	host string
	err  error
}

func (e *nameError) Error() string { return fmt.Sprintf("resolve %q: %v", e.host, e.err) }

func (e *nameError) Unwrap() error { return e.err }
