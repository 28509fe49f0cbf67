package webrtc

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v3"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/codec"
	"confab/internal/media"
	"confab/internal/memnet"
	"confab/internal/rtp"
)

// framed is a TCP connection as a far end uses it: a packet is a frame.
type framed struct {
	net.Conn
	r *bufio.Reader
}

func (f framed) ReadFrom(b []byte) (int, net.Addr, error) {
	packet, err := readFrame(f.r, make([]byte, maxFrame))
	return copy(b, packet), f.RemoteAddr(), err
}

func (f framed) WriteTo(b []byte, _ net.Addr) (int, error) { return f.Write(appendFrame(nil, b)) }

// overTCP makes a transport with one loop and a port for TCP on loopback, of real sockets.
func overTCP(t *testing.T, low uint16) *Transport {
	t.Helper()
	plane, err := media.New(media.Config{Loops: 1, PortLow: int(low), PortHigh: int(low) + 99})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := New(Config{
		Plane: plane, Codecs: []codec.Codec{codec.PCMU}, Listen: net.Listen, TCPLow: low, TCPHigh: low + 99,
		Addresses: func() []netip.Addr { return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})} },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		tr.Close()
		if s := tr.Stats(); s.Connections+s.Strangers != 0 {
			t.Errorf("connections are left: %+v", s)
		}
		plane.Close()
	})
	return tr
}

// tcpOf is where an answer says that we are by TCP.
func tcpOf(t *testing.T, answer []byte) string {
	t.Helper()
	for line := range strings.SplitSeq(string(answer), "\r\n") {
		if c := strings.Fields(line); len(c) == 10 && c[2] == "tcp" && strings.HasSuffix(line, " typ host tcptype passive") {
			return net.JoinHostPort(c[4], c[5])
		}
	}
	t.Fatalf("no candidate of TCP in\n%s", answer)
	return ""
}

// dialFar makes a far end with a connection to the port for TCP that answer tells of, and
// with what else it tells.
func dialFar(t *testing.T, dial func(network, addr string) (net.Conn, error), f *far, answer []byte) *far {
	t.Helper()
	nc, err := dial("tcp", tcpOf(t, answer))
	if err != nil {
		t.Fatal(err)
	}
	f.use(framed{nc, bufio.NewReader(nc)})
	f.learn(answer)
	return f
}

// answered makes a peer of a far end that is still to connect.
func answered(t *testing.T, tr *Transport) (*Peer, *far, []byte) {
	t.Helper()
	f := unconnected(t)
	p, answer, err := tr.Answer(t.Context(), f.offer())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p, f, answer
}

// hangsUp waits until a connection is closed by the other side.
func hangsUp(t *testing.T, what string, nc net.Conn, within time.Duration) {
	t.Helper()
	nc.SetReadDeadline(time.Now().Add(within))
	var timeout net.Error
	if _, err := io.Copy(io.Discard, nc); errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("%s: the connection is open after %v", what, within)
	}
}

// waitFor waits for a condition.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it was waited for in vain: %s", what)
		}
	}
}

// RFC 6544 §4.2, §4.5: by TCP we are passive, and UDP is preferred.
func TestCandidates_RFC6544_4_5_passive(t *testing.T) {
	list := candidates([]netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}, 10002, 10000)
	want := []string{
		"1 1 udp 2130706431 192.0.2.1 10002 typ host",
		"2 1 udp 2130706175 2001:db8::1 10002 typ host",
		"3 1 tcp 1520435199 192.0.2.1 10000 typ host tcptype passive",
		"4 1 tcp 1520434943 2001:db8::1 10000 typ host tcptype passive",
	}
	if fmt.Sprint(list) != fmt.Sprint(want) {
		t.Errorf("%q\nwant %q", list, want)
	}
	if got := candidates([]netip.Addr{netip.MustParseAddr("192.0.2.1")}, 10002, 0); len(got) != 1 {
		t.Errorf("without a port for TCP: %q", got)
	}
}

