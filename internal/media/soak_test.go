package media_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"confab/internal/audio"
	"confab/internal/codec"
	"confab/internal/media"
	"confab/internal/memnet"
)

const (
	soakActors = 4
	soakCalls  = 4 // of each actor
	soakRooms  = 3
)

// soak is a plane on which people do whatever they like.
type soak struct {
	t     *testing.T
	near  *media.Plane
	far   *media.Plane
	mu    sync.Mutex
	rooms [soakRooms]*soakRoom
}

type soakRoom struct {
	*media.Bridge
	closed bool // under soak.mu
}

// soakCall is one call. Its actor alone touches it, and the check between rounds.
type soakCall struct {
	n, f  *media.Session
	pitch float64 // what its phone hums, unlike all others
	codec codec.Codec
	room  *soakRoom
	muted bool
	held  bool
	hum   sync.WaitGroup
	hush  context.CancelFunc
}

// TestSoak lets callers come, join, mute, hold, listen, dial and go at random, all
// at once, on two loops, and asks between the rounds whether everybody hears
// those who stand at the same bridge with them and nobody else. At the end
// nothing may be left: no session, no port, no goroutine.
func TestSoak(t *testing.T) {
	rounds := 6
	if testing.Short() {
		rounds = 3
	}
	for _, loops := range []int{1, 2} {
		for seed := range uint64(2) {
			t.Run(fmt.Sprintf("%d loops, seed %d", loops, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { runSoak(t, loops, rounds, seed) })
			})
		}
	}
}

func runSoak(t *testing.T, loops, rounds int, seed uint64) {
	network := memnet.New()
	network.Shape(phoneAddr, switchAddr, memnet.Shape{Delay: 10 * time.Millisecond, Jitter: 3 * time.Millisecond})
	plane := func(host netip.Addr, c media.Config) *media.Plane {
		c.Bind, c.PortLow, c.PortHigh, c.ListenPacket = host, 10000, 10099, network.Host(host).ListenPacket
		p, err := media.New(c)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	s := &soak{
		t:    t,
		near: plane(switchAddr, media.Config{Loops: loops, SessionsPerLoop: 5}),
		far:  plane(phoneAddr, media.Config{Loops: 1}),
	}
	for i := range s.rooms {
		s.rooms[i] = &soakRoom{Bridge: s.near.NewBridge()}
	}
	calls := make([][]*soakCall, soakActors)
	for i := range calls {
		calls[i] = make([]*soakCall, soakCalls)
	}
	for round := range rounds {
		var actors sync.WaitGroup
		for i := range calls {
			r := rand.New(rand.NewPCG(seed, uint64(100*round+i)))
			actors.Go(func() { s.act(r, calls[i], 500+float64(soakCalls*i)*150) })
		}
		actors.Wait()
		time.Sleep(700 * time.Millisecond) // until jitter buffers have settled
		s.check(fmt.Sprintf("round %d", round), slices.Concat(calls...))
		if t.Failed() {
			break
		}
	}
	for _, c := range slices.Concat(calls...) {
		if c != nil {
			s.hangUp(c)
		}
	}
	for _, room := range s.rooms {
		room.Close()
	}
	for name, p := range map[string]*media.Plane{"switch": s.near, "phones": s.far} {
		time.Sleep(time.Second)
		sessions, ports := 0, 0
		for _, l := range p.Loops() {
			if l.Panics != 0 || l.NotesLost != 0 {
				t.Errorf("%s: %d panics, %d notes lost", name, l.Panics, l.NotesLost)
			}
			sessions, ports = sessions+l.Sessions, ports+l.Ports
		}
		if sessions != 0 || p.Sessions() != 0 || ports > 1 {
			t.Errorf("%s: %d and %d sessions, %d ports are left; want none, and the port that is kept", name, sessions, p.Sessions(), ports)
		}
		p.Close()
	}
	for _, host := range []netip.Addr{switchAddr, phoneAddr} {
		for port := uint16(10000); port < 10100; port++ {
			conn, err := network.Host(host).ListenPacket("udp", netip.AddrPortFrom(host, port).String())
			if err != nil {
				t.Fatalf("port %d is left open: %v", port, err)
			}
			conn.Close()
		}
	}
}

// act does things at random for two seconds.
func (s *soak) act(r *rand.Rand, calls []*soakCall, pitch float64) {
	for began := time.Now(); time.Since(began) < 2*time.Second; time.Sleep(time.Duration(r.IntN(60)) * time.Millisecond) {
		i := r.IntN(len(calls))
		if calls[i] == nil {
			calls[i] = s.call(pitch + float64(i)*150)
			continue
		}
		c := calls[i]
		switch r.IntN(14) {
		case 0:
			s.hangUp(c)
			calls[i] = nil
		case 1, 2, 3:
			s.join(c, r)
		case 4:
			if c.room != nil {
				c.room.Leave(c.n)
				c.room = nil
			}
		case 5, 6:
			c.muted = !c.muted
			if c.room != nil {
				c.room.SetMuted(c.n, c.muted)
			}
		case 7:
			c.held = !c.held
			s.agree(c)
		case 8:
			s.bounded(func(ctx context.Context) error {
				return c.n.Play(ctx, audio.NewTone(8000, 3700, -30, time.Duration(r.IntN(300))*time.Millisecond))
			})
		case 9:
			if c.room != nil {
				room := c.room
				s.bounded(func(ctx context.Context) error {
					return room.Play(ctx, audio.NewTone(8000, 3700, -30, time.Duration(r.IntN(300))*time.Millisecond))
				})
			}
		case 10:
			if !c.held { // else nothing is sent
				s.bounded(func(ctx context.Context) error { return c.n.SendDigits(ctx, "1#") })
			}
		case 11:
			s.listenIn(c, r)
		case 12:
			s.newRoom(r)
		case 13:
			c.codec = []codec.Codec{codec.PCMU, codec.G722, codec.PCMA, codec.L16At16000, codec.L16At48000}[r.IntN(5)]
			s.agree(c)
		}
	}
}

// bounded runs f for at most a second; it may be cut short, or find a bridge closed.
func (s *soak) bounded(f func(context.Context) error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Second)
	defer cancel()
	if err := f(ctx); err != nil && !errors.Is(err, media.ErrClosed) && !errors.Is(err, context.DeadlineExceeded) {
		s.t.Error(err)
	}
}

