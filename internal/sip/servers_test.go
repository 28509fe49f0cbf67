package sip_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
	"confab/internal/sip"
)

// A switch and a phone, both ours, with their voices: what one plays is what
// the other hears is package media's test; here they hold a call in both
// directions, over both transports.
func TestServerCallsServer(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, s *stage) {
				plane := newPlane(t, media.Config{Bind: farHost, ListenPacket: s.net.Host(farHost).ListenPacket, Loops: 1})
				phone := newServer(t, config(s.net, farHost, plane))
				d := dial(t, phone, leg.Target{URI: "sip:+15550100@192.0.2.1:5060;transport=" + network, From: "ann"})
				l := s.leg()
				if i := l.Info(); i.Transport != network || i.From != "ann" {
					t.Errorf("info %+v", i)
				}
				l.Ring(t.Context())
				synctest.Wait()
				l.Answer(t.Context())
				caller := d.leg()
				time.Sleep(time.Second)
				for _, end := range []leg.Leg{l, caller} {
					if st := end.Session().Stats(); st.Received < 45 || st.Codec != "PCMU" {
						t.Errorf("%+v", st)
					}
				}
				if fmt.Sprint(d.progress) != "[180]" {
					t.Errorf("progress %v", d.progress)
				}
				if err := caller.Session().SendDigits(t.Context(), "5"); err != nil {
					t.Fatal(err)
				}
				if key, err := l.Session().Digit(t.Context()); err != nil || key != '5' {
					t.Errorf("key %q (%v)", key, err)
				}
				if err := l.Hangup(t.Context(), contract.CauseDocument); err != nil {
					t.Error(err)
				}
				ended(t, caller, leg.End{Cause: contract.CauseFarEnd, Code: 200})
				ended(t, l, leg.End{Cause: contract.CauseDocument, Code: 200})

				// And again, ended from the other side.
				d = dial(t, phone, leg.Target{URI: "sip:+15550100@192.0.2.1:5060;transport=" + network})
				l = s.leg()
				if l.Info().From != "anonymous" {
					t.Errorf("info %+v", l.Info())
				}
				l.Answer(t.Context())
				caller = d.leg()
				if err := caller.Hangup(t.Context(), contract.CauseDocument); err != nil {
					t.Error(err)
				}
				ended(t, l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
			})
		})
	}
}

// A server that calls itself has both ends of one dialog.
func TestServerCallsItself(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		d := dial(t, s.server, leg.Target{URI: "sip:+15550100@192.0.2.1"})
		l := s.leg()
		l.Answer(t.Context())
		caller := d.leg()
		if caller.Info().CallID != l.Info().CallID {
			t.Error("not one dialog")
		}
		caller.Hangup(t.Context(), contract.CauseDocument)
		ended(t, l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
	})
}

func TestLargeRequests_RFC3261_18_1_1(t *testing.T) {
	large := map[string]string{"X-Long": strings.Repeat("x", 1500)}
	t.Run("over TCP", func(t *testing.T) {
		bubble(t, nil, func(t *testing.T, s *stage) {
			plane := newPlane(t, media.Config{Bind: farHost, ListenPacket: s.net.Host(farHost).ListenPacket, Loops: 1})
			phone := newServer(t, config(s.net, farHost, plane))
			d := dial(t, phone, leg.Target{URI: "sip:+15550100@192.0.2.1", Headers: large})
			l := s.leg()
			if i := l.Info(); i.Transport != "tcp" || i.Headers["X-Long"] != large["X-Long"] {
				t.Errorf("came over %s", i.Transport)
			}
			l.Answer(t.Context())
			d.leg().Hangup(t.Context(), contract.CauseDocument)
		})
	})
	t.Run("over UDP where there is no TCP", func(t *testing.T) {
		bubble(t, nil, func(t *testing.T, s *stage) {
			f, target := s.bob()
			target.Headers = large
			d := dial(t, s.server, target)
			r := f.request("INVITE")
			if r.Via().Transport != "UDP" {
				t.Errorf("Via %v", r.Via())
			}
			f.reply(r, 486)
			f.request("ACK")
			d.refused(leg.End{Cause: contract.CauseBusy, Code: 486})
		})
	})
	t.Run("and answers never change transport", func(t *testing.T) {
		bubble(t, nil, func(t *testing.T, s *stage) {
			c := s.caller(0)
			var long []string
			for i := range 20 {
				long = append(long, fmt.Sprintf("Record-Route: <sip:%s%d.example;lr>", strings.Repeat("x", 80), i))
			}
			c.invite(long...)
			l := s.leg()
			l.Answer(t.Context())
			if n := len(c.response(200, "INVITE").String()); n < 1500 {
				t.Errorf("%d bytes", n)
			}
			l.Hangup(t.Context(), contract.CauseDocument)
		})
	})
}

// What a far end that we called asks within the dialog is served as for one
// that called us.
func TestInsideACallOfOurs(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		f, target := s.bob()
		d := dial(t, s.server, target)
		invite := f.request("INVITE")
		f.reply(invite, 200, f.contact(), sdpAt(farHost, 40000))
		f.request("ACK")
		l := d.leg()
		seq := 0
		ask := func(method string, extra ...string) {
			if method != "ACK" {
				seq++
			}
			head := fmt.Sprintf("%s sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKx%d%s;rport\r\nFrom: %s;tag=far\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n%s\r\n",
				method, f.addr, seq, method, invite.To().Value(), invite.From().Value(), invite.CallID().Value(), seq, method, f.contact())
			f.send(finish(head, extra))
		}
		ask("INVITE", sdpAt(farHost, 40000, "a=sendonly"))
		body(t, f.response(200, "INVITE"), "a=recvonly")
		ask("ACK")
		ask("INVITE")
		body(t, f.response(200, "INVITE"), `m=audio \d+ RTP/AVP 0 8 101`)
		ask("ACK", sdpAt(farHost, 40000))
		f.silence(time.Minute)
		ask("OPTIONS")
		f.response(200, "OPTIONS")
		ask("BYE")
		f.response(200, "BYE")
		ended(t, l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
	})
}

func TestIPv6(t *testing.T) {
	switch6, phone6 := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::20")
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, s *stage) {
				server := func(host netip.Addr, h sip.Handler) *sip.Server {
					c := config(s.net, host, newPlane(t, media.Config{Bind: host, ListenPacket: s.net.Host(host).ListenPacket, Loops: 1}))
					c.Handler = h
					return newServer(t, c)
				}
				server(switch6, s)
				d := dial(t, server(phone6, nil), leg.Target{URI: "sip:1@[2001:db8::1];transport=" + network, From: "ann"})
				l := s.leg()
				if i := l.Info(); i.From != "ann" || i.Source.Addr() != phone6 {
					t.Errorf("info %+v", i)
				}
				l.Answer(t.Context())
				caller := d.leg()
				time.Sleep(time.Second)
				if st := caller.Session().Stats(); st.Received < 45 {
					t.Errorf("%+v", st)
				}
				if err := l.Hangup(t.Context(), contract.CauseDocument); err != nil {
					t.Error(err)
				}
				ended(t, caller, leg.End{Cause: contract.CauseFarEnd, Code: 200})
			})
		})
	}
}
