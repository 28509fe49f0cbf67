package webrtc_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"confab/internal/codec"
	"confab/internal/media"
	ours "confab/internal/webrtc"
)

var (
	clients  = flag.Int("clients", 12, "how many browsers TestRoom lets into one room")
	talkers  = flag.Int("talkers", 3, "how many of them talk; the others send silence")
	speaking = flag.String("codec", "PCMU", "what they speak")
	measured = flag.Duration("measured", 5*time.Second, "for how long, when all are in")
	cpu      = flag.String("cpu", "", "the CPU that the room is kept on; empty: any")
)

func TestMain(m *testing.M) {
	if os.Getenv("CONFAB_TEST_ROOM") != "" {
		room()
		return
	}
	flag.Parse()
	os.Exit(m.Run())
}

// used is what the room has used so far.
type used struct {
	CPU        time.Duration
	Loop       media.LoopStats
	Goroutines int
	Memory     uint64 // bytes, of the heap
	Lost       int64  // packets of theirs
	Received   uint64
	Sessions   int
}

// room is our side in a process of its own: it answers the offers that come in,
// a line each, and lets everybody into one room. A line "used" asks what it has used.
func room() {
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	plane, err := media.New(media.Config{Loops: 1, PortLow: 25000, PortHigh: 25099, SessionsPerLoop: 10000, AutoLevel: true})
	fail(err)
	c, err := codec.Named(os.Getenv("CONFAB_TEST_ROOM"))
	fail(err)
	tr, err := ours.New(ours.Config{Plane: plane, Codecs: []codec.Codec{c}, Addresses: func() []netip.Addr { return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})} }})
	fail(err)
	bridge := plane.NewBridge()
	var peers []*ours.Peer
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if lines.Text() == "used" {
			var u used
			var r syscall.Rusage
			fail(syscall.Getrusage(syscall.RUSAGE_SELF, &r))
			u.CPU = time.Duration(r.Utime.Nano() + r.Stime.Nano())
			u.Loop, u.Goroutines = plane.Loops()[0], runtime.NumGoroutine()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			u.Memory = m.HeapInuse
			for _, p := range peers {
				s := p.Session().Stats()
				u.Lost += s.Lost
				u.Received += s.Received
			}
			u.Sessions = plane.Sessions()
			fail(json.NewEncoder(os.Stdout).Encode(u))
			continue
		}
		offer, err := base64.StdEncoding.DecodeString(lines.Text())
		fail(err)
		p, answer, err := tr.Answer(context.Background(), offer)
		fail(err)
		p.Start()
		fail(bridge.Join(p.Session(), false))
		peers = append(peers, p)
		fmt.Println(base64.StdEncoding.EncodeToString(answer))
	}
	tr.Close()
	plane.Close()
}

