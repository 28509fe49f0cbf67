package sip_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
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

// stream is a far end over TCP, made by hand.
type stream struct {
	t    *testing.T
	conn net.Conn
	buf  []byte
}

func (s *stage) stream(host netip.Addr) *stream {
	s.t.Helper()
	conn, err := s.net.Host(host).Dial(s.t.Context(), "tcp", "192.0.2.1:5060")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	return &stream{t: s.t, conn: conn}
}

func (x *stream) send(text string) {
	x.t.Helper()
	if _, err := io.WriteString(x.conn, text); err != nil {
		x.t.Fatal(err)
	}
}

// next returns the next message that comes within d: nil if none does, or the
// connection is closed.
func (x *stream) next(d time.Duration) gosip.Message {
	x.t.Helper()
	x.conn.SetReadDeadline(time.Now().Add(d))
	for {
		if head, _, ok := bytes.Cut(x.buf, []byte("\r\n\r\n")); ok {
			var length int
			if i := bytes.Index(head, []byte("Content-Length: ")); i >= 0 {
				fmt.Sscan(string(head[i+16:]), &length)
			}
			if end := len(head) + 4 + length; len(x.buf) >= end {
				m, err := gosip.ParseMessage(x.buf[:end])
				if err != nil {
					x.t.Fatalf("%v\n%s", err, x.buf[:end])
				}
				x.buf = x.buf[end:]
				return m
			}
		}
		b := make([]byte, 4096)
		n, err := x.conn.Read(b)
		if err != nil {
			return nil
		}
		x.buf = append(x.buf, b[:n]...)
	}
}

func (x *stream) response(code int, method string) *gosip.Response {
	x.t.Helper()
	m := x.next(time.Second)
	r, ok := m.(*gosip.Response)
	if !ok || r.StatusCode != code || string(r.CSeq().MethodName) != method {
		x.t.Fatalf("want %d to %s, got\n%v", code, method, m)
	}
	return r
}

// closed expects the switch to close the connection within d.
func (x *stream) closed(d time.Duration) {
	x.t.Helper()
	x.conn.SetReadDeadline(time.Now().Add(d))
	if _, err := io.Copy(io.Discard, x.conn); errors.Is(err, os.ErrDeadlineExceeded) {
		x.t.Fatal("the connection stands")
	}
}

func (x *stream) open(d time.Duration) {
	x.t.Helper()
	x.conn.SetReadDeadline(time.Now().Add(d))
	if _, err := io.Copy(io.Discard, x.conn); !errors.Is(err, os.ErrDeadlineExceeded) {
		x.t.Fatalf("the connection is closed: %v", err)
	}
}

// overTCP rewrites a caller's text.
func overTCP(text string) string { return strings.Replace(text, "SIP/2.0/UDP", "SIP/2.0/TCP", 1) }

func TestCallOverTCP(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		x := s.stream(farHost)
		// In pieces, and several in one.
		invite := overTCP(c.text("INVITE", c.offer))
		for _, piece := range []string{"\r\n", invite[:1], invite[1:100], invite[100 : len(invite)-10]} {
			x.send(piece)
			synctest.Wait()
		}
		x.send(invite[len(invite)-10:] + overTCP(s.caller(1).text("OPTIONS")))
		both := fmt.Sprint(x.next(time.Second).(*gosip.Response).StatusCode + x.next(time.Second).(*gosip.Response).StatusCode)
		if both != "300" { // 100 to the one and 200 to the other, in any order
			t.Errorf("answered %s", both)
		}
		l := s.leg()
		if l.Info().Transport != "tcp" {
			t.Errorf("%+v", l.Info())
		}
		l.Answer(t.Context())
		ok := x.response(200, "INVITE")
		c.learn(ok)
		if got := ok.Contact().Value(); got != "<sip:192.0.2.1:5060;transport=tcp>" {
			t.Errorf("Contact %s", got)
		}
		if m, ok := x.next(600 * time.Millisecond).(*gosip.Response); !ok || m.StatusCode != 200 {
			t.Error("200 is not repeated over TCP (RFC 3261 §13.3.1.4)")
		}
		x.send(overTCP(c.text("ACK")))
		x.open(10 * time.Minute) // a call may be silent for longer than Idle
		go l.Hangup(t.Context(), contract.CauseDocument)
		bye := x.next(time.Second).(*gosip.Request)
		x.send(responseText(bye, 200))
		ended(t, l, leg.End{Cause: contract.CauseDocument, Code: 200})
		x.closed(10 * time.Minute) // now it is idle
	})
}

