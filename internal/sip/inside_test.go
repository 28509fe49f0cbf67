package sip_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"confab/internal/codec"
	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
	"confab/internal/sip"
)

func TestReinvite(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		l := c.answered(s)
		version := func(m gosip.Message) string { return body(t, m, `o=- \d+ (\d+) `) }

		// Held, and taken up again.
		c.send(c.text("INVITE", sdpAt(farHost, 40000, "a=sendonly")))
		ok := c.response(200, "INVITE")
		body(t, ok, `a=recvonly`)
		if v := version(ok); v != "2" {
			t.Errorf("version %s, want 2: what we say has changed (RFC 3264 §8)", v)
		}
		c.send(c.text("ACK"))
		c.send(c.text("INVITE", sdpAt(farHost, 40000)))
		ok = c.response(200, "INVITE")
		body(t, ok, `a=sendrecv`)
		c.send(c.text("ACK"))

		// The same again: a refresh, and the same version.
		c.send(c.text("INVITE", sdpAt(farHost, 40000)))
		if again := c.response(200, "INVITE"); version(again) != version(ok) {
			t.Errorf("version %s after %s", version(again), version(ok))
		}
		c.send(c.text("ACK"))

		// The voice goes elsewhere.
		moved := s.far(farHost, 50000)
		c.send(c.text("INVITE", sdpAt(farHost, 50000)))
		c.response(200, "INVITE")
		c.send(c.text("ACK"))
		if moved.raw(100*time.Millisecond) == nil {
			t.Error("no packet at the new address")
		}

		// What does not fit changes nothing.
		c.send(c.text("INVITE", strings.Replace(sdpAt(farHost, 60000), "AVP 0 101", "AVP 18 101", 1)))
		c.response(488, "INVITE")
		c.send(c.again("ACK"))
		for moved.raw(time.Millisecond) != nil {
		}
		if moved.raw(100*time.Millisecond) == nil {
			t.Error("the voice has stopped")
		}
		select {
		case <-l.Done():
			t.Error("the call has ended")
		default:
		}

		// An offer is asked of us, and answered in the ACK.
		c.send(c.text("INVITE"))
		ok = c.response(200, "INVITE")
		body(t, ok, `m=audio \d+ RTP/AVP 0 8 101\r\n`)
		c.send(c.text("INVITE")) // meanwhile another: RFC 3261 §14.2
		c.response(491, "INVITE")
		c.send(c.again("ACK"))
		c.cseq--
		c.send(c.text("ACK", sdpAt(farHost, 40000)))
		c.cseq++
		c.silence(time.Minute)
		c.bye()
		ended(t, l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
	})
}

// RFC 3264 §8.3.2: the codec changes in the middle of a call, to wider bands and back;
// an offer of ours then has what we have, and each its own telephone-event.
func TestReinvite_RFC3264_8_3_2_codec(t *testing.T) {
	wide := func(cfg *sip.Config) {
		cfg.Codecs = []codec.Codec{codec.G722, codec.L16At16000, codec.PCMU, codec.PCMA}
	}
	bubble(t, wide, func(t *testing.T, s *stage) {
		c := s.caller(0)
		l := c.answered(s)
		if got := l.Session().Rate(); got != 8000 {
			t.Errorf("a telephone's call is at %d Hz", got)
		}
		for _, step := range []struct {
			formats, answer string
			rate            int
		}{
			{"0 9 101", `m=audio \d+ RTP/AVP 9 101\r\na=rtpmap:9 G722/8000\r\n`, 16000},
			{"0 101", `m=audio \d+ RTP/AVP 0 101\r\n`, 8000},
			{"8 110 9 101", `m=audio \d+ RTP/AVP 110\r\na=rtpmap:110 L16/16000\r\n|m=audio \d+ RTP/AVP 110 101\r\na=rtpmap:110 L16/16000\r\n`, 16000},
		} {
			c.send(c.text("INVITE", strings.Replace(sdpAt(farHost, 40000, "a=rtpmap:110 L16/16000"), "AVP 0 101", "AVP "+step.formats, 1)))
			body(t, c.response(200, "INVITE"), step.answer)
			c.send(c.text("ACK"))
			if got := l.Session().Rate(); got != step.rate {
				t.Errorf("after %q the call is at %d Hz, want %d", step.formats, got, step.rate)
			}
		}
		c.send(c.text("INVITE"))
		body(t, c.response(200, "INVITE"), `m=audio \d+ RTP/AVP 9 110 0 8 101 102\r\n`)
		c.send(c.text("ACK", sdpAt(farHost, 40000)))
		c.bye()
		ended(t, l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
	})
}

func TestReinviteNeverAcknowledged(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		l := c.answered(s)
		c.send(c.text("INVITE", c.offer))
		time.Sleep(33 * time.Second)
		ended(t, l, leg.End{Cause: contract.CauseNoACK, Code: 200})
	})
}

