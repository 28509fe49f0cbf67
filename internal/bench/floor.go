package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"time"

	"confab/internal/media"
)

// Echo sends every datagram that comes to addr back where it came from, in
// batches, until ctx ends: what any server of these packets must at least do. It
// has its turns when a media loop may, and sleeps as one does.
// It prints "echo on ADDR" to out when it is ready.
func Echo(ctx context.Context, addr string, out io.Writer) error {
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0))) // as the switch does, or a turn costs more
	conn, err := net.ListenPacket("udp", addr)
	if err != nil {
		return fmt.Errorf("echo: %w", err)
	}
	s := media.NewSocket(conn)
	defer s.Close()
	fmt.Fprintln(out, echoReady, conn.LocalAddr())
	packets := make([]media.Packet, 64)
	for i := range packets {
		packets[i].Data = make([]byte, 1500)
	}
	return media.Every(ctx, media.SlotDuration, func(time.Time) error {
		for {
			n, err := s.Read(packets)
			if err != nil {
				return fmt.Errorf("echo: %w", err)
			}
			s.Write(packets[:n])
			if n < len(packets) {
				return nil
			}
		}
	})
}

const echoReady = "echo on"

// measureFloor lets a load send to an echo for a time and returns what that costs, in
// CPU-ms per leg and second: for so many packets as a leg is meant to send, however many
// a generator that was held up has sent.
func measureFloor(ctx context.Context, s *Stage, l Load, d time.Duration) (float64, error) {
	f, err := formatOf(s.Codec)
	if err != nil {
		return 0, err
	}
	echo, line, err := startProcess(ctx, s.cores, echoReady, s.Binary, "echo", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer echo.stop()
	to, err := netip.ParseAddrPort(line[strings.LastIndexByte(line, ' ')+1:])
	if err != nil {
		return 0, err
	}
	g, err := newGenerator(to, f)
	if err != nil {
		return 0, err
	}
	defer g.close()
	g.do(func() {
		for i := range l.Legs() {
			c := g.add(l, i/l.People, i%l.People)
			c.rtp.set(c.addr, to)
			g.speak(c)
		}
	})
	if err := g.begin(ctx); err != nil {
		return 0, err
	}
	used, err := spent(ctx, echo, d)
	if err != nil {
		return 0, err
	}
	const under = 10 // packets of each may still be under way where the echo is held up
	n, err := g.end()
	switch {
	case err != nil:
		return 0, err
	case used == 0:
		return 0, errors.New("too short to be measured: let it run for longer, or with more calls")
	case n.received < n.sent*9/10-int64(under*l.Legs()):
		return 0, fmt.Errorf("%d packets sent and %d echoed: they do not go round", n.sent, n.received)
	}
	sounded := time.Duration(n.received) * tickTime // of all legs
	return perLeg(used, 1, sounded), nil
}

// spent returns how much CPU time p uses in d.
func spent(ctx context.Context, p *process, d time.Duration) (time.Duration, error) {
	before, err := p.cpu()
	if err != nil {
		return 0, err
	}
	if err := pause(ctx, d); err != nil {
		return 0, err
	}
	after, err := p.cpu()
	return after - before, err
}

func perLeg(used time.Duration, legs int, d time.Duration) float64 {
	return used.Seconds() * 1000 / float64(legs) / d.Seconds()
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
