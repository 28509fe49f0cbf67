package sip_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/sip"
)

// dialling is a Dial under way.
type dialling struct {
	t        *testing.T
	cancel   context.CancelCauseFunc
	result   chan result
	progress []int
}

type result struct {
	leg leg.Leg
	err error
}

func dial(t *testing.T, s *sip.Server, target leg.Target) *dialling {
	ctx, cancel := context.WithCancelCause(t.Context())
	d := &dialling{t: t, cancel: cancel, result: make(chan result, 1)}
	t.Cleanup(func() { cancel(nil) })
	go func() {
		l, err := s.Dial(ctx, target, func(p leg.Progress) { d.progress = append(d.progress, p.Code) })
		d.result <- result{l, err}
	}()
	return d
}

// leg expects the call to be answered.
func (d *dialling) leg() leg.Leg {
	d.t.Helper()
	select {
	case r := <-d.result:
		if r.err != nil {
			d.t.Fatalf("Dial: %v", r.err)
		}
		return r.leg
	case <-time.After(time.Minute):
		d.t.Fatal("Dial does not return")
		return nil
	}
}

// refused expects the call to be refused so.
func (d *dialling) refused(want leg.End) {
	d.t.Helper()
	select {
	case r := <-d.result:
		var refused *leg.Refused
		if !errors.As(r.err, &refused) || refused.End != want {
			d.t.Fatalf("Dial: %v, %+v; want refused with %+v", r.leg, r.err, want)
		}
	case <-time.After(time.Hour):
		d.t.Fatal("Dial does not return")
	}
}

// bob is a far end that is called.
func (s *stage) bob() (*far, leg.Target) {
	f := s.far(farHost, 5060)
	return f, leg.Target{URI: "sip:bob@" + f.addr.String(), From: "+15550100", Name: `The "Switch"`}
}

// contact is the header line of a far end.
func (f *far) contact() string { return fmt.Sprintf("Contact: <sip:far@%s>", f.addr) }

func TestDial(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		f, target := s.bob()
		target.Headers = map[string]string{"X-Account": "AC1"}
		d := dial(t, s.server, target)
		invite := f.request("INVITE")
		if got, want := invite.Recipient.String(), "sip:bob@203.0.113.20:5060"; got != want {
			t.Errorf("request URI %s, want %s", got, want)
		}
		if got, want := invite.From().Value(), `"The \"Switch\"" <sip:%2B15550100@192.0.2.1>;tag=`; !strings.HasPrefix(strings.Replace(got, "sip:+", "sip:%2B", 1), want) {
			t.Errorf("From %s, want %s…", got, want)
		}
		if h := invite.GetHeader("X-Account"); h == nil || h.Value() != "AC1" {
			t.Errorf("X-Account: %v", h)
		}
		body(t, invite, `m=audio \d+ RTP/AVP 0 8 101\r\n`)
		f.reply(invite, 100)
		f.reply(invite, 180)
		f.reply(invite, 183)
		f.silence(10 * time.Second)
		f.reply(invite, 200, f.contact(), sdpAt(farHost, 40000))
		ack := f.request("ACK")
		if ack.Recipient.User != "far" || ack.CSeq().SeqNo != invite.CSeq().SeqNo {
			t.Errorf("ACK\n%v", ack)
		}
		if got, _ := ack.To().Params.Get("tag"); got != "far" {
			t.Errorf("To of ACK: %v", ack.To())
		}
		l := d.leg()
		if fmt.Sprint(d.progress) != "[180 183]" {
			t.Errorf("progress %v", d.progress)
		}
		if i := l.Info(); !i.Outbound || i.To != "bob" || i.From != "+15550100" || i.Host != "203.0.113.20" || i.Source != f.addr {
			t.Errorf("info %+v", i)
		}
		f.reply(invite, 200, f.contact(), sdpAt(farHost, 40000)) // the ACK was lost
		if again := f.request("ACK"); again.String() != ack.String() {
			t.Errorf("another ACK:\n%v", again)
		}
		time.Sleep(40 * time.Second) // the INVITE's transaction is over; even so
		f.reply(invite, 200, f.contact(), sdpAt(farHost, 40000))
		f.request("ACK")
		if sent := l.Session().Stats().Sent; sent < 1900 {
			t.Errorf("%d packets sent in 40 s", sent)
		}
		go l.Hangup(t.Context(), contract.CauseDocument)
		bye := f.request("BYE")
		if bye.CSeq().SeqNo != invite.CSeq().SeqNo+1 {
			t.Errorf("CSeq of BYE: %v", bye.CSeq())
		}
		f.reply(bye, 200)
		ended(t, l, leg.End{Cause: contract.CauseDocument, Code: 200})
	})
}

