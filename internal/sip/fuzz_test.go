package sip

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
	"confab/internal/memnet"
)

// torture adds the messages of RFC 4475 to a corpus.
func torture(f *testing.F, add func([]byte)) {
	files, err := filepath.Glob("testdata/torture/*.dat")
	if err != nil || len(files) == 0 {
		f.Fatal("no messages of RFC 4475")
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		add(b)
	}
}

// FuzzParse: what can be read once can be read again as it is written, and its
// answer can be read and says whose answer it is.
func FuzzParse(f *testing.F) {
	torture(f, func(b []byte) { f.Add(b, false) })
	f.Fuzz(func(t *testing.T, b []byte, stream bool) {
		m, err := parse(b, stream)
		if err != nil {
			if _, ok := isMalformed(err); !ok {
				t.Fatalf("error %v", err)
			}
			return
		}
		r, ok := m.(*request)
		if !ok {
			return
		}
		again, err := parse(append(r.text(), r.body...), false)
		if err != nil {
			t.Fatalf("read, but not as written: %v\n%q", err, r.text())
		}
		second := again.(*request)
		if second.callID != r.callID || second.cseq != r.cseq || second.from.tag != r.from.tag || second.to.tag != r.to.tag ||
			second.method != r.method || second.key() != r.key() || !bytes.Equal(second.body, r.body) {
			t.Fatalf("read as\n%+v\nwritten as\n%q\nread as\n%+v", r, r.text(), second)
		}
		tag := ""
		if r.to.tag == "" {
			tag = "ours"
		}
		text := answer(&r.head, 200, tag, viaMark{"192.0.2.1", 5060}, []byte("body"))
		got, err := parse(text, true)
		if err != nil {
			t.Fatalf("the answer cannot be read: %v\n%s", err, text)
		}
		a, ok := got.(*response)
		if !ok || a.callID != r.callID || a.cseq != r.cseq || a.cseqMethod != r.method || a.branch() != r.branch() || a.from.tag != r.from.tag || string(a.body) != "body" {
			t.Fatalf("the answer is not its own:\n%s", text)
		}
		if tag != "" && a.to.tag != tag {
			t.Fatalf("tag %q in the answer, want %q:\n%s", a.to.tag, tag, text)
		}
	})
}

// FuzzFrame: messages are found in a stream alike, however it is cut.
func FuzzFrame(f *testing.F) {
	f.Add([]byte("OPTIONS sip:a SIP/2.0\r\nl: 4\r\n\r\nabcdBYE sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n"), 7)
	f.Add([]byte("x\n\nContent-Length: -1\r\n\r\n"), 1)
	frames := func(b []byte, step int) (list []string) {
		var buf []byte
		for len(b) > 0 {
			n := min(step, len(b))
			buf, b = append(buf, b[:n]...), b[n:]
			for {
				length, sound := frame(buf)
				if length == 0 || length > len(buf) {
					break
				}
				if !sound {
					return append(list, "unsound")
				}
				list = append(list, string(buf[:length]))
				buf = buf[length:]
			}
		}
		return list
	}
	f.Fuzz(func(t *testing.T, b []byte, step int) {
		if step < 1 || len(b) > 4096 {
			return
		}
		whole, pieces := frames(b, len(b)+1), frames(b, step)
		if !reflect.DeepEqual(whole, pieces) {
			t.Fatalf("whole: %q\nin pieces of %d: %q", whole, step, pieces)
		}
	})
}

// recorder is a network that notes what is sent and delivers nothing.
type recorder struct {
	mu     sync.Mutex
	sent   []string
	to     []netip.AddrPort
	closed chan struct{}
}

func (r *recorder) ListenPacket(string, string) (net.PacketConn, error) {
	return &recorderConn{UDPConn: nil, r: r}, nil
}

func (r *recorder) Listen(string, string) (net.Listener, error) { return r, nil }

func (r *recorder) Accept() (net.Conn, error) {
	<-r.closed
	return nil, net.ErrClosed
}
func (r *recorder) Close() error   { return nil }
func (r *recorder) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5060} }

func (r *recorder) Dial(context.Context, string, string) (net.Conn, error) {
	return nil, net.ErrClosed
}

// recorderConn is its UDP socket; what it does not say panics.
type recorderConn struct {
	*net.UDPConn
	r *recorder
}

