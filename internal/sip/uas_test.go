package sip_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/sip"
)

var (
	_ leg.Leg     = (*sip.Leg)(nil)
	_ leg.Dialer  = (*sip.Server)(nil)
	_ sip.Handler = (*stage)(nil)
)

func TestCall(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.invite("X-Order: 42", "User-to-User: 56a390f3;encoding=hex", "Subject: no",
			`Diversion: "Bob, out" <sip:+15550111@pbx.test;user=phone>;reason=no-answer, <sip:+15550112@pbx.test>;reason=unconditional`)
		l := s.leg()
		got := l.Info()
		want := leg.Info{From: "ann", To: "+15550100", Caller: "Ann", Forwarded: "+15550111", Host: "192.0.2.1", CallID: "call-0@far", Transport: "udp",
			Source: c.addr, Headers: map[string]string{"X-Order": "42", "User-to-User": "56a390f3;encoding=hex"}}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("info\n%+v, want\n%+v", got, want)
		}
		if l.Session() == nil {
			t.Fatal("no session")
		}
		c.silence(time.Second)

		if err := l.Ring(t.Context()); err != nil {
			t.Fatal(err)
		}
		ringing := c.response(180, "INVITE")
		if err := l.Ring(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.silence(time.Second) // repeating it does nothing
		if err := l.Answer(t.Context()); err != nil {
			t.Fatal(err)
		}
		ok := c.response(200, "INVITE")
		c.learn(ok)
		if tag, _ := ringing.To().Params.Get("tag"); tag == "" || tag != c.toTag {
			t.Errorf("tags of 180 and 200: %q, %q", tag, c.toTag)
		}
		for _, r := range []*gosip.Response{ringing, ok} {
			if got := r.Contact().Value(); got != "<sip:192.0.2.1:5060>" {
				t.Errorf("Contact of %d: %s", r.StatusCode, got)
			}
		}
		body(t, ok, `(?s)c=IN IP4 192\.0\.2\.1\r\n.*m=audio [1-9]\d* RTP/AVP 0 101\r\n.*a=sendrecv`)
		if err := l.Answer(t.Context()); err != nil {
			t.Errorf("second Answer: %v", err)
		}
		c.send(c.text("ACK"))
		c.silence(time.Minute) // the ACK stops the 200
		c.bye()
		ended(t, l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
		if err := l.Answer(t.Context()); err != sip.ErrEnded {
			t.Errorf("Answer after the end: %v", err)
		}
		select {
		case <-l.Session().Done():
		default:
			t.Error("the session outlives the leg")
		}
	})
}

func TestRetransmissionsChangeNothing(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		invite := c.text("INVITE", c.offer)
		c.send(invite)
		c.response(100, "INVITE")
		c.send(invite)
		c.response(100, "INVITE")
		l := s.leg()
		l.Ring(t.Context())
		c.response(180, "INVITE")
		c.send(invite)
		c.response(180, "INVITE")
		l.Answer(t.Context())
		c.learn(c.response(200, "INVITE"))
		c.send(invite) // RFC 6026 §7.1: absorbed
		c.silence(100 * time.Millisecond)
		ack := c.text("ACK")
		c.send(ack)
		c.send(ack)
		bye := c.text("BYE")
		for range 3 {
			c.send(bye)
			c.response(200, "BYE")
		}
		ended(t, l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
		s.noLeg()
		if st := s.server.Stats(); st.Dialogs != 0 || st.Lingering != 1 {
			t.Errorf("%+v", st)
		}
		time.Sleep(33 * time.Second)
		if st := s.server.Stats(); st.Lingering != 0 {
			t.Errorf("still lingering: %+v", st)
		}
		c.send(bye)
		c.response(481, "BYE")
	})
}

