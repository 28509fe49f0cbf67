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
