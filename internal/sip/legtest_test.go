package sip_test

import (
	"fmt"
	"testing"
	"time"

	"confab/internal/leg"
	"confab/internal/leg/legtest"
	"confab/internal/media"
	"confab/internal/sip"
)

// What a leg promises, over SIP.
func TestLeg_keepsWhatLegsPromise(t *testing.T) {
	legs := make(chan leg.Leg, 1)
	serve := func(low int, h sip.Handler) *sip.Server {
		plane := newPlane(t, media.Config{PortLow: low, PortHigh: low + 98, Loops: 1})
		return newServer(t, sip.Config{Addr: "127.0.0.1:0", Plane: plane, Handler: h})
	}
	ours := serve(21600, accept(func(l leg.Leg) { legs <- l }))
	caller := serve(21700, nil)
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			legtest.Inbound(t, func(t *testing.T) (leg.Leg, legtest.Far) {
				return called(t, legs, caller, leg.Target{URI: fmt.Sprintf("sip:+15550100@%s;transport=%s", ours.Addr(), network), From: "ann"})
			})
		})
	}
}

// called lets a far end call, until its call comes: on a machine that is held up the
// first may be refused (503).
func called(t *testing.T, legs <-chan leg.Leg, caller leg.Dialer, target leg.Target) (leg.Leg, legtest.Far) {
	t.Helper()
	patience := time.After(20 * time.Second)
	for {
		select {
		case <-legs: // of a call that was given up
		default:
		}
		far := legtest.Dial(t, caller, target)
		select {
		case l := <-legs:
			select {
			case <-far.Ended(): // it was given up while it came
				continue
			default:
				return l, far
			}
		case <-far.Ended():
			time.Sleep(100 * time.Millisecond)
		case <-patience:
			t.Fatal("no call has come")
			return nil, nil
		}
	}
}
