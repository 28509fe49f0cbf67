package memnet_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/memnet"
)

func listenUDP(t *testing.T, listen func(network, addr string) (net.PacketConn, error), addr string) net.PacketConn {
	t.Helper()
	c, err := listen("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func send(t *testing.T, from net.PacketConn, to net.Addr, text string) {
	t.Helper()
	if _, err := from.WriteTo([]byte(text), to); err != nil {
		t.Fatal(err)
	}
}

// receive reads one packet within a second, or returns "".
func receive(t *testing.T, c net.PacketConn) (text string, from net.Addr) {
	t.Helper()
	b := make([]byte, 100)
	c.SetReadDeadline(time.Now().Add(time.Second))
	n, from, err := c.ReadFrom(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return "", nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n]), from
}

func TestPacketsArriveFromWhoSentThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		a := listenUDP(t, n.ListenPacket, "127.0.0.1:5060")
		b := listenUDP(t, n.ListenPacket, "192.0.2.7:0")
		send(t, a, b.LocalAddr(), "one")
		send(t, a, b.LocalAddr(), "two")
		for _, want := range []string{"one", "two"} {
			if got, from := receive(t, b); got != want || from.String() != "127.0.0.1:5060" {
				t.Errorf("got %q from %v, want %q", got, from, want)
			}
		}
		if got, _ := receive(t, b); got != "" {
			t.Errorf("got %q that nobody sent", got)
		}
	})
}

func TestAPacketIsTheReceiversOwnCopy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		a, b := listenUDP(t, n.ListenPacket, "127.0.0.1:0"), listenUDP(t, n.ListenPacket, "127.0.0.1:0")
		data := []byte("before")
		a.WriteTo(data, b.LocalAddr())
		copy(data, "after!")
		if got, _ := receive(t, b); got != "before" {
			t.Errorf("got %q", got)
		}
	})
}

func TestPortsAreAllottedAndInUse(t *testing.T) {
	n := memnet.New()
	seen := map[string]bool{}
	for range 100 {
		c := listenUDP(t, n.ListenPacket, "127.0.0.1:0")
		if seen[c.LocalAddr().String()] {
			t.Fatalf("%v allotted twice", c.LocalAddr())
		}
		seen[c.LocalAddr().String()] = true
	}
	l, err := n.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()

	first := listenUDP(t, n.ListenPacket, "127.0.0.1:5060")
	for _, addr := range []string{"127.0.0.1:5060", "0.0.0.0:5060", ":5060", "localhost:5060"} {
		_, err := n.ListenPacket("udp", addr)
		var op *net.OpError
		if !errors.Is(err, syscall.EADDRINUSE) || !errors.As(err, &op) || op.Op != "listen" {
			t.Errorf("ListenPacket(%s) = %v, want address in use", addr, err)
		}
	}
	listenUDP(t, n.ListenPacket, "127.0.0.2:5060") // another address
	if l, err := n.Listen("tcp", "127.0.0.1:5060"); err != nil {
		t.Errorf("TCP beside UDP: %v", err)
	} else {
		defer l.Close()
		if _, err := n.Listen("tcp", ":5060"); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("second TCP listener: %v", err)
		}
	}
	first.Close()
	listenUDP(t, n.ListenPacket, "127.0.0.1:5060")
	if _, err := first.WriteTo(nil, first.LocalAddr()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write after close: %v", err)
	}
	if err := first.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("second close: %v", err)
	}
}

func TestAllPortsCanBeUsedUp(t *testing.T) {
	n := memnet.New()
	for i := 32768; i <= 60999; i++ {
		if _, err := n.ListenPacket("udp", "127.0.0.1:0"); err != nil {
			t.Fatalf("socket %d: %v", i, err)
		}
	}
	if _, err := n.ListenPacket("udp", "127.0.0.1:0"); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("got %v, want address in use", err)
	}
}

