package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"confab/internal/codec"
	"confab/internal/media"
)

// echoEvery is how often the echo looks for packets: as often as a loop may.
const echoEvery = 2500 * time.Microsecond

// Echo sends every datagram that comes to addr back where it came from, in
// batches, until ctx ends: what any server of these packets must at least do.
// It prints "echo on ADDR" to out when it is ready.
func Echo(ctx context.Context, addr string, out io.Writer) error {
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
	tick := time.NewTicker(echoEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		for {
			n, err := s.Read(packets)
			if err != nil {
				return fmt.Errorf("echo: %w", err)
			}
			s.Write(packets[:n])
			if n < len(packets) {
				break
			}
		}
	}
}

const echoReady = "echo on"

// measureFloor lets the scenario's legs send to an echo and returns what that
// costs, in CPU-ms per leg and second.
func measureFloor(ctx context.Context, s *Stage) (float64, error) {
	echo, line, err := startProcess(ctx, echoReady, s.Binary, "echo", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer echo.stop()
	to, err := netip.ParseAddrPort(line[strings.LastIndexByte(line, ' ')+1:])
	if err != nil {
		return 0, err
	}
	plane, err := media.New(generatorPlane())
	if err != nil {
		return 0, err
	}
	defer plane.Close()
	for range s.Load.Legs() {
		leg, err := plane.Open(media.SessionConfig{Alone: true, Signal: to.Addr()})
		if err != nil {
			return 0, err
		}
		defer leg.Close()
		if err := leg.Set(media.Params{Codec: codec.PCMU, Remote: to, Send: true, Receive: true}); err != nil {
			return 0, err
		}
		leg.Start()
	}
	if err := pause(ctx, time.Second); err != nil {
		return 0, err
	}
	d := min(s.length, 15*time.Second)
	used, err := spent(ctx, echo, d)
	if err != nil {
		return 0, err
	}
	if used == 0 {
		return 0, errors.New("too short to be measured: let it run for longer, or with more calls")
	}
	return perLeg(used, s.Load.Legs(), d), nil
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

// generatorPlane is the voice plane of the callers.
func generatorPlane() media.Config {
	return media.Config{PortLow: 30000, PortHigh: 59999, Loops: 1}
}