func TestAnswer_RFC3261_13_3_1_4_resends2xxUntilACK(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.invite()
		l := s.leg()
		l.Answer(t.Context())
		c.learn(c.response(200, "INVITE"))
		at := []time.Duration{500, 1000, 2000, 4000, 4000, 4000, 4000, 4000, 4000, 4000} // ms between
		for _, d := range at {
			if m := c.next(d*time.Millisecond - time.Millisecond); m != nil {
				t.Fatalf("too early:\n%v", m)
			}
			m := c.next(2 * time.Millisecond)
			if r, ok := m.(*gosip.Response); !ok || r.StatusCode != 200 {
				t.Fatalf("no 200 after %v: %v", d*time.Millisecond, m)
			}
		}
		bye := c.next(5 * time.Second)
		if r, ok := bye.(*gosip.Request); !ok || r.Method != "BYE" {
			t.Fatalf("after 64·T1: %v", bye)
		}
		c.reply(bye.(*gosip.Request), 200)
		ended(t, l, leg.End{Cause: contract.CauseNoACK, Code: 200})
	})
}

func TestLostACK(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.invite()
		l := s.leg()
		l.Answer(t.Context())
		c.learn(c.response(200, "INVITE"))
		c.text("ACK") // lost
		c.response(200, "INVITE")
		c.send(c.again("ACK"))
		c.silence(time.Minute)
		select {
		case <-l.Done():
			t.Error("the call has ended")
		default:
		}
	})
}

func TestCancel_RFC3261_9_2(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.invite()
		l := s.leg()
		l.Ring(t.Context())
		c.response(180, "INVITE")
		c.send(c.again("CANCEL"))
		c.response(200, "CANCEL")
		c.response(487, "INVITE")
		ended(t, l, leg.End{Cause: contract.CauseCanceled, Code: 487})
		c.response(487, "INVITE") // until its ACK comes
		c.send(c.again("CANCEL"))
		c.response(200, "CANCEL")
		c.send(c.again("ACK"))
		c.silence(time.Minute)
	})
}

func TestCancelLosesTheRace(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.invite()
		l := s.leg()
		l.Answer(t.Context())
		c.learn(c.response(200, "INVITE"))
		c.send(c.again("CANCEL"))
		c.response(200, "CANCEL") // and no effect
		c.send(c.text("ACK"))
		c.silence(time.Minute)
		c.bye()
		ended(t, l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
	})
}

func TestCancelOfNothing(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.text("INVITE")
		c.send(c.again("CANCEL"))
		c.response(481, "CANCEL")
	})
}

func TestEarlyBye_RFC3261_15_1_2(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.invite()
		l := s.leg()
		l.Ring(t.Context())
		c.learn(c.response(180, "INVITE"))
		branch, cseq := c.branch, c.cseq
		c.send(c.text("BYE"))
		c.response(200, "BYE")
		c.response(487, "INVITE")
		ended(t, l, leg.End{Cause: contract.CauseCanceled, Code: 487})
		c.branch, c.cseq = branch, cseq
		c.send(c.again("ACK"))
		c.silence(time.Minute)
	})
}

func TestByeOvertakesACK(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.invite()
		l := s.leg()
		l.Answer(t.Context())
		c.learn(c.response(200, "INVITE"))
		ack := c.text("ACK")
		c.send(c.text("BYE"))
		c.response(200, "BYE")
		c.send(ack)
		ended(t, l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
		c.silence(time.Minute) // no 200 to the INVITE any more
	})
}

// Both ends hang up at once.
func TestByesCross(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		l := c.answered(s)
		done := make(chan error, 1)
		go func() { done <- l.Hangup(t.Context(), contract.CauseDocument) }()
		theirs := c.request("BYE")
		c.send(c.text("BYE"))
		c.response(200, "BYE")
		c.reply(theirs, 481)
		if err := <-done; err != nil {
			t.Error(err)
		}
		ended(t, l, leg.End{Cause: contract.CauseDocument, Code: 200})
		c.silence(time.Minute)
	})
}