// The connection of a call is lost; the BYE finds a way by Contact.
func TestConnectionOfACallIsLost(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		c.contact = "<sip:ann@203.0.113.20:5070;transport=tcp>"
		ln, err := s.net.Host(farHost).Listen("tcp", "203.0.113.20:5070")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		x := s.stream(farHost)
		x.send(overTCP(c.text("INVITE", c.offer)))
		x.response(100, "INVITE")
		l := s.leg()
		l.Answer(t.Context())
		c.learn(x.response(200, "INVITE"))
		x.send(overTCP(c.text("ACK")))
		synctest.Wait()
		x.conn.Close()
		synctest.Wait()
		go l.Hangup(t.Context(), contract.CauseDocument)
		conn, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		back := &stream{t: t, conn: conn}
		if r, ok := back.next(time.Second).(*gosip.Request); !ok || r.Method != "BYE" {
			t.Errorf("got %v", r)
		}
	})
}

// Nobody listens where the far end said: Hangup learns it at once.
func TestFarEndCannotBeReached(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		c := s.caller(0)
		x := s.stream(farHost)
		x.send(overTCP(c.text("INVITE", c.offer)))
		x.response(100, "INVITE")
		l := s.leg()
		l.Answer(t.Context())
		c.learn(x.response(200, "INVITE"))
		x.send(overTCP(c.text("ACK")))
		synctest.Wait()
		x.conn.Close()
		synctest.Wait()
		start := time.Now()
		if err := l.Hangup(t.Context(), contract.CauseDocument); err != nil || time.Since(start) > time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		if _, err := s.server.Dial(t.Context(), leg.Target{URI: "sip:bob@203.0.113.20:5070;transport=tcp"}, nil); err == nil {
			t.Error("called nobody")
		}
		if st := s.server.Stats(); st.Connections != 0 {
			t.Errorf("%+v", st)
		}
	})
}

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

func TestIdleConnections(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		idle, half, long, noLength, keep := s.stream(farHost), s.stream(farHost), s.stream(farHost), s.stream(farHost), s.stream(farHost)
		half.send("OPTIONS sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/TCP x")
		half.closed(11 * time.Second) // Limits.MessageTime
		long.send("OPTIONS sip:a@192.0.2.1 SIP/2.0\r\nContent-Length: 99999999\r\n\r\n")
		long.closed(time.Second)
		c := s.caller(0)
		noLength.send(overTCP(strings.Replace(c.text("OPTIONS"), "Content-Length: 0\r\n", "", 1)))
		noLength.response(400, "OPTIONS") // RFC 3261 §18.3: its end is not known
		noLength.closed(time.Second)
		for range 5 {
			keep.send("\r\n\r\n")
			b := make([]byte, 10)
			keep.conn.SetReadDeadline(time.Now().Add(time.Second))
			if n, err := keep.conn.Read(b); err != nil || string(b[:n]) != "\r\n" {
				t.Errorf("keep-alive answered %q (%v), want one CRLF (RFC 5626 §4.4.1)", b[:n], err)
			}
			time.Sleep(time.Minute)
		}
		idle.closed(time.Millisecond)
		keep.open(time.Second)
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

// Two who call the same far end at once share one connection.
func TestOneConnectionPerFarEnd(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *stage) {
		plane := newPlane(t, media.Config{Bind: farHost, ListenPacket: s.net.Host(farHost).ListenPacket, Loops: 1})
		phone := newServer(t, config(s.net, farHost, plane))
		var calls []*dialling
		for range 5 {
			calls = append(calls, dial(t, phone, leg.Target{URI: "sip:1@192.0.2.1;transport=tcp"}))
		}
		for range calls {
			s.leg().Answer(t.Context())
		}
		for _, d := range calls {
			d.leg().Hangup(t.Context(), contract.CauseDocument)
		}
		if st := phone.Stats(); st.Connections != 1 {
			t.Errorf("%+v", st)
		}
	})
}