func (c *recorderConn) LocalAddr() net.Addr {
	return &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5060}
}
func (c *recorderConn) SetReadBuffer(int) error { return nil }
func (c *recorderConn) Close() error            { close(c.r.closed); return nil }
func (c *recorderConn) ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error) {
	<-c.r.closed
	return 0, netip.AddrPort{}, net.ErrClosed
}
func (c *recorderConn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	c.r.sent, c.r.to = append(c.r.sent, string(b)), append(c.r.to, to)
	return len(b), nil
}

// busybody answers every call, at once.
type busybody struct{}

func (busybody) Accept(l leg.Leg) {
	l.Ring(context.Background())
	l.Answer(context.Background())
	if strings.HasPrefix(l.Info().From, "r") {
		go l.Hangup(context.Background(), contract.CauseBusy)
	}
}

const separator = "\n=====\n"

// FuzzServer gives a server messages, in the place of OURTAG its own tag. It
// must not panic, and must send nothing that is not SIP, nor to anybody but
// the sender.
func FuzzServer(f *testing.F) {
	torture(f, func(b []byte) { f.Add(b) })
	invite := "INVITE sip:1@a SIP/2.0\r\nVia: SIP/2.0/UDP b;branch=z9hG4bK1;rport\r\nFrom: <sip:c@d>;tag=x\r\nTo: <sip:1@a>\r\nCall-ID: e\r\nCSeq: 1 INVITE\r\n" +
		"Contact: <sip:c@d>\r\nContent-Type: application/sdp\r\n\r\nv=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 4000 RTP/AVP 0\r\n"
	inside := func(method string, cseq int, extra string) string {
		return fmt.Sprintf("%s sip:1@a SIP/2.0\r\nVia: SIP/2.0/UDP b;branch=z9hG4bK%d%s;rport\r\nFrom: <sip:c@d>;tag=x\r\nTo: <sip:1@a>;tag=OURTAG\r\nCall-ID: e\r\nCSeq: %d %s\r\n%s\r\n",
			method, cseq, method, cseq, method, extra)
	}
	f.Add([]byte(strings.Join([]string{invite, inside("ACK", 1, ""), inside("INFO", 2, "Content-Type: application/dtmf\r\n") + "5", inside("BYE", 3, "")}, separator)))
	f.Add([]byte(strings.Join([]string{invite, invite, inside("BYE", 2, ""), inside("ACK", 1, "")}, separator)))
	f.Add([]byte(strings.Join([]string{strings.Replace(invite, "\r\nContent-Type: application/sdp", "", 1), inside("UPDATE", 2, ""), inside("REFER", 4, "")}, separator)))

	plane, err := media.New(media.Config{Bind: netip.MustParseAddr("192.0.2.1"), ListenPacket: memnet.New().ListenPacket, Loops: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { plane.Close() })
	from := netip.MustParseAddrPort("203.0.113.5:5060")
	f.Fuzz(func(t *testing.T, b []byte) {
		r := &recorder{closed: make(chan struct{})}
		s, err := New(Config{Addr: "192.0.2.1:5060", Plane: plane, Handler: busybody{}, ListenPacket: r.ListenPacket, Listen: r.Listen, Dial: r.Dial})
		if err != nil {
			t.Fatal(err)
		}
		for i, message := range strings.Split(string(b), separator) {
			if i > 20 {
				break
			}
			s.mu.Lock()
			for k := range s.dialogs {
				message = strings.ReplaceAll(message, "OURTAG", k.tag)
			}
			s.mu.Unlock()
			s.receive([]byte(message), flow{network: networkUDP, remote: from}, time.Now())
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if st := s.Stats(); st.Panics != 0 || st.Dialogs != 0 || st.Lingering != 0 {
			t.Fatalf("%+v", st)
		}
		for i, text := range r.sent {
			if !strings.HasPrefix(text, "SIP/2.0 ") && !strings.HasSuffix(strings.SplitN(text, "\r\n", 2)[0], " SIP/2.0") {
				t.Errorf("sent %q", text)
			}
			// RFC 3261 §18.2.2, §12.2.1.1: to the sender; requests in a dialog may go
			// where its Record-Route says, which is the sender's own affair.
			if to := r.to[i]; to.Addr() != from.Addr() && !strings.Contains(text, "\r\nRoute: ") {
				t.Errorf("sent to %s: %q", to, text)
			}
		}
	})
}
