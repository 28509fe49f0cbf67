package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"confab/internal/media"
)

// The generator's time: it sends what is due a thousand times a second, so the
// callers of a tick are spread over twenty slots.
const (
	slotTime   = time.Millisecond
	slotsATick = 20
	tickTime   = slotsATick * slotTime
)

// goneFor is how long the address of a call that has ended is still answered at.
const goneFor = 5 * time.Second

// firstAddr is the address of caller 0; the others follow.
const firstAddr = 127<<24 | 64<<16

// generator is all callers of a run, on one thread: it sends what is due, reads
// what has come, signals, and counts. Everything but the mailbox belongs to run.
type generator struct {
	switchSIP netip.AddrPort
	token     string // in every Call-ID and branch: no two runs have the same
	signal    *wire
	voice     *wire
	reports   *wire // the port above: RTCP comes there, and is not looked at
	wg        sync.WaitGroup
	stop      context.CancelFunc
	stopped   chan struct{}
	mail      mail

	epoch   time.Time
	now     time.Duration // since the epoch
	slot    int64         // being done
	next    time.Time     // when the one after is due
	voices  *voices
	callers []*caller // by index
	slots   [slotsATick][]*caller
	pending []*caller // that have a time to act at
	waiting []*caller // that have not dialled yet
	hushed  bool      // nobody sends voice
	every   time.Duration
	nextAt  time.Duration // when the first of waiting dials
	passers *passers      // who call for a moment; nil: nobody
	gone    []*caller     // ended, and still here for what may come late; in that order

	counting   bool // jitter and lateness
	jitter     histogram
	late       histogram // our own: slots by how late they were
	overflowed uint32    // packets lost to us before the counting began
	unsent     uint64    // packets not taken from us before that
	crowd      batch     // the calls of those who stay
}

// batch is the calls of some callers, counted.
type batch struct {
	dialled, answered, refused, failed, over int // over: ended, for whatever reason
	repeated                                 int // requests sent again
	setups                                   histogram
	failure                                  error // the first
}

// mail is what others want done on the generator's thread.
type mail struct {
	mu sync.Mutex
	do []func()
}

// newGenerator opens the sockets of callers that will call a switch there, and speak
// f. It must be closed.
func newGenerator(switchSIP netip.AddrPort, f format) (*generator, error) {
	g := &generator{
		switchSIP: switchSIP, token: strconv.FormatUint(rand.Uint64(), 36), stopped: make(chan struct{}),
		epoch: time.Now(), voices: newVoices(f),
	}
	var err error
	if g.signal, err = newWire(0); err != nil {
		return nil, err
	}
	if g.voice, g.reports, err = newPair(); err != nil {
		g.signal.close()
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	g.stop = stop
	g.wg.Go(func() { g.run(ctx) })
	return g, nil
}

// newPair opens an even port and the one above it (RFC 3550 §11).
func newPair() (even, odd *wire, err error) {
	for range 100 {
		if even, err = newWire(0); err != nil {
			return nil, nil, err
		}
		if even.port%2 == 0 {
			if odd, err = newWire(even.port + 1); err == nil {
				return even, odd, nil
			}
		}
		even.close()
	}
	return nil, nil, fmt.Errorf("no pair of ports for the callers' voice: %w", err)
}

// close ends the run and waits for it. Calls that live are not hung up: see leave.
func (g *generator) close() {
	g.stop()
	g.wg.Wait()
	g.signal.close()
	g.voice.close()
	g.reports.close()
}

// run turns until ctx ends.
func (g *generator) run(ctx context.Context) {
	defer close(g.stopped)
	_ = media.Every(ctx, slotTime, func(due time.Time) error {
		if g.counting {
			g.late.add(time.Since(due))
		}
		g.now, g.next = time.Since(g.epoch), due.Add(slotTime)
		g.readMail()
		g.turn()
		g.slot++
		return nil
	})
}

// turn does one slot.
func (g *generator) turn() {
	for _, c := range g.slots[g.slot%slotsATick] {
		if g.hushed {
			c.hush()
			continue
		}
		head, body := c.next(g.voices.silence)
		g.voice.send(&c.rtp, head, body)
	}
	g.voice.flush()
	g.listenOn()
	for g.signal.read(g.told) == wireBatch {
	}
	if g.slot%slotsATick == 0 {
		for g.reports.read(func(arrived) {}) == wireBatch {
		}
	}
	g.dialNext()
	if g.slot%5 == 0 {
		kept := g.pending
		g.pending = nil // wake may add to it
		for _, c := range kept {
			if c.wake(g) {
				g.pending = append(g.pending, c)
			}
		}
	}
	g.signal.flush()
}

// listenOn reads what has come, but so that the next slot's packets leave on time: when a packet
// came is told by its stamp, however late it is read.
func (g *generator) listenOn() {
	for i := 0; i < leastRead || i < mostRead && time.Until(g.next) > 0; i++ {
		if g.voice.read(g.heard) < wireBatch {
			break
		}
	}
}

// How many batches are read in a slot: a slot that is late already reads a few, so that what
// comes does not lie until the kernel throws it away.
const (
	leastRead = 8
	mostRead  = 64
)

// dialNext lets those dial whose time has come, and forgets who left long ago.
func (g *generator) dialNext() {
	for len(g.gone) > 0 && g.now-g.gone[0].dialog.again > goneFor {
		g.callers[g.gone[0].index] = nil
		g.gone = g.gone[1:]
	}
	if g.passers != nil {
		g.passers.dial(g)
	}
	for len(g.waiting) > 0 && g.now >= g.nextAt {
		c := g.waiting[0]
		g.waiting = g.waiting[1:]
		g.nextAt += g.every
		c.dial(g)
	}
}

// at returns the caller of an address; nil when there is none.
func (g *generator) at(addr netip.Addr) *caller {
	if !addr.Is4() {
		return nil
	}
	b := addr.As4()
	i := (int(b[0])<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3])) - firstAddr
	if i < 0 || i >= len(g.callers) {
		return nil
	}
	return g.callers[i]
}

