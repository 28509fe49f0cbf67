package transcript

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/confab"
	"confab/internal/leg"
	"confab/internal/memnet"
)

// Where everything is on the network in memory.
var (
	switchAddr = netip.MustParseAddr("192.0.2.1")
	appAddr    = netip.MustParseAddrPort("127.0.0.1:7000")
	firstPhone = netip.MustParseAddr("192.0.2.20")
)

// wireTime is how long everything is under way. It is no multiple of what the
// media loops go by, so that nothing arrives in the very instant in which it is
// looked for: which of two things of one instant comes first is not determined.
const wireTime = 700 * time.Microsecond

// OnClock plays f under a fake clock, with a switch and a network of its own.
// With a directory to rewrite, the requests that were sent are written into the
// expect lines of the file there.
func OnClock(t *testing.T, f *File, shared *Props, rewrite string) {
	synctest.Test(t, func(t *testing.T) {
		log := newDiary()
		r, err := onClock(t.Context(), f, shared, t.TempDir(), log, rewrite != "")
		if err == nil && rewrite != "" {
			err = r.update.save(rewrite, f)
		}
		if err != nil {
			t.Error(err)
			if testing.Verbose() {
				t.Log(log)
			}
		}
	})
}

// onClock plays f in a bubble. The error is all that was not as f says.
func onClock(ctx context.Context, f *File, shared *Props, data string, log *diary, rewrite bool) (*run, error) {
	net := memnet.New()
	net.Shape(netip.Addr{}, netip.Addr{}, memnet.Shape{Delay: wireTime})
	listener, err := net.Listen("tcp", appAddr.String())
	if err != nil {
		return nil, err
	}
	app := serveApplication(f, listener, authToken)
	phones := clockPhones{net: net}
	s := &stage{
		dialer:  phones.dialer,
		number:  func(n string) string { return n },
		alias:   func(url.Values) {},
		caller:  func(n int) string { return fmt.Sprintf("+155502%02d", n) },
		clients: &register{at: make(map[string]string)},
	}
	c, err := clockConfig(f, app, net, data, log)
	if err != nil {
		return nil, errors.Join(err, app.close(ctx))
	}
	c.Clients = s.clients.address
	program, err := startSwitch(ctx, c, log, f)
	if err != nil {
		return nil, errors.Join(err, app.close(ctx))
	}
	s.sip, s.warnings = program.SIP(), program.warnings
	s.desk = newDesk(program.api(), net)
	r := newRun(f, s, app, shared)
	if rewrite {
		r.update = newUpdate()
	}
	return r, errors.Join(r.play(ctx), phones.close(), program.close(), app.close(ctx))
}

// clockConfig is the switch of one file.
func clockConfig(f *File, app *application, net *memnet.Net, data string, log *diary) (confab.Config, error) {
	c := switchConfig(data, log)
	c.SIP = netip.AddrPortFrom(switchAddr, 5060).String()
	c.HTTP = netip.AddrPortFrom(switchAddr, 8080).String()
	c.Net = confab.Net{ListenPacket: net.ListenPacket, Listen: net.Listen, Dial: net.Dial}
	for _, n := range f.Numbers {
		c.Numbers = append(c.Numbers, numberOf(n, n.Number, app))
	}
	for _, given := range f.Settings {
		if err := set(&c, given); err != nil {
			return c, &Error{File: f.Name, Line: given.Line, Text: err.Error()}
		}
	}
	return c, nil
}

// set gives one value of the configuration.
func set(c *confab.Config, given Setting) error {
	for _, s := range confab.Settings(c) {
		if s.Key == given.Key {
			return s.Set(given.Value)
		}
	}
	return fmt.Errorf("%s: the switch has no such setting", given.Key)
}

// clockPhones gives everybody a telephone at an address of its own.
type clockPhones struct {
	net    *memnet.Net
	phones []*telephone
}

func (c *clockPhones) dialer(n int) (leg.Dialer, error) {
	addr := firstPhone
	for range n {
		addr = addr.Next()
	}
	host := c.net.Host(addr)
	p, err := newTelephone(netip.AddrPortFrom(addr, 5060), network{host.ListenPacket, host.Listen, host.Dial}, slog.New(slog.DiscardHandler))
	if err == nil {
		c.phones = append(c.phones, p)
	}
	return p, err
}

func (c *clockPhones) close() error {
	for _, p := range c.phones {
		if err := p.close(); err != nil {
			return err
		}
	}
	return nil
}