func TestDialRefused(t *testing.T) {
	for code, cause := range map[int]contract.Cause{
		486: contract.CauseBusy, 600: contract.CauseBusy, 480: contract.CauseNoAnswer, 404: contract.CauseNotFound,
		403: contract.CauseNotPermitted, 488: contract.CauseNoCodec, 603: contract.CauseRejected, 503: contract.CauseOverload,
		302: contract.CauseFailed, 500: contract.CauseFailed, 407: contract.CauseNotPermitted,
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, s *stage) {
				f, target := s.bob()
				d := dial(t, s.server, target)
				invite := f.request("INVITE")
				f.reply(invite, code, "Contact: <sip:elsewhere@198.51.100.1>")
				ack := f.request("ACK")
				if b1, b2 := ack.Via().Value(), invite.Via().Value(); b1 != b2 {
					t.Errorf("Via of ACK: %s, want the INVITE's %s (RFC 3261 §17.1.1.3)", b1, b2)
				}
				d.refused(leg.End{Cause: cause, Code: code})
				f.reply(invite, code)
				f.request("ACK")
				f.silence(time.Minute)
			})
		})
	}
}

func TestDialUnanswered(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		_, target := s.bob()
		start := time.Now()
		dial(t, s.server, target).refused(leg.End{Cause: contract.CauseNoAnswer, Code: 408})
		if d := time.Since(start); d != 32*time.Second {
			t.Errorf("after %v", d) // timer B
		}
	})
}

func TestDialRingsForTooLong(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		f, target := s.bob()
		target.Timeout = 20 * time.Second
		d := dial(t, s.server, target)
		invite := f.request("INVITE")
		f.reply(invite, 180)
		f.silence(20*time.Second - time.Millisecond)
		cancel := f.request("CANCEL")
		d.refused(leg.End{Cause: contract.CauseNoAnswer, Code: 487})
		if cancel.Via().Value() != invite.Via().Value() || cancel.Recipient.String() != invite.Recipient.String() ||
			cancel.CSeq().SeqNo != invite.CSeq().SeqNo || cancel.To().Value() != invite.To().Value() {
			t.Errorf("CANCEL\n%v\nof\n%v (RFC 3261 §9.1)", cancel, invite)
		}
		f.reply(cancel, 200)
		f.reply(invite, 487)
		f.request("ACK")
		f.silence(time.Minute)
	})
}

func TestDialCancelled(t *testing.T) {
	gone := errors.New("the caller is gone")
	t.Run("while it rings", func(t *testing.T) {
		bubble(t, nil, func(t *testing.T, s *stage) {
			f, target := s.bob()
			d := dial(t, s.server, target)
			invite := f.request("INVITE")
			f.reply(invite, 180)
			synctest.Wait()
			d.cancel(gone)
			f.reply(f.request("CANCEL"), 200)
			f.reply(invite, 487)
			f.request("ACK")
			if r := <-d.result; !errors.Is(r.err, gone) {
				t.Errorf("Dial: %v", r.err)
			}
		})
	})
	t.Run("before anything came back (RFC 3261 §9.1)", func(t *testing.T) {
		bubble(t, nil, func(t *testing.T, s *stage) {
			f, target := s.bob()
			d := dial(t, s.server, target)
			invite := f.request("INVITE")
			d.cancel(gone)
			if r := <-d.result; !errors.Is(r.err, gone) {
				t.Errorf("Dial: %v", r.err)
			}
			f.request("INVITE") // no CANCEL before a provisional answer
			f.reply(invite, 100)
			f.reply(f.request("CANCEL"), 200)
			f.reply(invite, 487)
			f.request("ACK")
			f.silence(time.Minute)
		})
	})
	t.Run("when it has been answered already", func(t *testing.T) {
		bubble(t, nil, func(t *testing.T, s *stage) {
			f, target := s.bob()
			d := dial(t, s.server, target)
			invite := f.request("INVITE")
			f.reply(invite, 180)
			synctest.Wait()
			d.cancel(gone)
			cancel := f.request("CANCEL")
			f.reply(invite, 200, f.contact(), sdpAt(farHost, 40000)) // the 200 crosses it
			f.reply(cancel, 200)
			f.request("ACK")
			f.reply(f.request("BYE"), 200)
			f.silence(time.Minute)
		})
	})
	t.Run("the far end ignores CANCEL", func(t *testing.T) {
		bubble(t, nil, func(t *testing.T, s *stage) {
			f, target := s.bob()
			d := dial(t, s.server, target)
			f.reply(f.request("INVITE"), 180)
			synctest.Wait()
			d.cancel(gone)
			f.reply(f.request("CANCEL"), 200)
			f.silence(2 * time.Minute)
			if st := s.server.Stats(); st.Lingering != 0 {
				t.Errorf("%+v", st)
			}
		})
	})
}