func TestRefusals(t *testing.T) {
	for cause, code := range map[contract.Cause]int{
		contract.CauseBusy: 486, contract.CauseRejected: 404, contract.CauseNotFound: 404, contract.CauseNotPermitted: 403,
		contract.CauseNoCodec: 488, contract.CauseNoAnswer: 480, contract.CauseOverload: 503, contract.CauseShutdown: 503,
		contract.CauseDocument: 603, contract.CauseAPI: 603, contract.CauseFailed: 500, contract.CauseTimeLimit: 480,
	} {
		t.Run(cause.String(), func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, s *stage) {
				c := s.caller(0)
				c.invite()
				l := s.leg()
				done := make(chan error, 1)
				go func() { done <- l.Hangup(t.Context(), cause) }()
				r := c.response(code, "INVITE")
				if after := r.GetHeader("Retry-After"); (after != nil) != (code == 503) {
					t.Errorf("Retry-After: %v", after)
				}
				ended(t, l, leg.End{Cause: cause, Code: code})
				select {
				case <-done:
					t.Error("Hangup returned before the ACK")
				default:
				}
				c.send(c.again("ACK"))
				if err := <-done; err != nil {
					t.Error(err)
				}
				// The first cause wins, and what is over stays over.
				if err := l.Hangup(t.Context(), contract.CauseBusy); err != nil || l.End().Cause != cause {
					t.Errorf("second Hangup: %v, %v", err, l.End())
				}
				c.silence(time.Minute)
			})
		})
	}
}

func TestHangup(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		l := c.answered(s)
		done := make(chan error, 1)
		go func() { done <- l.Hangup(t.Context(), contract.CauseTimeLimit) }()
		r := c.request("BYE")
		if got, want := r.Recipient.String(), "sip:ann@"+c.addr.String(); got != want {
			t.Errorf("BYE to %s, want %s", got, want)
		}
		if tag, _ := r.From().Params.Get("tag"); tag != c.toTag {
			t.Errorf("From of BYE: %v", r.From())
		}
		if tag, _ := r.To().Params.Get("tag"); tag != c.tag {
			t.Errorf("To of BYE: %v", r.To())
		}
		ended(t, l, leg.End{Cause: contract.CauseTimeLimit, Code: 200})
		c.request("BYE") // repeated until it is answered
		c.reply(r, 200)
		if err := <-done; err != nil {
			t.Error(err)
		}
		c.silence(time.Minute)
	})
}

func TestHangupWaitsForACK_RFC3261_15(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.invite()
		l := s.leg()
		l.Answer(t.Context())
		c.learn(c.response(200, "INVITE"))
		go l.Hangup(t.Context(), contract.CauseDocument)
		ended(t, l, leg.End{Cause: contract.CauseDocument, Code: 200})
		c.response(200, "INVITE")
		c.send(c.text("ACK"))
		r := c.request("BYE")
		c.reply(r, 200)
		c.silence(time.Minute)
	})
}

func TestHangupOfOneWhoIsGone(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		l := c.answered(s)
		start := time.Now()
		if err := l.Hangup(t.Context(), contract.CauseDocument); err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d != 32*time.Second {
			t.Errorf("given up after %v, want 64·T1", d) // timer F
		}
	})
}

func TestRingsAgainEveryMinute_RFC3261_13_3_1_1(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.invite()
		l := s.leg()
		l.Ring(t.Context())
		c.response(180, "INVITE")
		for range 2 {
			c.silence(59500 * time.Millisecond)
			c.response(180, "INVITE")
		}
		time.Sleep(time.Minute) // Limits.Ring
		ended(t, l, leg.End{Cause: contract.CauseNoAnswer, Code: 480})
	})
}

func TestExpires_RFC3261_13_3_1(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.invite("Expires: 10")
		l := s.leg()
		c.silence(10*time.Second - time.Millisecond)
		c.response(487, "INVITE")
		ended(t, l, leg.End{Cause: contract.CauseNoAnswer, Code: 487})
		c.send(c.again("ACK"))
	})
}

func TestMergedRequest_RFC3261_8_2_2_2(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.invite()
		l := s.leg()
		c.branch++ // the same request, by another way
		c.send(c.again("INVITE", "Contact: "+c.contact, c.offer))
		c.response(482, "INVITE")
		s.noLeg()
		go l.Hangup(t.Context(), contract.CauseBusy)
		c.response(486, "INVITE")
	})
}

