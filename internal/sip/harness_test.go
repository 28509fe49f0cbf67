package sip_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"confab/internal/leg"
	"confab/internal/media"
	"confab/internal/memnet"
	"confab/internal/sip"
)

var (
	switchHost = netip.MustParseAddr("192.0.2.1")
	farHost    = netip.MustParseAddr("203.0.113.20")
)

// stage is a switch on an in-memory network, under a fake clock.
type stage struct {
	t      *testing.T
	net    *memnet.Net
	plane  *media.Plane
	server *sip.Server
	legs   chan *sip.Leg

	mu     sync.Mutex
	states []told
}

// told is one call of OnDialog.
type told struct {
	state sip.DialogState
	alive bool
}

// Accept takes calls for the test to serve.
func (s *stage) Accept(l leg.Leg) { s.legs <- l.(*sip.Leg) }

// bubble runs f with a switch. No panic may have been recovered at its end.
func bubble(t *testing.T, change func(*sip.Config), f func(t *testing.T, s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f(t, bare(t, media.Config{MediaTimeout: -1}, change))
	})
}

// bare makes a switch, in a bubble.
func bare(t *testing.T, m media.Config, change func(*sip.Config)) *stage {
	t.Helper()
	s := &stage{t: t, net: memnet.New(), legs: make(chan *sip.Leg, 1000)}
	m.Bind, m.ListenPacket, m.Loops = switchHost, s.net.Host(switchHost).ListenPacket, 1
	s.plane = newPlane(t, m)
	c := config(s.net, switchHost, s.plane)
	c.Handler = s
	c.OnDialog = func(d sip.DialogState, alive bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.states = append(s.states, told{d, alive})
	}
	if change != nil {
		change(&c)
	}
	s.server = newServer(t, c)
	return s
}

func newPlane(t *testing.T, c media.Config) *media.Plane {
	t.Helper()
	p, err := media.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// config is that of a server at port 5060 of host. No rate limits a test that
// does not want it.
func config(n *memnet.Net, host netip.Addr, p *media.Plane) sip.Config {
	h := n.Host(host)
	return sip.Config{
		Addr: netip.AddrPortFrom(host, 5060).String(), Plane: p,
		ListenPacket: h.ListenPacket, Listen: h.Listen, Dial: h.Dial,
		Limits: sip.Limits{SourceRate: 1e6, SourceBurst: 1e6, GlobalRate: 1e6, GlobalBurst: 1e6},
	}
}

func newServer(t *testing.T, c sip.Config) *sip.Server {
	t.Helper()
	s, err := sip.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if st := s.Stats(); st.Panics != 0 || st.Dialogs != 0 || st.Lingering != 0 || st.Connections != 0 {
			t.Errorf("after Close: %+v", st)
		}
	})
	return s
}

// leg returns the next call that has been accepted.
func (s *stage) leg() *sip.Leg {
	s.t.Helper()
	select {
	case l := <-s.legs:
		return l
	case <-time.After(time.Second):
		s.t.Fatal("no call was accepted")
		return nil
	}
}

// noLeg fails if a call is accepted.
func (s *stage) noLeg() {
	s.t.Helper()
	synctest.Wait()
	select {
	case <-s.legs:
		s.t.Fatal("a call was accepted")
	default:
	}
}

// far is a far end made by hand: it sends text and reads what comes, by a
// parser that is not the package's own.
type far struct {
	t    *testing.T
	conn net.PacketConn
	to   net.Addr
	addr netip.AddrPort
}

func (s *stage) far(host netip.Addr, port int) *far {
	s.t.Helper()
	conn, err := s.net.Host(host).ListenPacket("udp", netip.AddrPortFrom(host, uint16(port)).String())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	return &far{s.t, conn, net.UDPAddrFromAddrPort(netip.AddrPortFrom(switchHost, 5060)), conn.LocalAddr().(*net.UDPAddr).AddrPort()}
}

func (f *far) send(text string) {
	f.t.Helper()
	if _, err := f.conn.WriteTo([]byte(text), f.to); err != nil {
		f.t.Fatal(err)
	}
}

