package media

import (
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/memnet"
)

// What a loop that was held up has left out is gone: those who talk are heard as
// soon after it as before it. Speech that was kept would be late for the rest of
// the call, or until a pause.
func TestOverload_leavesNoDelay(t *testing.T) {
	p := bridgeByHand(t, 4, 4)
	l := p.loop
	for range 20 {
		p.turnByHand()
	}
	waited := func() time.Duration { return p.members[0].session.in.jitter.Stats().Delay }
	before := waited()
	for range 3 {
		const held = 12 // ticks
		for range held {
			l.ports[0].rtp.(*nowhere).tick()
			l.plane.epoch = l.plane.epoch.Add(-tickDuration)
			l.readClock()
			l.drain(p.slot, slotsPerTick)
		}
		skipped := l.count.SkippedSlots
		for range 5 {
			p.turnByHand()
		}
		if l.count.SkippedSlots == skipped {
			t.Fatal("the loop has left nothing out: this tests nothing")
		}
		if after := waited(); after > before+tickDuration {
			t.Errorf("packets wait for %v after the loop was held up for %d ticks, %v before", after, held, before)
		}
		if depth := p.members[0].session.in.jitter.Stats().Depth; depth > 2 {
			t.Errorf("%d packets wait", depth)
		}
	}
}

func TestLoad(t *testing.T) {
	var v load
	for at := time.Duration(0); at < 3*time.Second; at += 20 * time.Millisecond {
		v.worked(at, at+5*time.Millisecond)
	}
	if got := v.ratio(3 * time.Second); got < 0.24 || got > 0.26 {
		t.Errorf("at work for 5 ms of 20: %v", got)
	}
	if got := v.ratio(6 * time.Second); got != 0 {
		t.Errorf("idle for three seconds: %v", got)
	}
}

// A loop that is busy takes no more while another has room, and takes its share
// when none has.
func TestPlace_passesByABusyLoop(t *testing.T) {
	p := &Plane{cfg: Config{SessionsPerLoop: 10}.withDefaults(), epoch: time.Now()}
	for i := range 3 {
		p.loops = append(p.loops, newLoop(p, i))
	}
	place := func() int { l := p.chooseLocked(); l.sessions++; return l.index }
	for i := range 4 {
		if got := place(); got != 0 {
			t.Fatalf("session %d of a plane that has room lives on loop %d, want the first", i, got)
		}
	}
	p.loops[0].load.permil.Store(1000 * fullAt)
	if got := place(); got != 1 {
		t.Errorf("the first is busy: loop %d, want 1", got)
	}
	p.loops[1].load.permil.Store(1000)
	p.loops[2].load.permil.Store(1000)
	if got := place(); got != 2 {
		t.Errorf("all are busy: loop %d, want that of the fewest sessions", got)
	}
}

// How busy a loop was is forgotten when it is not at work any more, also by one that
// sleeps because nobody is there, and is not asked to measure anything.
func TestLoad_isForgottenInSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		host := netip.MustParseAddr("192.0.2.1")
		p, err := New(Config{Bind: host, ListenPacket: n.Host(host).ListenPacket, Loops: 2})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		time.Sleep(loadSpan)
		first := p.loops[0]
		first.do(func() {
			now := time.Since(p.epoch)
			first.load.worked(now-loadSpan, now)
		})
		choose := func() int { p.mu.Lock(); defer p.mu.Unlock(); return p.chooseLocked().index }
		if busy := p.Loops()[0].Busy; busy < fullAt || choose() != 1 {
			t.Fatalf("busy for %v of a second, and loop %d is next: this tests nothing", busy, choose())
		}
		time.Sleep(2*loadSpan + time.Millisecond)
		if busy := p.Loops()[0].Busy; busy != 0 || choose() != 0 {
			t.Errorf("asleep since then: busy for %v, and loop %d is next, want the first", busy, choose())
		}
	})
}

func TestPin(t *testing.T) {
	if !mayUse(0) {
		if _, err := New(Config{Pin: []int{0}}); err == nil {
			t.Error("a CPU that may not be used, or a system that cannot pin, is no error")
		}
		t.Skip("CPU 0 may not be used here")
	}
	_, err := New(Config{Pin: []int{0, 5000}})
	if err == nil || !strings.Contains(err.Error(), "CPU 5000") {
		t.Errorf("a CPU that is not there: %v", err)
	}
	var log strings.Builder
	p, err := New(Config{Pin: []int{0, 0}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range p.loops {
		l.do(func() {
			for cpu := 1; cpu < 8; cpu++ {
				if mayUse(cpu) {
					t.Errorf("loop %d may run on CPU %d", l.index, cpu)
				}
			}
		})
	}
	if len(p.loops) != 2 {
		t.Errorf("%d loops for two CPUs", len(p.loops))
	}
	p.Close()
	if log.Len() > 0 {
		t.Errorf("it said: %s", log.String())
	}
}