// A call by TCP alone, over real sockets: checks, keys, voice both ways, and the last words.
func TestTCP_voiceBothWays(t *testing.T) {
	tr := overTCP(t, 23000)
	p, f, answer := answered(t, tr)
	dialFar(t, net.Dial, f, answer)
	p.Start()
	f.nominate()
	conn := f.shakeHands()
	defer conn.Close()
	<-p.Connected()
	keys, err := exportKeys(conn, true)
	if err != nil {
		t.Fatal(err)
	}
	tap, err := p.Session().Tap()
	if err != nil {
		t.Fatal(err)
	}
	defer tap.Close()
	var wg sync.WaitGroup
	wg.Go(func() { p.Session().Play(t.Context(), audio.NewTone(8000, 1000, -20, 0)) })

	protector, err := rtp.NewProtector(keys.Send)
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	wg.Go(func() { // the far end speaks
		tone, frame := audio.NewTone(8000, 450, -20, 0), make([]int16, 160)
		encoder := codec.PCMU.NewEncoder()
		for i := range uint16(1000) {
			tone.Read(frame)
			b := make([]byte, rtp.HeaderSize+160, rtp.HeaderSize+160+rtp.SecureSize)
			payload := make([]byte, 160)
			encoder.Encode(payload, frame)
			rtp.Packet{Sequence: i, Timestamp: 160 * uint32(i), SSRC: 7, Payload: payload}.Put(b)
			data, err := protector.Protect(b)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := f.conn.WriteTo(data, nil); err != nil {
				t.Error(err)
				return
			}
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond): // as it speaks
			}
		}
	})
	heard := make([]int16, 8000)
	for at := 0; at < len(heard); {
		n, err := tap.Read(t.Context(), heard[at:])
		if err != nil {
			t.Fatal(err)
		}
		at += n
	}
	if audiotest.Hears(heard[4000:], 8000, 450) < -30 {
		t.Error("the far end is not heard")
	}
	verifier, err := rtp.NewVerifier(keys.Receive)
	if err != nil {
		t.Fatal(err)
	}
	var said []int16
	for len(said) < 8000 {
		select {
		case data := <-f.voice:
			if data[1] >= 192 { // RTCP
				continue
			}
			data, err := verifier.Unprotect(data)
			if err != nil {
				t.Fatal(err)
			}
			r, err := rtp.Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			frame := make([]int16, len(r.Payload))
			codec.PCMU.NewDecoder().Decode(frame, r.Payload)
			said = append(said, frame...)
		case <-time.After(10 * time.Second):
			t.Fatal("nothing comes")
		}
	}
	if audiotest.Hears(said[4000:], 8000, 1000) < -30 {
		t.Error("the far end does not hear us")
	}
	if got := p.Session().Stats().Remote.String(); got != f.conn.LocalAddr().String() {
		t.Errorf("the far end is at %s, want %s", got, f.conn.LocalAddr())
	}
	if s := tr.Stats(); s.Connections != 1 || s.Strangers+int(s.Denied+s.Dropped+s.Full+s.Malformed) != 0 {
		t.Errorf("%+v", s)
	}
	close(stop)
	p.Close()
	wg.Wait()
	if _, err := conn.Read(make([]byte, 100)); !errors.Is(err, io.EOF) {
		t.Errorf("close_notify does not come: %v", err)
	}
	waitFor(t, "the connection ends with its peer", func() bool { return tr.Stats().Connections == 0 })
}