func (s *soak) call(pitch float64) *soakCall {
	c := &soakCall{pitch: pitch, codec: codec.PCMU}
	c.n, c.f = call(s.t, s.near, s.far)
	var ctx context.Context
	ctx, c.hush = context.WithCancel(s.t.Context())
	c.hum.Go(func() { _ = c.f.Play(ctx, audio.NewTone(8000, pitch, -24, 0)) }) // until they hang up
	return c
}

func (s *soak) hangUp(c *soakCall) {
	c.n.Close()
	c.f.Close()
	c.hush()
	c.hum.Wait()
}

// join brings c to a room, from where it may stand.
func (s *soak) join(c *soakCall, r *rand.Rand) {
	if c.room != nil {
		c.room.Leave(c.n)
		c.room = nil
	}
	s.mu.Lock()
	room := s.rooms[r.IntN(soakRooms)]
	s.mu.Unlock()
	switch err := room.Join(c.n, c.muted); {
	case err == nil:
		c.room = room
	case !errors.Is(err, media.ErrClosed):
		s.t.Errorf("join: %v", err)
	}
}

// agree is a new SDP: on hold, or not, with a codec.
func (s *soak) agree(c *soakCall) {
	p := media.Params{Codec: c.codec, PayloadType: payloadType(c.codec), DTMF: 101, Remote: c.f.Local(), Send: !c.held, Receive: true}
	if err := c.n.Set(p); err != nil {
		s.t.Error(err)
	}
	p.Remote, p.Send = c.n.Local(), true
	if err := c.f.Set(p); err != nil {
		s.t.Error(err)
	}
}

// listenIn taps a call and reads some of it, or none.
func (s *soak) listenIn(c *soakCall, r *rand.Rand) {
	tap, err := c.n.Tap()
	if err != nil {
		s.t.Error(err)
		return
	}
	defer tap.Close()
	for range r.IntN(3) {
		s.bounded(func(ctx context.Context) error { _, err := tap.Read(ctx, make([]int16, 100)); return err })
	}
}

// newRoom closes a room, whoever stands there, and opens another in its place.
func (s *soak) newRoom(r *rand.Rand) {
	i := r.IntN(soakRooms)
	s.mu.Lock()
	old := s.rooms[i]
	old.closed = true
	s.rooms[i] = &soakRoom{Bridge: s.near.NewBridge()}
	s.mu.Unlock()
	old.Close()
}

// check asks every phone what it hears.
func (s *soak) check(when string, calls []*soakCall) {
	calls = slices.DeleteFunc(calls, func(c *soakCall) bool { return c == nil })
	var pitches []float64
	for _, c := range calls {
		pitches = append(pitches, c.pitch)
		if c.room != nil && c.room.closed {
			c.room = nil
		}
	}
	heard := make([][]int16, len(calls))
	var wg sync.WaitGroup
	for i, c := range calls {
		wg.Go(func() { heard[i] = hear(s.t, c.f, 200*time.Millisecond) })
	}
	wg.Wait()
	for i, c := range calls {
		var want []float64
		for _, other := range calls {
			if other != c && c.room != nil && other.room == c.room && !c.held && !other.held && !other.muted {
				want = append(want, other.pitch)
			}
		}
		if got := whoIsHeardAt(c.f.Rate(), heard[i], pitches...); !slices.Equal(got, want) {
			s.t.Errorf("%s: %v Hz (held %v) hears %v, want %v", when, c.pitch, c.held, got, want)
		}
	}
}