func TestInviteAgainBeforeTheAnswer_RFC3261_14_2(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.invite()
		s.leg().Ring(t.Context())
		c.learn(c.response(180, "INVITE"))
		c.send(c.text("INVITE", c.offer))
		r := c.response(500, "INVITE")
		if r.GetHeader("Retry-After") == nil {
			t.Error("no Retry-After")
		}
		c.send(c.text("UPDATE", c.offer)) // RFC 3311 §5.2
		if r := c.next(time.Second).(*gosip.Response); r.StatusCode != 500 {
			t.Errorf("UPDATE answered %d", r.StatusCode)
		}
	})
}

func TestUpdate_RFC3311_5_2(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		l := c.answered(s)
		c.send(c.text("UPDATE", sdpAt(farHost, 40000, "a=inactive")))
		ok := c.response(200, "UPDATE")
		body(t, ok, `a=inactive`)
		c.contact = "<sip:other@" + c.addr.String() + ">"
		c.send(c.text("UPDATE")) // a new target only
		if b := c.response(200, "UPDATE").Body(); len(b) != 0 {
			t.Errorf("body %q", b)
		}
		go l.Hangup(t.Context(), contract.CauseDocument)
		if r := c.request("BYE"); r.Recipient.User != "other" {
			t.Errorf("BYE to %v", r.Recipient)
		}
	})
}

func TestRequestsOfOtherMethods(t *testing.T) {
	for _, tt := range []struct {
		method          string
		inside, outside int
		extra           string
	}{
		{"OPTIONS", 200, 200, ""},
		{"REGISTER", 405, 405, ""},
		{"SUBSCRIBE", 405, 405, "Event: presence"},
		{"MESSAGE", 405, 405, ""},
		{"PUBLISH", 405, 405, ""},
		{"REFER", 405, 405, ""},
		{"PRACK", 405, 481, ""},
		{"INFO", 200, 481, ""},
		{"NOTIFY", 489, 481, "Event: presence"},
		{"UPDATE", 200, 481, ""},
		{"BYE", 200, 481, ""},
		{"JUGGLE", 501, 501, ""},
		{"bye", 501, 501, ""}, // RFC 3261 §7.1: methods have a case
	} {
		t.Run(tt.method, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, s *stage) {
				c := s.caller(0)
				request := c.text(tt.method, strings.Fields(strings.ReplaceAll(tt.extra, ": ", ":"))...)
				c.send(request)
				r := c.response(tt.outside, tt.method)
				if tag, _ := r.To().Params.Get("tag"); tag == "" {
					t.Error("no tag in To (RFC 3261 §8.2.6.2)")
				}
				// RFC 3261 §8.2.7: the same request, the same answer.
				c.send(request)
				if again := c.response(tt.outside, tt.method); again.String() != r.String() {
					t.Errorf("answered\n%v\nand then\n%v", r, again)
				}
				if r.StatusCode == 405 || r.StatusCode == 200 {
					if h := r.GetHeader("Allow"); h == nil || !strings.Contains(h.Value(), "INVITE") {
						t.Errorf("Allow: %v", h)
					}
				}
				if tt.method == "OPTIONS" {
					for _, name := range []string{"Accept", "Supported", "Accept-Encoding"} {
						if r.GetHeader(name) == nil {
							t.Errorf("no %s in the answer to OPTIONS (RFC 3261 §11.2)", name)
						}
					}
				}
				c.answered(s)
				c.send(c.text(tt.method, strings.Fields(strings.ReplaceAll(tt.extra, ": ", ":"))...))
				c.response(tt.inside, tt.method)

				// And to a dialog that is not there.
				c.toTag = "nobody"
				c.send(c.text(tt.method))
				c.response(481, tt.method)
			})
		})
	}
}

