package sip_test

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
	"confab/internal/sip"
)

func TestBoundOfDialogs(t *testing.T) {
	bubble(t, func(c *sip.Config) { c.Limits.Dialogs = 2 }, func(t *testing.T, s *stage) {
		first, second, third := s.caller(0), s.caller(1), s.caller(2)
		l := first.answered(s)
		second.answered(s)
		for range 2 {
			third.send(third.text("INVITE", third.offer))
			r := third.response(503, "INVITE")
			if r.GetHeader("Retry-After") == nil {
				t.Error("no Retry-After")
			}
			third.send(third.again("ACK"))
		}
		third.send(third.text("OPTIONS"))
		third.response(503, "OPTIONS") // RFC 3261 §11.2: as an INVITE would be answered
		if _, err := s.server.Dial(t.Context(), leg.Target{URI: "sip:bob@203.0.113.99"}, nil); err == nil {
			t.Error("called beyond the bound")
		} else if refused := (*leg.Refused)(nil); !errors.As(err, &refused) || refused.End.Cause != contract.CauseOverload {
			t.Errorf("Dial: %v", err)
		}
		if st := s.server.Stats(); st.Dialogs != 2 || st.Refused != 2 || st.Lingering != 0 {
			t.Errorf("%+v", st)
		}
		first.bye()
		ended(t, l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
		third.answered(s)
	})
}

func TestBoundOfLingering(t *testing.T) {
	bubble(t, func(c *sip.Config) { c.Limits.Lingering = 3 }, func(t *testing.T, s *stage) {
		var callers []*caller
		for i := range 5 {
			c := s.caller(i)
			c.answered(s)
			c.bye()
			callers = append(callers, c)
		}
		synctest.Wait()
		if st := s.server.Stats(); st.Dialogs != 0 || st.Lingering != 3 {
			t.Errorf("%+v", st)
		}
		callers[0].send(callers[0].again("BYE"))
		callers[0].response(481, "BYE") // forgotten
		callers[4].send(callers[4].again("BYE"))
		callers[4].response(200, "BYE") // still known
	})
}

func TestDrain(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c, late := s.caller(0), s.caller(1)
		l := c.answered(s)
		s.server.Drain()
		late.send(late.text("INVITE", late.offer))
		if late.response(503, "INVITE").GetHeader("Retry-After") == nil {
			t.Error("no Retry-After")
		}
		c.send(c.text("INVITE", c.offer)) // a call that lives goes on
		c.response(200, "INVITE")
		c.send(c.text("ACK"))
		c.bye()
		ended(t, l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
	})
}

func TestClose(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		live, ringing, unacked, over := s.caller(0), s.caller(1), s.caller(2), s.caller(3)
		l := live.answered(s)
		ringing.invite()
		r := s.leg()
		unacked.invite()
		u := s.leg()
		u.Answer(t.Context())
		unacked.response(200, "INVITE")
		over.answered(s)
		over.bye()
		f, target := s.far(netip.MustParseAddr("203.0.113.30"), 5060), leg.Target{URI: "sip:bob@203.0.113.30"}
		d := dial(t, s.server, target)
		f.reply(f.request("INVITE"), 180)
		synctest.Wait()

		start := time.Now()
		if err := s.server.Close(); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 100*time.Millisecond {
			t.Errorf("Close took %v", took)
		}
		live.request("BYE")
		ringing.response(503, "INVITE")
		unacked.request("BYE")
		f.request("CANCEL")
		ended(t, l, leg.End{Cause: contract.CauseShutdown, Code: 200})
		ended(t, r, leg.End{Cause: contract.CauseShutdown, Code: 503})
		ended(t, u, leg.End{Cause: contract.CauseShutdown, Code: 200})
		d.refused(leg.End{Cause: contract.CauseShutdown, Code: 487})
		if err := l.Hangup(t.Context(), contract.CauseDocument); err != nil {
			t.Error(err)
		}
		if err := r.Ring(t.Context()); err != sip.ErrEnded {
			t.Errorf("Ring: %v", err)
		}
		if _, err := s.server.Dial(t.Context(), target, nil); err == nil {
			t.Error("a closed server called")
		}
	})
}