func TestForks_RFC3261_13_2_2_4(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		f, target := s.bob()
		d := dial(t, s.server, target)
		invite := f.request("INVITE")
		f.reply(invite, 200, f.contact(), sdpAt(farHost, 40000))
		f.request("ACK")
		l := d.leg()
		second := strings.Replace(responseText(invite, 200, f.contact(), sdpAt(farHost, 41000)), "tag=far", "tag=second", 1)
		f.send(second)
		ack := f.request("ACK")
		bye := f.request("BYE")
		for _, r := range []*gosip.Request{ack, bye} {
			if tag, _ := r.To().Params.Get("tag"); tag != "second" {
				t.Errorf("%s to tag %s", r.Method, tag)
			}
		}
		f.reply(bye, 200)
		f.send(second) // its ACK was lost
		f.request("ACK")
		f.silence(time.Minute)
		select {
		case <-l.Done():
			t.Error("the call has ended with the other fork")
		default:
		}
	})
}

func TestDialAnsweredWithNothingThatFits(t *testing.T) {
	for name, extra := range map[string][]string{
		"no SDP":        nil,
		"another codec": {strings.Replace(sdpAt(farHost, 4000), "AVP 0 101", "AVP 18 101", 1)},
		"refused":       {sdpAt(farHost, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, s *stage) {
				f, target := s.bob()
				d := dial(t, s.server, target)
				f.reply(f.request("INVITE"), 200, append(extra, f.contact())...)
				f.request("ACK")
				f.reply(f.request("BYE"), 200)
				d.refused(leg.End{Cause: contract.CauseNoCodec, Code: 200})
			})
		})
	}
}

// The far end hangs up, and its BYE is faster than its 200.
func TestByeOvertakesTheAnswer(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		f, target := s.bob()
		d := dial(t, s.server, target)
		invite := f.request("INVITE")
		f.send(fmt.Sprintf("BYE sip:x@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKbye;rport\r\nFrom: %s;tag=far\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
			f.addr, invite.To().Value(), invite.From().Value(), invite.CallID().Value()))
		f.response(200, "BYE")
		f.reply(invite, 200, f.contact(), sdpAt(farHost, 40000))
		f.request("ACK")
		d.refused(leg.End{Cause: contract.CauseFarEnd, Code: 200})
	})
}

func TestDialRefusesTargets(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		for _, target := range []leg.Target{
			{URI: ""}, {URI: "bob"}, {URI: "sip:"}, {URI: "tel:+1555"}, {URI: "sips:bob@192.0.2.9"}, {URI: "sip:bob@192.0.2.9:99999"},
			{URI: "sip:bob@192.0.2.9 SIP/2.0\r\nX: y"}, {URI: "sip:bob@192.0.2.9", Name: "a\r\nb"}, {URI: "sip:bob@192.0.2.9", From: "a\nb"},
			{URI: "sip:bob@192.0.2.9", Headers: map[string]string{"X-A": "a\r\nVia: b"}}, {URI: "sip:bob@192.0.2.9", Headers: map[string]string{"X A": "a"}},
			{URI: "sip:bob@192.0.2.9", From: "sip:a@b>\r\n"},
		} {
			if l, err := s.server.Dial(t.Context(), target, nil); err == nil {
				t.Errorf("%+v: %v", target, l)
			}
		}
		if st := s.server.Stats(); st.Sent != 0 || st.Dialogs != 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestDialByName(t *testing.T) {
	bubble(t, func(c *sip.Config) {
		c.Resolve = func(_ context.Context, host string) ([]netip.Addr, error) {
			if host != "phone.example" {
				return nil, errors.New("no such host")
			}
			return []netip.Addr{netip.MustParseAddr("2001:db8::5"), farHost}, nil
		}
	}, func(t *testing.T, s *stage) {
		f, _ := s.bob()
		d := dial(t, s.server, leg.Target{URI: "sip:bob@phone.example"})
		if r := f.request("INVITE"); r.Recipient.Host != "phone.example" {
			t.Errorf("request URI %v", r.Recipient)
		} else {
			f.reply(r, 486)
		}
		d.refused(leg.End{Cause: contract.CauseBusy, Code: 486})
		if _, err := s.server.Dial(t.Context(), leg.Target{URI: "sip:bob@nowhere.example"}, nil); err == nil {
			t.Error("called nowhere")
		}
	})
}

// A Contact that could not stand in a request line is not put there.
func TestAnsweredWithABrokenContact(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		f, target := s.bob()
		d := dial(t, s.server, target)
		f.reply(f.request("INVITE"), 200, "Contact: <sip:a b@203.0.113.20>", sdpAt(farHost, 40000))
		if ack := f.request("ACK"); ack.Recipient.String() != "sip:bob@203.0.113.20:5060" {
			t.Errorf("ACK to %v", ack.Recipient)
		}
		d.leg()
	})
}