func (g *generator) heard(p arrived) {
	if c := g.at(p.to); c != nil {
		if late, ok := c.hear(p.data, p.at); ok && g.counting && c.batch == &g.crowd {
			g.jitter.add(late)
		}
	}
}

func (g *generator) told(p arrived) {
	c := g.at(p.to)
	if c == nil {
		return
	}
	if r, ok := parseReply(p.data); ok {
		c.answered(g, r)
		return
	}
	c.asked(g, p.data)
}

// add makes a caller, with an address that no other of this generator has had.
func (g *generator) add(l Load, room, place int) *caller {
	i := len(g.callers)
	c := &caller{index: i, batch: &g.crowd, load: l, room: room, place: place, addr: netip.AddrFrom4([4]byte{127, byte(64 + i>>16), byte(i >> 8), byte(i)})}
	c.format, c.in.clock = &g.voices.format, g.voices.format.ClockRate()
	c.dialog.to = fmt.Sprintf("room-%d", room)
	if c.talks() {
		c.voice = g.voices.of(l, room, place)
		c.at = i * 37 % len(c.voice) // not all in one breath
	}
	g.callers = append(g.callers, c)
	return c
}

// A switch that cannot keep up refuses new calls for a while (503), and who is
// to stay calls again, as people do.
const (
	againAfter = time.Second // our switch asks for more (RFC 3261 §20.33), and we are on one machine
	againTimes = 30
)

// again lets a caller that was refused call once more, if it is one of those that
// are to stay; the error is that it has done so often enough.
func (g *generator) again(c *caller) error {
	switch {
	case c.batch != &g.crowd:
		return nil
	case c.tries == againTimes:
		return fmt.Errorf("refused with 503, %d times", againTimes)
	}
	n := g.add(c.load, c.room, c.place)
	n.tries, n.dialog.again = c.tries+1, g.now+againAfter
	g.pending = append(g.pending, n)
	return nil
}

// speak lets a caller send a packet a tick, in one of the emptiest slots: however many
// they are, they are spread over the tick, and of a few nobody knows when they send.
func (g *generator) speak(c *caller) {
	least := len(g.slots[0])
	for i := range g.slots {
		least = min(least, len(g.slots[i]))
	}
	for c.due = rand.IntN(slotsATick); len(g.slots[c.due]) > least; {
		c.due = (c.due + 1) % slotsATick
	}
	g.slots[c.due] = append(g.slots[c.due], c)
	c.live = true
}

// quiet lets it send no more.
func (g *generator) quiet(c *caller) {
	if !c.live {
		return
	}
	c.live = false
	list := g.slots[c.due]
	for i := range list {
		if list[i] == c {
			list[i] = list[len(list)-1]
			g.slots[c.due] = list[:len(list)-1]
			return
		}
	}
}

// do runs f on the generator's thread and waits for it; f is not run once the
// generator has been closed.
func (g *generator) do(f func()) {
	done := make(chan struct{})
	g.mail.mu.Lock()
	g.mail.do = append(g.mail.do, func() { f(); close(done) })
	g.mail.mu.Unlock()
	select {
	case <-done:
	case <-g.stopped:
	}
}

func (g *generator) readMail() {
	g.mail.mu.Lock()
	do := g.mail.do
	g.mail.do = nil
	g.mail.mu.Unlock()
	for _, f := range do {
		f()
	}
}

// until waits until f, run on the generator's thread from time to time, is true.
func (g *generator) until(ctx context.Context, f func() bool) error {
	for {
		done := false
		g.do(func() { done = f() })
		if done {
			return nil
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
}