// Far ends that mean ill, over real sockets: each is closed, and a call beside them goes on.
func TestTCP_hostileFarEnds(t *testing.T) {
	tr := overTCP(t, 23100)
	p, f, answer := answered(t, tr)
	dialFar(t, net.Dial, f, answer)
	f.nominate()
	wrong := f.request(stun.NewUsername(f.name), stun.NewShortTermIntegrity("0123456789012345678901"), stun.Fingerprint)
	nobody := f.request(stun.NewUsername("who:ever"), stun.NewShortTermIntegrity(f.password), stun.Fingerprint)
	good := f.check()
	for what, c := range map[string]struct {
		say   func(nc net.Conn)
		count func(Stats) uint64
	}{
		"garbage":              {func(nc net.Conn) { nc.Write(bytes.Repeat([]byte("GET / HTTP/1.1\r\n"), 200)) }, func(s Stats) uint64 { return s.Malformed }},
		"a giant length":       {func(nc net.Conn) { nc.Write([]byte{255, 255}) }, func(s Stats) uint64 { return s.Malformed }},
		"a frame of garbage":   {func(nc net.Conn) { nc.Write(appendFrame(nil, bytes.Repeat([]byte{1}, 900))) }, func(s Stats) uint64 { return s.Denied }},
		"voice at once":        {func(nc net.Conn) { nc.Write(appendFrame(nil, bytes.Repeat([]byte{128}, 180))) }, func(s Stats) uint64 { return s.Denied }},
		"DTLS at once":         {func(nc net.Conn) { nc.Write(appendFrame(nil, bytes.Repeat([]byte{22}, 180))) }, func(s Stats) uint64 { return s.Denied }},
		"a wrong password":     {func(nc net.Conn) { nc.Write(appendFrame(nil, wrong.Raw)) }, func(s Stats) uint64 { return s.Denied }},
		"a name of nobody":     {func(nc net.Conn) { nc.Write(appendFrame(nil, nobody.Raw)) }, func(s Stats) uint64 { return s.Denied }},
		"half a frame":         {func(nc net.Conn) { nc.Write(appendFrame(nil, good.Raw)[:40]); nc.(*net.TCPConn).CloseWrite() }, func(s Stats) uint64 { return s.Denied }},
		"nothing, and goes":    {func(nc net.Conn) { nc.(*net.TCPConn).CloseWrite() }, func(s Stats) uint64 { return s.Denied }},
		"too long, afterwards": {func(nc net.Conn) { nc.Write(appendFrame(appendFrame(nil, good.Raw), make([]byte, 2000))) }, func(s Stats) uint64 { return s.Malformed }},
	} {
		before := c.count(tr.Stats())
		nc, err := net.Dial("tcp", tcpOf(t, answer))
		if err != nil {
			t.Fatal(err)
		}
		c.say(nc)
		hangsUp(t, what, nc, showWithin-time.Second)
		nc.Close()
		waitFor(t, what+": counted", func() bool { return c.count(tr.Stats()) == before+1 })
	}
	// Slow ones: a byte now and then, null packets, or nothing.
	var wg sync.WaitGroup
	for what, b := range map[string][]byte{"nothing at all": nil, "a frame byte by byte": append([]byte{4, 0}, make([]byte, 1024)...), "null packets": make([]byte, 1024)} {
		wg.Go(func() {
			nc, err := net.Dial("tcp", tcpOf(t, answer))
			if err != nil {
				t.Error(err)
				return
			}
			defer nc.Close()
			begin, gone := time.Now(), make(chan struct{})
			var writer sync.WaitGroup
			writer.Go(func() {
				for _, x := range b {
					select {
					case <-gone:
						return
					case <-time.After(50 * time.Millisecond): // as slowly as it means to be
						nc.Write([]byte{x})
					}
				}
			})
			hangsUp(t, what, nc, 2*showWithin)
			close(gone)
			writer.Wait()
			if took := time.Since(begin); took < showWithin-time.Second {
				t.Errorf("%s: closed after %v, want %v", what, took, showWithin)
			}
		})
	}
	wg.Wait()
	f.send(f.check())
	if f.reply() == nil {
		t.Error("the call beside them is not answered any more")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.way.sources); n != 1 || p.way.to.String() != f.conn.LocalAddr().String() {
		t.Errorf("the far end has %d sources, and is at %s", n, p.way.to)
	}
}

// Strangers cannot take all room: not from others, and not by being many.
func TestTCP_strangersAreBounded(t *testing.T) {
	tr := overTCP(t, 23200)
	_, f, answer := answered(t, tr)
	at := tcpOf(t, answer)
	from := func(host int) net.Conn {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(host>>8), byte(host))}}
		nc, err := d.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { nc.Close() })
		return nc
	}
	for range strangersEach {
		from(1)
	}
	waitFor(t, "all are there", func() bool { return tr.Stats().Strangers == strangersEach })
	hangsUp(t, "one more of the same host", from(1), showWithin-time.Second)
	for i := range maxStrangers {
		from(2 + i/4)
	}
	waitFor(t, "the first give way", func() bool { s := tr.Stats(); return s.Full == 1+strangersEach && s.Strangers == maxStrangers })
	dialFar(t, net.Dial, f, answer)
	f.nominate()
	waitFor(t, "it is no stranger any more", func() bool { s := tr.Stats(); return s.Connections == 1 && s.Strangers == maxStrangers-1 })
}