func TestOutOfOrder_RFC3261_12_2_2(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.answered(s)
		c.cseq += 5 // a gap is no error
		c.send(c.text("OPTIONS"))
		c.response(200, "OPTIONS")
		c.cseq -= 3
		c.send(c.text("OPTIONS"))
		c.response(500, "OPTIONS")
		tag := c.tag
		c.tag = "somebody"
		c.cseq += 5
		c.send(c.text("BYE"))
		c.response(481, "BYE")
		c.tag = tag
		c.bye()
	})
}

func TestKeysByINFO(t *testing.T) {
	for _, tt := range []struct {
		kind, text string
		status     int
		want       byte
	}{
		{"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", 200, '5'},
		{"application/dtmf-relay", "Signal= *\nDuration= 250", 200, '*'},
		{"application/dtmf-relay", "signal=11\r\n", 200, '#'},
		{"application/dtmf", "7", 200, '7'},
		{"application/dtmf", "d\r\n", 200, 'D'},
		{"application/dtmf", "16", 200, 0}, // hook flash
		{"application/media_control+xml", "<x/>", 415, 0},
		{"text/plain", "7", 415, 0},
	} {
		t.Run(tt.kind+tt.text, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, s *stage) {
				c := s.caller(0)
				l := c.answered(s)
				head := c.text("INFO", "Content-Type: "+tt.kind)
				c.send(strings.Replace(head, "Content-Length: 0", fmt.Sprint("Content-Length: ", len(tt.text)), 1) + tt.text)
				c.response(tt.status, "INFO")
				ctx, cancel := contextFor(t, time.Second)
				defer cancel()
				got, err := l.Session().Digit(ctx)
				if (err == nil) != (tt.want != 0) || got != tt.want {
					t.Errorf("key %q (%v), want %q", got, err, tt.want)
				}
			})
		})
	}
}

// Whatever order requests are read in is the order in which they are served,
// under load too.
func TestOrderWithinADialog(t *testing.T) {
	bubble(t, func(c *sip.Config) { c.Limits.Backlog = 1000 }, func(t *testing.T, s *stage) {
		const calls = 20
		keys := "0123456789*#ABCD"
		callers := make([]*caller, calls)
		legs := make([]*sip.Leg, calls)
		for i := range callers {
			callers[i] = s.caller(i)
			legs[i] = callers[i].answered(s)
		}
		for _, key := range keys { // interleaved among the calls
			for _, c := range callers {
				head := c.text("INFO", "Content-Type: application/dtmf")
				c.send(strings.Replace(head, "Content-Length: 0", "Content-Length: 1", 1) + string(key))
			}
		}
		synctest.Wait()
		for i, l := range legs {
			var got []byte
			for range keys {
				ctx, cancel := contextFor(t, time.Second)
				key, err := l.Session().Digit(ctx)
				cancel()
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, key)
			}
			if string(got) != keys {
				t.Errorf("call %d: keys %s, want %s", i, got, keys)
			}
		}
	})
}

func TestRefer_RFC3515(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.invite()
		l := s.leg()
		if err := l.Refer(t.Context(), "sip:bob@192.0.2.9"); err == nil {
			t.Error("referred before the answer")
		}
		l.Answer(t.Context())
		c.learn(c.response(200, "INVITE"))
		c.send(c.text("ACK"))
		for status, ok := range map[int]bool{202: true, 603: false} {
			result := make(chan error, 1)
			go func() { result <- l.Refer(t.Context(), "sip:bob@192.0.2.9") }()
			r := c.request("REFER")
			if h := r.GetHeader("Refer-To"); h == nil || h.Value() != "<sip:bob@192.0.2.9>" {
				t.Errorf("Refer-To: %v", h)
			}
			c.reply(r, status)
			if err := <-result; (err == nil) != ok {
				t.Errorf("%d: %v", status, err)
			}
		}
		c.send(c.text("NOTIFY", "Event: refer;id=1", "Subscription-State: terminated"))
		c.response(200, "NOTIFY")
		if err := l.Refer(t.Context(), "sip:bob@192.0.2.9>\r\nX: y"); err == nil {
			t.Error("a header was smuggled into REFER")
		}
		c.bye()
		if err := l.Refer(t.Context(), "sip:bob@192.0.2.9"); err == nil {
			t.Error("referred after the end")
		}
	})
}

func TestMediaTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// A plane that gives silence ten seconds.
		s := bare(t, media.Config{MediaTimeout: 10 * time.Second}, nil)
		c := s.caller(0)
		l := c.answered(s)
		c.silence(10 * time.Second)
		c.reply(c.request("BYE"), 200)
		ended(t, l, leg.End{Cause: contract.CauseMediaTimeout, Code: 200})
	})
}

func TestViaOfAnswers(t *testing.T) {
	for name, tt := range map[string]struct {
		via, sentBy string
		port        int // that the answer comes to
		want        string
	}{
		"rport (RFC 3581 §4)":                 {";rport", "203.0.113.20:5060", 5060, "rport=5060;received=203.0.113.20"},
		"rport behind a NAT":                  {";rport", "10.0.0.5:9999", 5060, "rport=5060;received=203.0.113.20"},
		"no rport: the port of sent-by":       {"", "203.0.113.20:5070", 5070, ""},
		"received (RFC 3261 §18.2.1)":         {"", "pc.example.com:5070", 5070, "received=203.0.113.20"},
		"maddr sends nothing to third people": {";maddr=198.51.100.1;rport", "203.0.113.20:5060", 5060, "maddr=198.51.100.1;rport=5060"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, s *stage) {
				c := s.caller(0)
				at := c.far
				if tt.port != 5060 {
					at = s.far(farHost, tt.port)
				}
				c.via = tt.via
				c.send(strings.Replace(c.text("OPTIONS"), "SIP/2.0/UDP "+c.addr.String(), "SIP/2.0/UDP "+tt.sentBy, 1))
				r := at.response(200, "OPTIONS")
				if got := r.Via().Value(); !strings.Contains(got, tt.want) {
					t.Errorf("Via: %s, want %s", got, tt.want)
				}
			})
		})
	}
}

func TestRoutes_RFC3261_12(t *testing.T) {
	proxy := netip.MustParseAddr("198.51.100.7")
	for name, tt := range map[string]struct {
		recorded []string
		routes   []string
		uri      string
		at       netip.AddrPort // where the BYE arrives; zero: where the INVITE came from
	}{
		"none":         {nil, nil, "sip:ann@203.0.113.20:5060", netip.AddrPort{}},
		"loose":        {[]string{"<sip:198.51.100.7;lr>", "<sip:10.9.9.9:5080;lr>"}, []string{"<sip:198.51.100.7;lr>", "<sip:10.9.9.9:5080;lr>"}, "sip:ann@203.0.113.20:5060", netip.AddrPortFrom(proxy, 5060)},
		"in one line":  {[]string{"<sip:198.51.100.7:5070;lr>, <sip:10.9.9.9;lr>"}, []string{"<sip:198.51.100.7:5070;lr>", "<sip:10.9.9.9;lr>"}, "sip:ann@203.0.113.20:5060", netip.AddrPortFrom(proxy, 5070)},
		"by name":      {[]string{"<sip:edge.example.com;lr>"}, []string{"<sip:edge.example.com;lr>"}, "sip:ann@203.0.113.20:5060", netip.AddrPort{}},
		"strict":       {[]string{"<sip:198.51.100.7>"}, []string{"<sip:ann@203.0.113.20:5060>"}, "sip:198.51.100.7", netip.AddrPortFrom(proxy, 5060)},
		"lr with a =1": {[]string{"<sip:198.51.100.7;lr=on>"}, []string{"<sip:198.51.100.7;lr=on>"}, "sip:ann@203.0.113.20:5060", netip.AddrPortFrom(proxy, 5060)},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, s *stage) {
				c := s.caller(0)
				var extra []string
				for _, r := range tt.recorded {
					extra = append(extra, "Record-Route: "+r)
				}
				c.invite(extra...)
				l := s.leg()
				l.Answer(t.Context())
				ok := c.response(200, "INVITE")
				c.learn(ok)
				if got, want := len(ok.GetHeaders("Record-Route")), len(strings.Split(strings.Join(tt.recorded, ","), ",")); len(tt.recorded) > 0 && got != want {
					t.Errorf("%d Record-Route in the answer, want %d (RFC 3261 §12.1.1)", got, want)
				}
				c.send(c.text("ACK"))
				at := c.far
				if tt.at.IsValid() {
					at = s.far(tt.at.Addr(), int(tt.at.Port()))
				}
				go l.Hangup(t.Context(), contract.CauseDocument)
				r := at.request("BYE")
				var routes []string
				for _, h := range r.GetHeaders("Route") {
					routes = append(routes, h.Value())
				}
				if fmt.Sprint(routes) != fmt.Sprint(tt.routes) {
					t.Errorf("routes %v, want %v", routes, tt.routes)
				}
				if got := r.Recipient.String(); got != tt.uri {
					t.Errorf("request URI %s, want %s", got, tt.uri)
				}
				at.reply(r, 200)
			})
		})
	}
}

