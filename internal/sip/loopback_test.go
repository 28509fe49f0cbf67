package sip_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
	"confab/internal/sip"
)

// Over the system's sockets: a switch and a phone hold a call, each hears the
// other's tone, and both hang up in turn.
func TestLoopback(t *testing.T) {
	legs := make(chan leg.Leg, 1)
	serve := func(low int, h sip.Handler) *sip.Server {
		plane := newPlane(t, media.Config{PortLow: low, PortHigh: low + 98, Loops: 1})
		return newServer(t, sip.Config{Addr: "127.0.0.1:0", Plane: plane, Handler: h})
	}
	sw := serve(21000, accept(func(l leg.Leg) { legs <- l }))
	phone := serve(21100, nil)

	for i, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			d := dial(t, phone, leg.Target{URI: fmt.Sprintf("sip:+15550100@%s;transport=%s", sw.Addr(), network), From: "ann"})
			l := <-legs
			if err := l.Ring(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := l.Answer(t.Context()); err != nil {
				t.Fatal(err)
			}
			caller := d.leg()
			hears(t, l, caller, 440)
			hears(t, caller, l, 660)
			first, second := l, caller
			if i == 1 {
				first, second = caller, l
			}
			if err := first.Hangup(t.Context(), contract.CauseDocument); err != nil {
				t.Error(err)
			}
			ended(t, first, leg.End{Cause: contract.CauseDocument, Code: 200})
			ended(t, second, leg.End{Cause: contract.CauseFarEnd, Code: 200})
		})
	}
}

// accept is a handler.
type accept func(leg.Leg)

func (a accept) Accept(l leg.Leg) { a(l) }

// hears plays a tone to one end until the other has heard it for 400 ms. On a machine that
// is held up, or while hands are shaken for a protected voice, that takes some time.
func hears(t *testing.T, from, to leg.Leg, hz float64) {
	t.Helper()
	const window, patience = 3200, 10 * 8000 // samples
	tap, err := to.Session().Tap()
	if err != nil {
		t.Fatal(err)
	}
	defer tap.Close()
	ctx, heardIt := context.WithCancel(t.Context())
	var plays sync.WaitGroup
	defer plays.Wait()
	defer heardIt()
	plays.Go(func() {
		err := from.Session().Play(ctx, audio.NewTone(8000, hz, -10, 20*time.Second))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the tone ended: %v", err)
		}
	})
	var heard []int16
	best := audio.Quietest
	for len(heard) < patience {
		frame := make([]int16, 160)
		n, err := tap.Read(t.Context(), frame)
		if err != nil {
			t.Fatal(err)
		}
		if heard = append(heard, frame[:n]...); len(heard) < window {
			continue
		}
		if best = max(best, audiotest.Hears(heard[len(heard)-window:], 8000, hz)); best >= -25 {
			return
		}
	}
	t.Errorf("%v Hz heard at %v dBov at best", hz, best)
}

func TestNewRefuses(t *testing.T) {
	plane := newPlane(t, media.Config{PortLow: 21200, PortHigh: 21298, Loops: 1})
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, c := range map[string]sip.Config{
		"no media plane":      {Addr: "127.0.0.1:0"},
		"want an IP address":  {Addr: "localhost:5060", Plane: plane},
		"cannot be called":    {Addr: "127.0.0.1:0", Plane: plane, Advertise: netip.MustParseAddr("0.0.0.0")},
		"Dialogs":             {Addr: "127.0.0.1:0", Plane: plane, Limits: sip.Limits{Dialogs: -1}},
		"address already in":  {Addr: taken.Addr().String(), Plane: plane},
		"cannot assign reque": {Addr: "192.0.2.77:5060", Plane: plane},
	} {
		s, err := sip.New(c)
		if err == nil {
			s.Close()
			t.Errorf("%s: made", name)
		} else if !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q does not say %q in one line", err, name)
		}
	}
	// What failed holds nothing.
	if pc, err := net.ListenPacket("udp", taken.Addr().String()); err != nil {
		t.Error(err)
	} else {
		pc.Close()
	}
}

// Bound to every address, it says the one that faces the far end.
func TestFacingAddress(t *testing.T) {
	plane := newPlane(t, media.Config{PortLow: 21300, PortHigh: 21398, Loops: 1})
	s := newServer(t, sip.Config{Addr: "0.0.0.0:0", Plane: plane, Handler: accept(func(l leg.Leg) { l.Answer(t.Context()) })})
	conn, err := net.Dial("udp", netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), s.Addr().Port()).String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := &caller{far: &far{t: t, addr: netip.MustParseAddrPort(conn.LocalAddr().String())}, id: "facing", tag: "x", via: ";rport", contact: "<sip:ann@127.0.0.1>"}
	fmt.Fprint(conn, c.text("INVITE", sdpAt(netip.MustParseAddr("127.0.0.1"), 9)))
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	b := make([]byte, 4096)
	for {
		n, err := conn.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		if text := string(b[:n]); strings.HasPrefix(text, "SIP/2.0 200") {
			if want := fmt.Sprintf("Contact: <sip:127.0.0.1:%d>", s.Addr().Port()); !strings.Contains(text, want) || !strings.Contains(text, "c=IN IP4 127.0.0.1\r\n") {
				t.Errorf("want %s in\n%s", want, text)
			}
			return
		}
	}
}