// Who does not read costs a bounded amount of memory and holds nobody up; when it reads
// again, what it reads are whole packets, the last among them.
func TestConn_whoReadsTooSlowlyLosesVoice(t *testing.T) {
	tr := overTCP(t, 23300)
	p, f, answer := answered(t, tr)
	nc, err := net.Dial("tcp", tcpOf(t, answer))
	if err != nil {
		t.Fatal(err)
	}
	nc.(*net.TCPConn).SetReadBuffer(4 << 10)
	f.learn(answer)
	if _, err := nc.Write(appendFrame(nil, f.check().Raw)); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the check", func() bool { return tr.Stats().Connections == 1 })
	p.mu.Lock()
	c := p.way.sources[0].addr.conn
	p.mu.Unlock()
	packet := bytes.Repeat([]byte{128}, 180)
	begin, sent := time.Now(), 0
	for tr.Stats().Dropped == 0 || sent%1000 != 0 {
		if !c.Send(packet) {
			t.Fatal("not taken")
		}
		if sent++; sent > 1_000_000 {
			t.Fatal("nothing is dropped")
		}
		c.mu.Lock()
		if len(c.waiting) > maxWaiting {
			t.Fatalf("%d bytes wait", len(c.waiting))
		}
		c.mu.Unlock()
	}
	t.Logf("%d packets were taken in %v, %d dropped", sent, time.Since(begin), tr.Stats().Dropped)
	last := bytes.Repeat([]byte{129}, 10)
	c.Send(last)
	nc.SetReadDeadline(time.Now().Add(10 * time.Second))
	r, b, got := bufio.NewReader(nc), make([]byte, maxFrame), 0
	for {
		data, err := readFrame(r, b)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(data, last) {
			break
		}
		if data[0] > 3 && !bytes.Equal(data, packet) {
			t.Fatalf("a packet was cut: % x", data)
		}
		got++
	}
	if kept := uint64(sent) - tr.Stats().Dropped; uint64(got) != kept+1 { // the answer to the check
		t.Errorf("%d packets came of %d that were not dropped", got, kept)
	}
	nc.Close()
	waitFor(t, "it is gone", func() bool { return tr.Stats().Connections == 0 })
	if c.Send(packet) {
		t.Error("a connection that is over takes packets")
	}
}

func TestConn_sendingDoesNotAllocate(t *testing.T) {
	c := &conn{t: new(tcp), wake: make(chan struct{}, 1)}
	packet := make([]byte, 180)
	for range 200 {
		c.Send(packet)
	}
	if n := testing.AllocsPerRun(1000, func() { c.Send(packet) }); n != 0 {
		t.Errorf("a packet allocates %v times", n)
	}
	if c.t.dropped.Load() == 0 {
		t.Error("nothing was dropped")
	}
}

// An ICE restart, to another connection: the one before ends, and the old password opens
// nothing.
func TestTCP_restart(t *testing.T) {
	tr := overTCP(t, 23400)
	p, f, answer := answered(t, tr)
	dialFar(t, net.Dial, f, answer)
	f.nominate()
	moved := unconnected(t)
	moved.user, moved.fingerprint = "farther", f.fingerprint
	answer, err := p.Reoffer(moved.offer())
	if err != nil {
		t.Fatal(err)
	}
	f.nominate() // still
	dialFar(t, net.Dial, moved, answer)
	moved.nominate()
	p.mu.Lock()
	to := p.way.to.String()
	p.mu.Unlock()
	if to != moved.conn.LocalAddr().String() {
		t.Errorf("the far end is at %s, want %s", to, moved.conn.LocalAddr())
	}
	select {
	case <-f.closed:
	case <-time.After(10 * time.Second):
		t.Error("the connection before is still open")
	}
	waitFor(t, "one is left", func() bool { return tr.Stats().Connections == 1 })
}