func TestBadAddressesAreRefusedInWords(t *testing.T) {
	n := memnet.New()
	n.Host(netip.MustParseAddr("192.0.2.20"))
	for _, c := range []struct{ network, addr, want string }{
		{"udp", "127.0.0.1", "missing port"},
		{"udp", "127.0.0.1:99999", "invalid port"},
		{"udp", "example.org:5060", "no such host"},
		{"udp4", "[::1]:5060", "no suitable address"},
		{"tcp", "127.0.0.1:5060", "unknown network"},
		{"unix", "/tmp/x", "unknown network"},
		{"udp", "192.0.2.20:5060", "cannot assign"},
	} {
		_, err := n.ListenPacket(c.network, c.addr)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("ListenPacket(%s, %s) = %v, want %q in it", c.network, c.addr, err, c.want)
		}
	}
}

func TestHostsHaveTheirOwnAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		phone := n.Host(netip.MustParseAddr("192.0.2.20"))
		server := listenUDP(t, n.ListenPacket, ":5060")
		mine := listenUDP(t, phone.ListenPacket, ":5060") // no conflict: another machine
		if got := mine.LocalAddr().String(); got != "192.0.2.20:5060" {
			t.Errorf("bound to %s", got)
		}
		send(t, mine, &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5060}, "hello")
		got, from := receive(t, server)
		if got != "hello" || from.String() != "192.0.2.20:5060" {
			t.Fatalf("server got %q from %v", got, from)
		}
		send(t, server, from, "hi")
		if got, _ := receive(t, mine); got != "hi" {
			t.Errorf("phone got %q", got)
		}
		conn, err := phone.Dial(t.Context(), "udp", "192.0.2.254:5060")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.Write([]byte("connected"))
		if got, from := receive(t, server); got != "connected" || from.String() != conn.LocalAddr().String() {
			t.Errorf("got %q from %v, want from %v", got, from, conn.LocalAddr())
		}
		send(t, mine, conn.LocalAddr(), "not from whom it is connected to")
		send(t, server, conn.LocalAddr(), "answer")
		b := make([]byte, 100)
		k, err := conn.Read(b)
		if got := string(b[:k]); err != nil || got != "answer" {
			// The server is bound to every address, and a kernel answers from the one on the way there.
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		c := listenUDP(t, n.ListenPacket, "127.0.0.1:0")
		start := time.Now()
		c.SetReadDeadline(start.Add(3 * time.Second))
		_, _, err := c.ReadFrom(make([]byte, 10))
		var timeout net.Error
		if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("took %v", took)
		}

		// A deadline set later ends a read that waits already; so does Close.
		c.SetReadDeadline(time.Time{})
		failed := make(chan error)
		read := func() { _, _, err := c.ReadFrom(make([]byte, 10)); failed <- err }
		go read()
		synctest.Wait()
		c.SetReadDeadline(time.Now())
		if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		c.SetReadDeadline(time.Time{})
		go read()
		synctest.Wait()
		c.Close()
		if err := <-failed; !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
}

func TestAFullSocketDropsPackets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		a, b := listenUDP(t, n.ListenPacket, "127.0.0.1:0"), listenUDP(t, n.ListenPacket, "127.0.0.1:0")
		for range 100 {
			a.WriteTo(make([]byte, 60000), b.LocalAddr())
		}
		send(t, a, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}, "to nobody")
		c := n.Counts()
		if c.Sent != 101 || c.Nowhere != 1 || c.Delivered < 10 || c.Delivered+c.Overflowed != 100 || c.Overflowed == 0 {
			t.Errorf("counts %+v", c)
		}
		buffer := make([]byte, 1<<16)
		for range c.Delivered {
			if k, _, err := b.ReadFrom(buffer); k != 60000 || err != nil {
				t.Fatal(k, err)
			}
		}
		if _, err := a.WriteTo(make([]byte, 70000), b.LocalAddr()); !errors.Is(err, syscall.EMSGSIZE) {
			t.Errorf("too large a packet: %v", err)
		}
	})
}

