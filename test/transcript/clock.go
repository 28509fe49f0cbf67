package transcript

import (
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
// With rewrite, the requests that were sent are written into the expect lines of
// the file in that directory.
func OnClock(t *testing.T, f *File, shared *Props, rewrite string) {
	synctest.Test(t, func(t *testing.T) {
		log := newDiary()
		defer func() {
			if t.Failed() && testing.Verbose() {
				t.Log(log)
			}
		}()
		net := memnet.New()
		net.Shape(netip.Addr{}, netip.Addr{}, memnet.Shape{Delay: wireTime})
		app, err := net.Listen("tcp", appAddr.String())
		if err != nil {
			t.Fatal(err)
		}
		s := &stage{
			app: app, token: authToken,
			number: func(n string) string { return n },
			alias:  func(url.Values) {},
			caller: func(n int) string { return fmt.Sprintf("+155502%02d", n) },
		}
		r := newRun(t, f, s, shared)
		if rewrite != "" {
			r.update = newUpdate()
		}
		program, err := startSwitch(t.Context(), clockConfig(t, f, r.app, net, log), log, f)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		s.sip, s.warnings = program.SIP(), program.warnings
		phones := clockPhones{net: net}
		s.dialer = phones.dialer

		r.play(t.Context())
		if err := phones.close(); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		if err := program.close(); err != nil {
			t.Errorf("%s: switch: %v", f.Name, err)
		}
		r.finish(t.Context())
		if r.update != nil {
			if err := r.update.save(rewrite, f); err != nil {
				t.Error(err)
			}
		}
	})
}

// clockConfig is the switch of one file.
func clockConfig(t *testing.T, f *File, app *application, net *memnet.Net, log *diary) confab.Config {
	c := switchConfig(t.TempDir(), log)
	c.SIP = netip.AddrPortFrom(switchAddr, 5060).String()
	c.HTTP = netip.AddrPortFrom(switchAddr, 8080).String()
	c.Net = confab.Net{ListenPacket: net.ListenPacket, Listen: net.Listen, Dial: net.Dial}
	for _, n := range f.Numbers {
		c.Numbers = append(c.Numbers, numberOf(n, n.Number, app))
	}
	for _, given := range f.Settings {
		if err := set(&c, given); err != nil {
			t.Fatal(&Error{File: f.Name, Line: given.Line, Text: err.Error()})
		}
	}
	return c
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