func TestBoundOfConnections(t *testing.T) {
	bubble(t, func(c *sip.Config) { c.Limits.Connections, c.Limits.PerSource = 4, 2 }, func(t *testing.T, s *stage) {
		host := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{203, 0, 113, byte(100 + i)}) }
		first, second := s.stream(host(0)), s.stream(host(0))
		third := s.stream(host(0))
		third.closed(time.Second) // PerSource
		first.open(time.Millisecond)
		time.Sleep(time.Second)
		a, b := s.stream(host(1)), s.stream(host(2))
		time.Sleep(time.Second)
		// Those who have said something last stay.
		c := s.caller(0)
		first.send(overTCP(c.text("OPTIONS")))
		first.response(200, "OPTIONS")
		newest := s.stream(host(3))
		second.closed(time.Second)
		for _, x := range []*stream{first, a, b, newest} {
			x.open(time.Millisecond)
		}
		if st := s.server.Stats(); st.Connections != 4 {
			t.Errorf("%+v", st)
		}
	})
}

// A connection that carries a call is not closed for another.
func TestConnectionsOfCallsStay(t *testing.T) {
	bubble(t, func(c *sip.Config) { c.Limits.Connections = 1 }, func(t *testing.T, s *stage) {
		c := s.caller(0)
		x := s.stream(farHost)
		x.send(overTCP(c.text("INVITE", c.offer)))
		x.response(100, "INVITE")
		s.stream(netip.MustParseAddr("203.0.113.77")).closed(time.Second)
		x.open(time.Second)
	})
}

func TestSlowReaders(t *testing.T) {
	bubble(t, func(c *sip.Config) { c.Limits.WriteBacklog = 4 }, func(t *testing.T, s *stage) {
		c, other := s.caller(0), s.caller(1)
		x := s.stream(farHost)
		pad := "X-Pad: " + strings.Repeat("p", 100)
		for range 100000 {
			x.conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
			// Via comes back in the answer.
			text := strings.Replace(overTCP(c.text("OPTIONS", pad)), ";rport", ";rport;pad="+strings.Repeat("p", 4000), 1)
			if _, err := io.WriteString(x.conn, text); err != nil {
				break
			}
			if s.server.Stats().SlowPeers > 0 {
				break
			}
		}
		x.closed(time.Minute)
		if st := s.server.Stats(); st.SlowPeers != 1 || st.Connections != 0 {
			t.Errorf("%+v", st)
		}
		other.answered(s)
	})
}

func TestBacklogOfADialog(t *testing.T) {
	bubble(t, func(c *sip.Config) { c.Limits.Backlog = 8 }, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.answered(s)
		// The dialog is kept busy by who watches it.
		release := make(chan struct{})
		sip.Stall(s.server, c.id, c.toTag, release)
		for range 100 {
			c.send(c.text("OPTIONS"))
		}
		synctest.Wait()
		if st := s.server.Stats(); st.Overrun != 92 {
			t.Errorf("%+v", st)
		}
		close(release)
		for range 8 {
			c.response(200, "OPTIONS")
		}
		c.silence(time.Second)
		c.bye()
	})
}

func TestPanicsEndTheirDialogOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := bare(t, media.Config{MediaTimeout: -1}, nil)
		c, other := s.caller(0), s.caller(1)
		l := c.answered(s)
		alive := other.answered(s)
		sip.Post(s.server, c.id, c.toTag, func() { panic("a bug") })
		c.request("BYE")
		ended(t, l, leg.End{Cause: contract.CauseFailed, Code: 200})
		if st := s.server.Stats(); st.Panics != 1 || st.Dialogs != 1 {
			t.Errorf("%+v", st)
		}
		sip.ForgivePanics(s.server)
		other.bye()
		ended(t, alive, leg.End{Cause: contract.CauseFarEnd, Code: 200})
	})
}