// A connection serves one peer, whose credentials it was opened with.
func TestTCP_aConnectionIsOnePeers(t *testing.T) {
	tr := overTCP(t, 23500)
	p, f, answer := answered(t, tr)
	q, g, another := answered(t, tr)
	dialFar(t, net.Dial, f, answer)
	f.nominate()
	g.conn = f.conn
	g.learn(another)
	f.send(g.check(attribute(stun.AttrUseCandidate)))
	f.send(f.check())
	if r := f.reply(); r == nil || stun.NewShortTermIntegrity(f.password).Check(r) != nil {
		t.Error("the check of another peer was answered")
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if q.way.known() || !p.way.known() {
		t.Error("the connection has changed its peer")
	}
}

// connectedInMemory returns a call whose far end has a connection over TCP, with our
// answer, on a network in memory.
func connectedInMemory(t *testing.T) (p *Peer, f *far, answer []byte, network *memnet.Net) {
	t.Helper()
	tr, network := inMemory(t)
	f = unconnected(t)
	p, answer, err := tr.Answer(t.Context(), f.offer())
	if err != nil {
		t.Fatal(err)
	}
	dialFar(t, func(n, addr string) (net.Conn, error) { return network.Host(farHost).Dial(t.Context(), n, addr) }, f, answer)
	return p, f, answer, network
}

// RFC 7675 §5.1, RFC 6544: consent is as over UDP, who checks stays, who does not is lost
// and its connection with it.
func TestTCP_consent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, f, _, _ := connectedInMemory(t)
		p.Start()
		f.nominate()
		conn := f.shakeHands()
		defer conn.Close()
		<-p.Connected()
		for range 30 {
			time.Sleep(2500 * time.Millisecond)
			f.send(f.check())
			if f.reply() == nil {
				t.Fatal("a check of consent is not answered")
			}
		}
		last := time.Now()
		<-p.Done()
		// Its connection is closed when nothing has come for as long.
		if after := time.Since(last); !errors.Is(p.Err(), ErrLost) || after < 28*time.Second || after > 36*time.Second {
			t.Errorf("ended after %v: %v", after, p.Err())
		}
		<-f.closed
	})
}

// Who loses its connection is spoken to no more, and found again by UDP.
func TestTCP_whoLosesItsConnectionComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, f, answer, network := connectedInMemory(t)
		defer p.Close()
		f.nominate()
		f.conn.Close()
		synctest.Wait()
		if p.way.known() || len(p.door.at) != 0 || p.Session().Stats().Remote.IsValid() {
			t.Errorf("it is still said to be at %v", p.way)
		}
		again := newFar(t, network, 4000)
		again.learn(answer)
		again.nominate()
		if p.way.to.String() != again.conn.LocalAddr().String() {
			t.Errorf("the far end is at %s, want %s", p.way.to, again.conn.LocalAddr())
		}
	})
}

// Within the first seconds UDP is preferred, whichever was nominated first.
func TestTCP_UDPIsPreferred(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, f, answer, network := connectedInMemory(t)
		defer p.Close()
		f.priority = 80 // peer-reflexive, of TCP
		f.nominate()
		udp := newFar(t, network, 4000)
		udp.learn(answer)
		udp.nominate()
		f.nominate()
		if p.way.to.conn != nil || p.way.to.String() != udp.conn.LocalAddr().String() {
			t.Errorf("the far end is at %s, want %s", p.way.to, udp.conn.LocalAddr())
		}
	})
}

// A port that was named must be free; of several the first that is free is taken.
func TestNew_thePortForTCP(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	n := taken.Addr().(*net.TCPAddr).AddrPort().Port()
	plane, err := media.New(media.Config{Loops: 1, PortLow: 23600, PortHigh: 23699})
	if err != nil {
		t.Fatal(err)
	}
	defer plane.Close()
	if tr, err := New(Config{Plane: plane, Listen: net.Listen, TCPLow: n, TCPHigh: n}); err == nil {
		tr.Close()
		t.Error("a port that is taken was opened")
	}
	tr, err := New(Config{Plane: plane, Listen: net.Listen, TCPLow: n, TCPHigh: n + 20})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if tr.tcp != nil {
		t.Error("the port is open before a peer is there")
	}
	if _, _, err := tr.Offer(t.Context()); err != nil {
		t.Fatal(err)
	}
	if tr.tcp == nil || tr.tcp.port <= n {
		t.Errorf("of the ports from %d the one that is open is %+v", n, tr.tcp)
	}
}