// Many browsers of pion's stand in one room, of which a few talk. All are heard by all,
// nothing is lost, and what the room has used is told. As a measurement:
//
//	go test -v -run TestRoom . -args -clients 300 -measured 20s -cpu 0
func TestRoom(t *testing.T) {
	args := []string{os.Args[0]}
	if *cpu != "" {
		args = append([]string{"taskset", "-c", *cpu}, args...)
	}
	server := exec.Command(args[0], args[1:]...)
	server.Env = append(os.Environ(), "CONFAB_TEST_ROOM="+*speaking)
	server.Stderr = os.Stderr
	in, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	t.Cleanup(func() { in.Close(); server.Wait() })
	ask := func(line string) string {
		t.Helper()
		if _, err := io.WriteString(in, line+"\n"); err != nil {
			t.Fatal(err)
		}
		answer, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(answer)
	}
	usage := func() (u used) {
		t.Helper()
		if err := json.Unmarshal([]byte(ask("used")), &u); err != nil {
			t.Fatal(err)
		}
		return u
	}

	before := usage()
	began := time.Now()
	var all []*browser
	var up atomic.Int64
	for range *clients {
		b := newBrowser(t, *speaking)
		b.many = true
		b.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
			if s == webrtc.PeerConnectionStateConnected {
				up.Add(1)
			}
		})
		answer, err := base64.StdEncoding.DecodeString(ask(base64.StdEncoding.EncodeToString(b.offer(nil))))
		if err != nil {
			t.Fatal(err)
		}
		b.accept(answer)
		all = append(all, b)
	}
	for deadline := time.Now().Add(2 * time.Minute); up.Load() < int64(*clients); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d are connected after 2 minutes", up.Load(), *clients)
		}
	}
	joined := usage()
	t.Logf("%d browsers are connected after %v; our CPU for it: %v each", *clients, time.Since(began).Round(time.Millisecond),
		((joined.CPU - before.CPU) / time.Duration(*clients)).Round(10*time.Microsecond))

	pace(t, all)
	time.Sleep(2 * time.Second) // until all of it flows
	from, start := usage(), time.Now()
	time.Sleep(*measured)
	to, took := usage(), time.Since(start)
	cores := float64(to.CPU-from.CPU) / float64(took)
	received := to.Received - from.Received
	t.Logf("%d browsers, %d talk, %s: %.3f of a core, %.3f CPU-ms per participant-second; loop busy %.2f; %d goroutines, %d KB of heap for each",
		*clients, *talkers, *speaking, cores, 1000*cores/float64(*clients), to.Loop.Busy, to.Goroutines/(*clients), int(to.Memory)/1024/(*clients))
	t.Logf("received %d packets (%.0f of those due), lost %d; unverified %d, dropped %d, overflows %d, skipped slots %d",
		received, 100*float64(received)/(50*took.Seconds()*float64(*clients)), to.Lost-from.Lost, to.Loop.Unverified-from.Loop.Unverified,
		to.Loop.Dropped-from.Loop.Dropped, to.Loop.Overflows-from.Loop.Overflows, to.Loop.SkippedSlots-from.Loop.SkippedSlots)
	t.Logf("slots by how late, up to %v: %v", media.LateBuckets, late(from.Loop, to.Loop))
	if to.Loop.Panics != 0 || to.Loop.Unverified != 0 {
		t.Errorf("%d panics, %d packets unverified", to.Loop.Panics, to.Loop.Unverified)
	}
	for i, b := range all {
		var want []float64
		for n := range *talkers {
			if n != i {
				want = append(want, pitchOf(n))
			}
		}
		got := b.last(pitches()...)
		for deadline := time.Now().Add(20 * time.Second); !slices.Equal(got, want) && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
			got = b.last(pitches()...) // on a busy machine some are late for a while
		}
		if !slices.Equal(got, want) {
			t.Fatalf("browser %d (%s) hears %v in %d packets, want %v; we have %d sessions", i, b.pc.ConnectionState(), got, b.packets(), want, usage().Sessions)
		}
	}
}

func late(from, to media.LoopStats) (list []uint64) {
	for i := range to.Late {
		list = append(list, to.Late[i]-from.Late[i])
	}
	return list
}

func pitchOf(talker int) float64 { return []float64{440, 620, 870, 1130, 1490, 1910, 2370}[talker%7] }

func pitches() (list []float64) {
	for n := range min(*talkers, 7) {
		list = append(list, pitchOf(n))
	}
	return list
}

// pace lets all send a packet every 20 ms, by a few goroutines, until the test ends.
func pace(t *testing.T, all []*browser) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	const slots = 10
	for slot := range slots {
		wg.Go(func() {
			c := all[0].codec
			size := 4000
			var mouths []*mouth
			for i := slot; i < len(all); i += slots {
				mouths = append(mouths, newMouth(all[i], i))
			}
			time.Sleep(time.Duration(slot) * 20 * time.Millisecond / slots)
			ticker := time.NewTicker(20 * time.Millisecond)
			defer ticker.Stop()
			coded := make([]byte, size)
			for {
				select {
				case <-stop:
					return
				case <-ticker.C:
				}
				for _, m := range mouths {
					m.speak(coded, uint32(c.ClockRate()/50))
				}
			}
		})
	}
	t.Cleanup(func() { close(stop); wg.Wait() })
}