// panicky panics when it is given a call.
type panicky struct{}

func (panicky) Accept(leg.Leg) { panic("a bug in the handler") }

func TestPanicOfTheHandler(t *testing.T) {
	bubble(t, func(c *sip.Config) { c.Handler = panicky{} }, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.invite()
		c.response(500, "INVITE")
		c.send(c.again("ACK"))
		synctest.Wait()
		if st := s.server.Stats(); st.Panics != 1 {
			t.Errorf("%+v", st)
		}
		sip.ForgivePanics(s.server)
	})
}

// A flood of calls from everywhere: what is held stays within its bounds, what
// is answered is no longer than what was asked, and calls that live are served
// as before.
func TestFlood(t *testing.T) {
	bubble(t, func(c *sip.Config) {
		c.Limits = sip.Limits{SourceRate: 10, SourceBurst: 20, GlobalRate: 500, GlobalBurst: 500, Dialogs: 50}
	}, func(t *testing.T, s *stage) {
		c := s.caller(0)
		l := c.answered(s)
		asked, answered := 0, 0
		flooder := s.caller(1)
		for i := range 3000 {
			// A new source for every few of them.
			host := netip.AddrFrom4([4]byte{203, 1, byte(i / 4 >> 8), byte(i / 4)})
			conn, err := s.net.Host(host).ListenPacket("udp", netip.AddrPortFrom(host, 0).String())
			if err != nil {
				t.Fatal(err)
			}
			flooder.id = fmt.Sprint("flood-", i)
			text := flooder.text("INVITE", flooder.offer)
			asked += len(text)
			conn.WriteTo([]byte(text), flooder.to)
			synctest.Wait()
			b := make([]byte, 65536)
			for {
				conn.SetReadDeadline(time.Now().Add(time.Microsecond))
				n, _, err := conn.ReadFrom(b)
				if err != nil {
					break
				}
				answered += n
			}
			conn.Close()
			if i%100 == 0 { // the call that lives
				c.send(c.text("OPTIONS"))
				c.response(200, "OPTIONS")
			}
		}
		st := s.server.Stats()
		if st.Dialogs > 50 || st.Limited < 2000 {
			t.Errorf("%+v", st)
		}
		if answered > asked {
			t.Errorf("%d bytes answered to %d", answered, asked)
		}
		c.bye()
		ended(t, l, leg.End{Cause: contract.CauseFarEnd, Code: 200})
	})
}

func TestAnswersToStrangersAreSmall(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		for _, method := range []string{"OPTIONS", "REGISTER", "MESSAGE", "SUBSCRIBE", "BYE", "JUGGLE"} {
			text := c.text(method)
			c.send(text)
			if got := len(c.raw(time.Second)); got > len(text)+200 {
				t.Errorf("%s: %d bytes answered to %d", method, got, len(text))
			}
		}
	})
}

// Who has a call may not ask without end within it, and can always end it.
func TestBoundsWithinADialog(t *testing.T) {
	bubble(t, func(c *sip.Config) {
		c.Limits.Transactions, c.Limits.Backlog = 10, 1000
		c.Limits.DialogRate, c.Limits.DialogBurst = 1, 50
		c.Limits.SourceRate, c.Limits.SourceBurst = 1, 20
	}, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.answered(s)
		served, refused := 0, 0
		for range 200 {
			c.send(c.text("OPTIONS"))
			switch m := c.next(time.Millisecond).(type) {
			case *gosip.Response:
				if m.StatusCode == 200 {
					served++
				} else if m.StatusCode == 503 {
					refused++
				}
			}
		}
		if served != 9 || served+refused < 60 || served+refused > 75 {
			t.Errorf("%d served, %d refused", served, refused)
		}
		time.Sleep(2 * time.Second)
		c.bye()
	})
}