func TestByeFollowsTheFlow(t *testing.T) {
	for name, tt := range map[string]struct {
		contact string
		port    int // where the BYE arrives, at the host that called
	}{
		"Contact is private, behind a NAT":   {"<sip:ann@192.168.1.5:5062>", 5060},
		"Contact is a name":                  {"<sip:ann@pc33.example.com>", 5060},
		"Contact says another port":          {"<sip:ann@203.0.113.20:5074>", 5074},
		"Contact of another host in public":  {"<sip:ann@198.51.100.99:5060>", 5060},
		"no Contact, as RFC 2543 allowed it": {"", 5060},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, s *stage) {
				c := s.caller(0)
				c.contact = tt.contact
				l := c.answered(s)
				at := c.far
				if tt.port != 5060 {
					at = s.far(farHost, tt.port)
				}
				go l.Hangup(t.Context(), contract.CauseDocument)
				at.reply(at.request("BYE"), 200)
			})
		})
	}
}

func TestAdvertise(t *testing.T) {
	public := netip.MustParseAddr("198.51.100.200")
	for _, tt := range []struct {
		from, want string
	}{
		{"203.0.113.20", "198.51.100.200"},
		{"10.1.2.3", "192.0.2.1"},
	} {
		t.Run(tt.from, func(t *testing.T) {
			bubble(t, func(c *sip.Config) { c.Advertise = public }, func(t *testing.T, s *stage) {
				c := s.callerAt(netip.MustParseAddr(tt.from), 0)
				c.invite()
				l := s.leg()
				l.Answer(t.Context())
				ok := c.response(200, "INVITE")
				if got := ok.Contact().Address.Host; got != tt.want {
					t.Errorf("Contact at %s, want %s", got, tt.want)
				}
				if got := body(t, ok, `c=IN IP4 (\S+)`); got != tt.want {
					t.Errorf("voice at %s, want %s", got, tt.want)
				}
				c.learn(ok)
				c.send(c.text("ACK"))
				go l.Hangup(t.Context(), contract.CauseDocument)
				if got := c.request("BYE").Via().Host; got != tt.want {
					t.Errorf("Via of BYE: %s, want %s", got, tt.want)
				}
			})
		})
	}
}

func TestStateOfADialog(t *testing.T) {
	var kept sip.DialogState
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		l := c.answered(s)
		c.bye()
		ended(t, l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.states) != 2 || !s.states[0].alive || s.states[1].alive {
			t.Fatalf("told %+v", s.states)
		}
		kept = s.states[0].state
		if kept.CallID != c.id || kept.RemoteTag != c.tag || kept.LocalTag != c.toTag || kept.Flow != c.addr || kept.Network != "udp" {
			t.Errorf("kept %+v", kept)
		}
	})
	// Another switch, after a crash of the first.
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		done := make(chan error, 1)
		go func() { done <- s.server.Bye(t.Context(), kept) }()
		r := c.request("BYE")
		if r.CallID().Value() != kept.CallID || r.CSeq().SeqNo <= kept.LocalSeq || r.To().Value() != kept.Remote || r.From().Value() != kept.Local {
			t.Errorf("BYE\n%v", r)
		}
		c.reply(r, 481)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := s.server.Bye(t.Context(), kept); err == nil {
			t.Error("a second BYE while the first lingers")
		}
		time.Sleep(time.Minute)
		start := time.Now()
		if err := s.server.Bye(t.Context(), kept); err == nil || time.Since(start) != 32*time.Second {
			t.Errorf("BYE to nobody: %v after %v", err, time.Since(start))
		}
	})
}

func TestFarEndKnowsNoSuchDialog_RFC3261_12_2_1_2(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		l := c.answered(s)
		go l.Refer(t.Context(), "sip:bob@192.0.2.9")
		c.reply(c.request("REFER"), 481)
		c.reply(c.request("BYE"), 481)
		ended(t, l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
	})
}