func TestRetryAfterRefusalIsANewCall(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		for range 2 { // the same Call-ID and tag, the next CSeq
			c.invite()
			go s.leg().Hangup(t.Context(), contract.CauseOverload)
			c.response(503, "INVITE")
			c.send(c.again("ACK"))
		}
	})
}

func TestOffersThatDoNotFit(t *testing.T) {
	for name, tt := range map[string]struct {
		extra []string
		want  int
	}{
		"no codec of ours":  {[]string{strings.Replace(sdpAt(farHost, 4000), "AVP 0 101", "AVP 18 101", 1)}, 488},
		"video only":        {[]string{strings.Replace(sdpAt(farHost, 4000), "m=audio", "m=video", 1)}, 488},
		"not SDP":           {[]string{"v=0 or so"}, 400},
		"wants no SDP":      {[]string{"Accept: text/plain", sdpAt(farHost, 4000)}, 406},
		"packed":            {[]string{"Content-Encoding: gzip", sdpAt(farHost, 4000)}, 415},
		"needs 100rel":      {[]string{"Require: 100rel", sdpAt(farHost, 4000)}, 420},
		"Contact is broken": {[]string{sdpAt(farHost, 4000)}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, s *stage) {
				c := s.caller(0)
				if name == "Contact is broken" {
					c.contact = "<sip:ann@far.example:99999>" // From is used instead
				}
				c.send(c.text("INVITE", tt.extra...))
				m := c.next(time.Second).(*gosip.Response)
				if m.StatusCode == 100 && tt.want != 100 {
					m = c.next(time.Second).(*gosip.Response)
				}
				if m.StatusCode != tt.want {
					t.Fatalf("answered %d, want %d", m.StatusCode, tt.want)
				}
				switch tt.want {
				case 420:
					if h := m.GetHeader("Unsupported"); h == nil || h.Value() != "100rel" {
						t.Errorf("Unsupported: %v", h)
					}
				case 415:
					if h := m.GetHeader("Accept"); h == nil || h.Value() != "application/sdp" {
						t.Errorf("Accept: %v", h)
					}
				}
				c.send(c.again("ACK"))
			})
		})
	}
}

func TestSessionInAMultipartBody_RFC5621(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		parts := "--b\r\nContent-Type: application/pidf+xml\r\n\r\n<presence/>\r\n--b\r\nContent-Type: application/sdp\r\n\r\n" + c.offer + "\r\n--b--\r\n"
		head := c.text("INVITE", "Content-Type: multipart/mixed; boundary=b")
		head = strings.Replace(head, "Content-Length: 0", fmt.Sprint("Content-Length: ", len(parts)), 1)
		c.send(head + parts)
		c.response(100, "INVITE")
		l := s.leg()
		l.Answer(t.Context())
		c.learn(c.response(200, "INVITE"))
		c.send(c.text("ACK"))
		c.bye()
		ended(t, l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
	})
}

func TestLateOffer_RFC3261_13_2_1(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		answer := c.offer
		c.offer = ""
		c.invite()
		l := s.leg()
		l.Answer(t.Context())
		ok := c.response(200, "INVITE")
		c.learn(ok)
		body(t, ok, `m=audio \d+ RTP/AVP 0 8 101\r\n`)
		c.send(c.text("ACK", answer))
		time.Sleep(time.Second)
		if sent := l.Session().Stats().Sent; sent < 45 {
			t.Errorf("%d packets sent in the first second", sent)
		}
		c.bye()
		ended(t, l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
	})
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.offer = ""
		c.invite()
		l := s.leg()
		l.Answer(t.Context())
		c.learn(c.response(200, "INVITE"))
		c.send(c.text("ACK")) // without the answer that it owes
		c.reply(c.request("BYE"), 200)
		ended(t, l, leg.End{Cause: contract.CauseNoCodec, Code: 200})
	})
}
