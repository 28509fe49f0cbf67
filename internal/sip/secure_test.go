package sip_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/leg/legtest"
	"confab/internal/media"
	"confab/internal/sip"
	"confab/internal/webrtc"
)

// secured makes a server on loopback that has protected voices.
func secured(t *testing.T, low int, h sip.Handler) *sip.Server {
	t.Helper()
	plane := newPlane(t, media.Config{PortLow: low, PortHigh: low + 98, Loops: 1})
	transport, err := webrtc.New(webrtc.Config{Plane: plane, Addresses: func() []netip.Addr { return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})} }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { transport.Close() })
	return newServer(t, sip.Config{Addr: "127.0.0.1:0", Plane: plane, Secure: transport, Handler: h})
}

// A call with UDP/TLS/RTP/SAVPF: answered, heard both ways, and offered anew in between.
func TestSecure_twoTalk(t *testing.T) {
	legs := make(chan leg.Leg, 1)
	sw := secured(t, 24000, accept(func(l leg.Leg) { legs <- l }))
	phone := secured(t, 24100, nil)
	d := dial(t, phone, leg.Target{URI: fmt.Sprintf("sip:+15550100@%s;transport=tcp", sw.Addr()), From: "ann", Secure: true})
	l := <-legs
	if err := l.Answer(t.Context()); err != nil {
		t.Fatal(err)
	}
	caller := d.leg()
	hears(t, l, caller, 440)
	hears(t, caller, l, 660)
	if err := caller.Hangup(t.Context(), contract.CauseDocument); err != nil {
		t.Error(err)
	}
	ended(t, l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
}

// Who has no protected voice refuses what wants one, and answers it in no other way.
func TestSecure_refusedWhereThereIsNone(t *testing.T) {
	plane := newPlane(t, media.Config{PortLow: 24200, PortHigh: 24298, Loops: 1})
	sw := newServer(t, sip.Config{Addr: "127.0.0.1:0", Plane: plane, Handler: accept(func(l leg.Leg) { t.Error("a call has come") })})
	phone := secured(t, 24300, nil)
	_, err := phone.Dial(t.Context(), leg.Target{URI: fmt.Sprintf("sip:+15550100@%s;transport=tcp", sw.Addr()), From: "ann", Secure: true}, nil)
	if err == nil || !strings.Contains(err.Error(), "488") {
		t.Errorf("%v, want 488", err)
	}
	if _, err := sw.Dial(t.Context(), leg.Target{URI: fmt.Sprintf("sip:bob@%s", phone.Addr()), From: "ann", Secure: true}, nil); err == nil {
		t.Error("a voice is offered that there is not")
	}
}

// What a leg promises, over SIP with a protected voice.
func TestSecure_keepsWhatLegsPromise(t *testing.T) {
	legs := make(chan leg.Leg, 1)
	ours := secured(t, 24400, accept(func(l leg.Leg) { legs <- l }))
	caller := secured(t, 24500, nil)
	legtest.Inbound(t, func(t *testing.T) (leg.Leg, legtest.Far) {
		return called(t, legs, caller, leg.Target{URI: fmt.Sprintf("sip:+15550100@%s;transport=tcp", ours.Addr()), From: "ann", Secure: true})
	})
}
