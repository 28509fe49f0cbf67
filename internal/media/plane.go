package media

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Errors of the plane that callers branch on.
var (
	// ErrNoPort means that every port of the range is taken.
	ErrNoPort = errors.New("no media port free")
	// ErrClosed means that the session, bridge or plane has been closed.
	ErrClosed = errors.New("closed")
)

// Config is what a Plane needs to know. The zero value works on loopback.
type Config struct {
	Bind              netip.Addr // local address of all ports; zero means 127.0.0.1
	PortLow, PortHigh int        // range of ports, RTP even and RTCP odd; zero means 10000-10999
	Loops             int        // media loops; zero means one per CPU of Pin, or else one per two cores, at least one
	Pin               []int      // CPUs that the loops' threads are kept on, in turn; none: wherever the system puts them

	// SessionsPerLoop is how many sessions a loop takes before the next one is
	// used, if it is not busy before; when all have as many, the one with the
	// fewest takes more. A bridge whose members live on one loop costs least. Zero
	// means 1000.
	SessionsPerLoop int

	// MediaTimeout is after how long without any packet a session is lost; zero means 60 s, negative never.
	MediaTimeout time.Duration

	// AutoLevel lets who speaks much too quietly or too loudly be heard at a bridge
	// as loud as others (audio.Leveller). Taps hear them as they are.
	AutoLevel bool

	// ListenPacket opens a UDP port; nil means net.ListenPacket.
	ListenPacket func(network, address string) (net.PacketConn, error)

	Log *slog.Logger // nil means slog.Default
}

func (c Config) withDefaults() Config {
	if !c.Bind.IsValid() {
		c.Bind = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if c.PortLow == 0 && c.PortHigh == 0 {
		c.PortLow, c.PortHigh = 10000, 10999
	}
	if c.Loops == 0 {
		c.Loops = len(c.Pin)
	}
	if c.Loops == 0 {
		c.Loops = max(1, runtime.NumCPU()/2)
	}
	if c.SessionsPerLoop <= 0 {
		c.SessionsPerLoop = 1000
	}
	if c.MediaTimeout == 0 {
		c.MediaTimeout = time.Minute
	}
	if c.ListenPacket == nil {
		c.ListenPacket = net.ListenPacket
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

func (c Config) validate() error {
	switch {
	case c.PortLow < 1024 || c.PortHigh > 65535 || c.PortHigh <= c.PortLow:
		return fmt.Errorf("media ports %d-%d: want a range within 1024-65535 such as 10000-10999", c.PortLow, c.PortHigh)
	case c.Loops < 0 || c.Loops > 256:
		return fmt.Errorf("media loops %d: want 1 to 256", c.Loops)
	}
	for _, cpu := range c.Pin {
		if cpu < 0 || !mayUse(cpu) {
			return fmt.Errorf("pin media loops to CPU %d: this process may not run there; want some of what `taskset -cp $$` shows, on Linux", cpu)
		}
	}
	return nil
}

// Plane is the voice plane: it owns the loops, and the ports among them.
type Plane struct {
	cfg   Config
	epoch time.Time // time zero of all loops
	loops []*loop
	wg    sync.WaitGroup // loops and note readers

	real bool // ports are the system's own: the clock is, too

	advised sync.Map // addresses of chunks of the heap for which inHugePages has asked

	mu       sync.Mutex
	closed   bool
	ports    []*port      // that may be shared
	taken    map[int]bool // port numbers in use or being opened
	nextPort int
	bridges  int // made so far: spreads them over slots
	open     map[*Session]struct{}
	warned   bool
}

// New starts the loops. Ports are opened as sessions need them; one is opened
// now and closed again, so that a wrong address is an error at once.
func New(c Config) (*Plane, error) {
	c = c.withDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	p := &Plane{
		cfg: c, epoch: time.Now(), taken: make(map[int]bool), open: make(map[*Session]struct{}),
		nextPort: (c.PortLow + 1) &^ 1,
	}
	probe, err := c.ListenPacket("udp", netip.AddrPortFrom(c.Bind, 0).String())
	if err != nil {
		return nil, fmt.Errorf("media address %s: %w", c.Bind, err)
	}
	_, p.real = probe.(*net.UDPConn)
	if err := probe.Close(); err != nil {
		return nil, fmt.Errorf("media address %s: %w", c.Bind, err)
	}
	for i := range c.Loops {
		l := newLoop(p, i)
		p.loops = append(p.loops, l)
		p.wg.Go(l.run)
		p.wg.Go(l.tellNotes)
	}
	return p, nil
}

func (p *Plane) newSleeper() sleeper {
	if p.real {
		return newSleeper()
	}
	return newTimerSleeper()
}

// Close closes the sessions that are still open, stops the loops and closes all
// ports. Whoever waits for a session or a bridge of the plane gets ErrClosed.
func (p *Plane) Close() error {
	p.mu.Lock()
	first := !p.closed
	p.closed = true
	open := slices.Collect(maps.Keys(p.open)) // no more will come
	p.mu.Unlock()
	if first {
		for _, s := range open {
			s.Close()
		}
		for _, l := range p.loops {
			l.mail.shut()
		}
	}
	p.wg.Wait()
	return nil
}