// shaped sends count packets, 20 ms apart, over a path of shape s and returns
// what arrived, in order, with how long each took.
func shaped(t *testing.T, seed uint64, s memnet.Shape, count int) (got []int, took []time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		n.Seed(seed)
		from, to := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
		n.Shape(from, to, s)
		a, b := listenUDP(t, n.ListenPacket, from.String()+":1000"), listenUDP(t, n.ListenPacket, to.String()+":1000")
		start := time.Now()
		go func() {
			for i := range count {
				a.WriteTo([]byte(fmt.Sprint(i)), b.LocalAddr())
				time.Sleep(20 * time.Millisecond)
			}
		}()
		for {
			text, _ := receive(t, b)
			if text == "" {
				break
			}
			var i int
			fmt.Sscan(text, &i)
			got = append(got, i)
			took = append(took, time.Since(start)-time.Duration(i)*20*time.Millisecond)
		}
		// The way back has no shape.
		send(t, b, a.LocalAddr(), "back")
		if text, _ := receive(t, a); text != "back" {
			t.Errorf("way back: %q", text)
		}
	})
	return got, took
}

func TestShapes(t *testing.T) {
	const count = 2000
	t.Run("delay", func(t *testing.T) {
		got, took := shaped(t, 1, memnet.Shape{Delay: 70 * time.Millisecond}, count)
		if len(got) != count {
			t.Fatalf("%d arrived", len(got))
		}
		for i := range got {
			if got[i] != i || took[i] != 70*time.Millisecond {
				t.Fatalf("packet %d: got %d after %v", i, got[i], took[i])
			}
		}
	})
	t.Run("jitter keeps the order", func(t *testing.T) {
		got, took := shaped(t, 1, memnet.Shape{Delay: 10 * time.Millisecond, Jitter: 100 * time.Millisecond}, count)
		least, most := time.Hour, time.Duration(0)
		for i := range got {
			if got[i] != i {
				t.Fatalf("packet %d: got %d", i, got[i])
			}
			least, most = min(least, took[i]), max(most, took[i])
		}
		if len(got) != count || least < 10*time.Millisecond || most > 110*time.Millisecond || most-least < 80*time.Millisecond {
			t.Errorf("%d arrived after %v to %v", len(got), least, most)
		}
	})
	t.Run("loss", func(t *testing.T) {
		got, _ := shaped(t, 1, memnet.Shape{Loss: 0.25}, count)
		if len(got) < count*70/100 || len(got) > count*80/100 {
			t.Errorf("%d of %d arrived", len(got), count)
		}
		again, _ := shaped(t, 1, memnet.Shape{Loss: 0.25}, count)
		other, _ := shaped(t, 2, memnet.Shape{Loss: 0.25}, count)
		if fmt.Sprint(got) != fmt.Sprint(again) || fmt.Sprint(got) == fmt.Sprint(other) {
			t.Error("the seed does not decide")
		}
	})
	t.Run("duplicate", func(t *testing.T) {
		got, _ := shaped(t, 1, memnet.Shape{Duplicate: 0.5}, count)
		if len(got) < count*145/100 || len(got) > count*155/100 {
			t.Errorf("%d arrived", len(got))
		}
	})
	t.Run("reorder", func(t *testing.T) {
		got, took := shaped(t, 1, memnet.Shape{Delay: 10 * time.Millisecond, Reorder: 0.1, Hold: 50 * time.Millisecond}, count)
		swaps := 0
		for i := 1; i < len(got); i++ {
			if got[i] < got[i-1] {
				swaps++
			}
			if d := took[i]; d != 10*time.Millisecond && d != 60*time.Millisecond {
				t.Fatalf("packet %d took %v", got[i], d)
			}
		}
		if len(got) != count || swaps < count*7/100 || swaps > count*13/100 {
			t.Errorf("%d arrived, %d of them overtaken", len(got), swaps)
		}
	})
	t.Run("all lost", func(t *testing.T) {
		if got, _ := shaped(t, 1, memnet.Shape{Loss: 1}, 10); len(got) != 0 {
			t.Errorf("%v arrived", got)
		}
	})
}

func TestConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		l, err := n.Listen("tcp", "127.0.0.1:8080")
		if err != nil {
			t.Fatal(err)
		}
		near, err := n.Dial(t.Context(), "tcp", "127.0.0.1:8080")
		if err != nil {
			t.Fatal(err)
		}
		far, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if near.LocalAddr().String() != far.RemoteAddr().String() || near.RemoteAddr().String() != far.LocalAddr().String() {
			t.Errorf("near %v %v, far %v %v", near.LocalAddr(), near.RemoteAddr(), far.LocalAddr(), far.RemoteAddr())
		}

		// More than the buffer goes through, in order, and then EOF.
		sent := make([]byte, 1<<20)
		for i := range sent {
			sent[i] = byte(i * i >> 8)
		}
		go func() {
			near.Write(sent)
			near.Close()
		}()
		got, err := io.ReadAll(far)
		if err != nil || string(got) != string(sent) {
			t.Errorf("read %d bytes, %v", len(got), err)
		}
		if _, err := far.Write([]byte("to nobody")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("write to a closed end: %v", err)
		}
		if _, err := near.Read(got); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read after close: %v", err)
		}
		far.Close()

		// Deadlines: a full buffer, an idle one.
		near, _ = n.Dial(t.Context(), "tcp", "127.0.0.1:8080")
		far, _ = l.Accept()
		start := time.Now()
		near.SetDeadline(start.Add(2 * time.Second))
		if k, err := near.Write(sent); !errors.Is(err, os.ErrDeadlineExceeded) || k == 0 || k == len(sent) {
			t.Errorf("wrote %d, %v", k, err)
		}
		if _, err := near.Read(got); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 2*time.Second {
			t.Errorf("read: %v after %v", err, time.Since(start))
		}
		near.Close()
		far.Close()

		// A connection that nobody accepted ends with its listener.
		near, _ = n.Dial(t.Context(), "tcp", "127.0.0.1:8080")
		l.Close()
		if _, err := near.Read(got); err != io.EOF {
			t.Errorf("read: %v", err)
		}
		near.Close()
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("accept: %v", err)
		}
		if _, err := n.Dial(t.Context(), "tcp", "127.0.0.1:8080"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dial: %v", err)
		}
	})
}

func TestConnectionsTakeTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		phone := n.Host(netip.MustParseAddr("192.0.2.20"))
		n.Shape(netip.Addr{}, netip.MustParseAddr("192.0.2.20"), memnet.Shape{Delay: 30 * time.Millisecond})
		n.Shape(netip.MustParseAddr("192.0.2.20"), netip.Addr{}, memnet.Shape{Delay: 50 * time.Millisecond})
		l, _ := n.Listen("tcp", "192.0.2.1:80")
		defer l.Close()
		start := time.Now()
		near, err := phone.Dial(t.Context(), "tcp", "192.0.2.1:80")
		if err != nil || time.Since(start) != 80*time.Millisecond {
			t.Fatalf("%v after %v", err, time.Since(start))
		}
		far, _ := l.Accept()
		near.Write([]byte("?"))
		b := make([]byte, 1)
		far.Read(b)
		if time.Since(start) != 130*time.Millisecond {
			t.Errorf("request after %v", time.Since(start))
		}
		far.Write([]byte("!"))
		near.Read(b)
		if b[0] != '!' || time.Since(start) != 160*time.Millisecond {
			t.Errorf("answer %q after %v", b, time.Since(start))
		}
		far.Close()
		if _, err := near.Read(b); err != io.EOF || time.Since(start) != 190*time.Millisecond {
			t.Errorf("end: %v after %v", err, time.Since(start))
		}
		near.Close()

		n.Shape(netip.Addr{}, netip.MustParseAddr("192.0.2.20"), memnet.Shape{Loss: 1})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := phone.Dial(ctx, "tcp", "192.0.2.1:80"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("dial into nothing: %v", err)
		}
	})
}
