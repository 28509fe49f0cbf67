package webrtc

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"
	"github.com/pion/stun/v3"

	"confab/internal/codec"
	"confab/internal/media"
	"confab/internal/memnet"
)

var (
	ourHost = netip.MustParseAddr("192.0.2.1")
	farHost = netip.MustParseAddr("203.0.113.20")
)

// inMemory makes a transport on an in-memory network, in a bubble.
func inMemory(t *testing.T) (*Transport, *memnet.Net) {
	t.Helper()
	network := memnet.New()
	plane, err := media.New(media.Config{Bind: ourHost, ListenPacket: network.Host(ourHost).ListenPacket, Loops: 1, MediaTimeout: -1})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := New(Config{Plane: plane, Codecs: []codec.Codec{codec.PCMU}, Listen: network.Host(ourHost).Listen, TCPLow: 443, TCPHigh: 443})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close(); plane.Close() })
	return tr, network
}

// far is a far end made by hand: full ICE, as little of it as is needed.
type far struct {
	t           *testing.T
	conn        packets
	to          net.Addr
	user, name  string // its own, and ours with it: the USERNAME of its checks
	password    string // ours
	certificate tls.Certificate
	fingerprint string

	priority byte // of its checks, the first byte

	replies chan []byte
	voice   chan []byte
	closed  chan struct{} // when nothing can come any more
	wire    *wire
	wg      sync.WaitGroup
}

// newFar makes one at a port of its host.
func newFar(t *testing.T, network *memnet.Net, port int) *far {
	t.Helper()
	conn, err := network.Host(farHost).ListenPacket("udp", netip.AddrPortFrom(farHost, uint16(port)).String())
	if err != nil {
		t.Fatal(err)
	}
	f := unconnected(t)
	f.use(conn)
	return f
}

// unconnected makes one that is still to be given a connection.
func unconnected(t *testing.T) *far {
	t.Helper()
	f := &far{t: t, user: "farfar", priority: 110, replies: make(chan []byte, 100), voice: make(chan []byte, 1000), closed: make(chan struct{})}
	var err error
	if f.certificate, f.fingerprint, err = newCertificate(); err != nil {
		t.Fatal(err)
	}
	return f
}

// packets is what packets go in and out by.
type packets interface {
	ReadFrom(b []byte) (int, net.Addr, error)
	WriteTo(b []byte, to net.Addr) (int, error)
	LocalAddr() net.Addr
	Close() error
}

// use gives it a connection.
func (f *far) use(conn packets) {
	f.conn = conn
	f.wire = newWire(func(b []byte) { _, _ = conn.WriteTo(b, f.to) })
	f.wg.Go(func() {
		defer close(f.closed)
		b := make([]byte, 2000)
		for {
			n, _, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			switch {
			case b[0] <= 3:
				f.replies <- append([]byte(nil), b[:n]...)
			case b[0] < 64:
				f.wire.put(b[:n])
			default:
				select {
				case f.voice <- append([]byte(nil), b[:n]...):
				default: // nobody listens
				}
			}
		}
	})
	f.t.Cleanup(func() { conn.Close(); f.wire.Close(); f.wg.Wait() })
}

// offer is what a browser would offer, for short.
func (f *far) offer() []byte {
	return []byte(strings.ReplaceAll(fmt.Sprintf(`v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
m=audio 9 UDP/TLS/RTP/SAVPF 0
c=IN IP4 0.0.0.0
a=mid:0
a=rtcp-mux
a=sendrecv
a=ice-ufrag:%s
a=ice-pwd:0123456789012345678901
a=fingerprint:%s
a=setup:actpass
`, f.user, f.fingerprint), "\n", "\r\n"))
}

// learn takes an answer of ours.
func (f *far) learn(answer []byte) {
	f.t.Helper()
	value := func(name string) string {
		_, rest, ok := strings.Cut(string(answer), "a="+name+":")
		if !ok {
			f.t.Fatalf("no %s in\n%s", name, answer)
		}
		value, _, _ := strings.Cut(rest, "\r\n")
		return value
	}
	f.name, f.password = value("ice-ufrag")+":"+f.user, value("ice-pwd")
	c := strings.Fields(value("candidate"))
	f.to = net.UDPAddrFromAddrPort(netip.MustParseAddrPort(c[4] + ":" + c[5]))
}

// request makes a check.
func (f *far) request(more ...stun.Setter) *stun.Message {
	f.t.Helper()
	m, err := stun.Build(append([]stun.Setter{stun.TransactionID, stun.BindingRequest}, more...)...)
	if err != nil {
		f.t.Fatal(err)
	}
	return m
}

// attribute is one without meaning of its own.
func attribute(kind stun.AttrType, value ...byte) stun.Setter {
	return stun.RawAttribute{Type: kind, Value: value}
}

// check makes a check as it should be.
func (f *far) check(more ...stun.Setter) *stun.Message {
	list := append([]stun.Setter{stun.NewUsername(f.name), attribute(stun.AttrICEControlling, 1, 2, 3, 4, 5, 6, 7, 8), attribute(stun.AttrPriority, f.priority, 0, 0, 1)}, more...)
	return f.request(append(list, stun.NewShortTermIntegrity(f.password), stun.Fingerprint)...)
}

func (f *far) send(m *stun.Message) {
	f.t.Helper()
	if _, err := f.conn.WriteTo(m.Raw, f.to); err != nil {
		f.t.Fatal(err)
	}
}

// reply returns what comes within ten seconds, nil if nothing does.
func (f *far) reply() *stun.Message {
	f.t.Helper()
	select {
	case b := <-f.replies:
		m := stun.New()
		if err := stun.Decode(b, m); err != nil {
			f.t.Fatal(err)
		}
		return m
	case <-time.After(10 * time.Second):
		return nil
	}
}

// nominate checks and nominates, and expects success.
func (f *far) nominate() {
	f.t.Helper()
	m := f.check(attribute(stun.AttrUseCandidate))
	f.send(m)
	r := f.reply()
	if r == nil || r.Type != stun.BindingSuccess || r.TransactionID != m.TransactionID {
		f.t.Fatalf("a check is answered with %v", r)
	}
	var mapped stun.XORMappedAddress
	if err := mapped.GetFrom(r); err != nil || mapped.String() != f.conn.LocalAddr().String() {
		f.t.Errorf("it was seen at %s, %v", mapped, err)
	}
	if err := stun.NewShortTermIntegrity(f.password).Check(r); err != nil {
		f.t.Error(err)
	}
}

// shakeHands opens the DTLS connection.
func (f *far) shakeHands() *dtls.Conn {
	f.t.Helper()
	conn, err := dtls.ClientWithOptions(f.wire, nowhere(), dtls.WithCertificates(f.certificate), dtls.WithInsecureSkipVerify(true),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AES128_CM_HMAC_SHA1_80),
		dtls.WithLoggerFactory(&logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}))
	if err != nil {
		f.t.Fatal(err)
	}
	if err := conn.Handshake(); err != nil {
		f.t.Fatal(err)
	}
	return conn
}