// raw returns the next datagram that comes within d, nil if none does.
func (f *far) raw(d time.Duration) []byte {
	f.t.Helper()
	b := make([]byte, 65536)
	f.conn.SetReadDeadline(time.Now().Add(d))
	n, _, err := f.conn.ReadFrom(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	if err != nil {
		f.t.Fatal(err)
	}
	return b[:n]
}

// next returns the next message that comes within d, nil if none does.
func (f *far) next(d time.Duration) gosip.Message {
	f.t.Helper()
	b := f.raw(d)
	if b == nil {
		return nil
	}
	m, err := gosip.ParseMessage(b)
	if err != nil {
		f.t.Fatalf("what came is no SIP message: %v\n%s", err, b)
	}
	return m
}

// response expects the next message to be that response.
func (f *far) response(code int, method string) *gosip.Response {
	f.t.Helper()
	m := f.next(time.Second)
	r, ok := m.(*gosip.Response)
	if !ok || r.StatusCode != code || string(r.CSeq().MethodName) != method {
		f.t.Fatalf("want %d to %s, got\n%v", code, method, m)
	}
	return r
}

// request expects the next message to be that request.
func (f *far) request(method string) *gosip.Request {
	f.t.Helper()
	m := f.next(time.Second)
	r, ok := m.(*gosip.Request)
	if !ok || string(r.Method) != method {
		f.t.Fatalf("want %s, got\n%v", method, m)
	}
	return r
}

// silence expects nothing to come for d.
func (f *far) silence(d time.Duration) {
	f.t.Helper()
	if m := f.next(d); m != nil {
		f.t.Fatalf("want silence, got\n%v", m)
	}
}

// reply answers a request.
func (f *far) reply(r *gosip.Request, code int, extra ...string) {
	f.t.Helper()
	f.send(responseText(r, code, extra...))
}

func responseText(r *gosip.Request, code int, extra ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d Whatever\r\n", code)
	for _, name := range []string{"Via", "Record-Route", "From", "To", "Call-ID", "CSeq"} {
		for _, h := range r.GetHeaders(name) {
			v := h.Value()
			if name == "To" && code > 100 && !strings.Contains(v, ";tag=") {
				v += ";tag=far"
			}
			fmt.Fprintf(&b, "%s: %s\r\n", name, v)
		}
	}
	return finish(b.String(), extra)
}

// finish adds header lines and, when the last of extra is one, a body.
func finish(head string, extra []string) string {
	body := ""
	for _, x := range extra {
		if strings.HasPrefix(x, "v=0") {
			body = x
			head += "Content-Type: application/sdp\r\n"
		} else {
			head += x + "\r\n"
		}
	}
	return head + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

// caller is a far end that calls.
type caller struct {
	*far
	id, tag, toTag string
	cseq, branch   int
	via            string // parameters of Via
	contact        string
	offer          string
}

func (s *stage) caller(n int) *caller { return s.callerAt(farHost, n) }

func (s *stage) callerAt(host netip.Addr, n int) *caller {
	f := s.far(host, 5060+2*n)
	return &caller{far: f, id: fmt.Sprintf("call-%d@far", n), tag: fmt.Sprint("tag", n), via: ";rport",
		contact: fmt.Sprintf("<sip:ann@%s>", f.addr), offer: sdpAt(f.addr.Addr(), 40000+2*n)}
}

// sdpAt is an offer or answer of PCMU and telephone-event.
func sdpAt(addr netip.Addr, port int, lines ...string) string {
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %[1]s\r\ns=-\r\nc=IN IP4 %[1]s\r\nt=0 0\r\nm=audio %[2]d RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n",
		addr, port) + strings.Join(append(lines, ""), "\r\n")
}

// text writes a request, with a new branch unless method is ACK to a refusal
// or CANCEL (again).
func (c *caller) text(method string, extra ...string) string {
	switch method {
	case "ACK", "CANCEL":
	default:
		c.cseq++
	}
	if method != "CANCEL" {
		c.branch++
	}
	return c.again(method, extra...)
}

// again writes a request with the branch and CSeq of the last.
func (c *caller) again(method string, extra ...string) string {
	to := "<sip:+15550100@192.0.2.1>"
	if c.toTag != "" && method != "CANCEL" {
		to += ";tag=" + c.toTag
	}
	head := fmt.Sprintf("%s sip:+15550100@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s-%d%s\r\nMax-Forwards: 70\r\n"+
		"From: \"Ann\" <sip:ann@far.example>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n",
		method, c.addr, c.tag, c.branch, c.via, c.tag, to, c.id, c.cseq, method)
	if c.contact != "" && (method == "INVITE" || method == "UPDATE") {
		head += "Contact: " + c.contact + "\r\n"
	}
	return finish(head, extra)
}

// invite calls, and expects 100.
func (c *caller) invite(extra ...string) {
	c.t.Helper()
	if c.offer != "" {
		extra = append(extra, c.offer)
	}
	c.send(c.text("INVITE", extra...))
	c.response(100, "INVITE")
}

// answered calls and is answered; the ACK is sent.
func (c *caller) answered(s *stage) *sip.Leg {
	c.t.Helper()
	c.invite()
	l := s.leg()
	if err := l.Answer(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	c.learn(c.response(200, "INVITE"))
	c.send(c.text("ACK"))
	synctest.Wait()
	return l
}

// learn takes the tag of To.
func (c *caller) learn(r *gosip.Response) { c.toTag, _ = r.To().Params.Get("tag") }

// bye hangs up.
func (c *caller) bye() {
	c.t.Helper()
	c.send(c.text("BYE"))
	c.response(200, "BYE")
}

// ended expects the leg to have ended so.
func ended(t *testing.T, l leg.Leg, want leg.End) {
	t.Helper()
	select {
	case <-l.Done():
	case <-time.After(time.Second):
		t.Fatal("the leg has not ended")
	}
	if l.End() != want {
		t.Errorf("ended with %v (%d), want %v (%d)", l.End().Cause, l.End().Code, want.Cause, want.Code)
	}
}

// body returns what matches pattern's first group in the body of m.
func body(t *testing.T, m gosip.Message, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(string(m.Body()))
	if found == nil {
		t.Fatalf("no %s in\n%s", pattern, m.Body())
	}
	return found[len(found)-1]
}

// contextFor returns a context that ends after d.
func contextFor(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}
