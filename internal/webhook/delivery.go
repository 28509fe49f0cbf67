package webhook

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"confab/internal/contract"
)

// Journal is what delivery needs of the store: store.Store meets it.
type Journal interface {
	// TailCallbacks returns committed events that have a Callback, after a
	// position, in order.
	TailCallbacks(ctx context.Context, after contract.Pos, max int) ([]contract.Event, error)
	// TailStream is the same within one stream.
	TailStream(ctx context.Context, stream string, after contract.Pos, max int) ([]contract.Event, error)
	// More is closed when something after a position is committed.
	More(after contract.Pos) <-chan struct{}
	// Committed is the last committed position.
	Committed() contract.Pos
	// Cursors returns how far each stream has come; under "" all of them.
	Cursors(ctx context.Context) (map[string]contract.Pos, error)
	// SetCursor notes how far a stream has come, without blocking.
	SetCursor(stream string, pos contract.Pos)
}

const (
	defaultInFlight = 256
	// maxStreams bounds the streams that have something undelivered, and so what
	// delivery remembers: beyond it the journal is read no further.
	maxStreams = 10_000
	// maxAhead is how many events of one stream are held beyond the first, and
	// maxHeld how many of all streams, some 30 MB. It leaves room to those that
	// move when maxStreams stand still that hold one each.
	maxAhead = 32
	maxHeld  = 2 * maxStreams
	// readStep is how many events are read from the journal at once.
	readStep = 256
	// markEvery is after how many deliveries the position up to which all is
	// done is looked for, when there is no pause in which it is plain.
	markEvery = 256
	// journalRetry is the pause after the journal could not be read.
	journalRetry = time.Second
)

// DeliveryConfig says what to deliver and how. Client and Journal are required.
type DeliveryConfig struct {
	Client  *Client
	Journal Journal
	// Failed is told of an event that was given up, from the goroutine of its
	// stream; may be nil.
	Failed func(contract.Event, contract.Warning)
	// Told is told of each attempt: which it was, counted over all runs, and whether
	// the event is told again after it. It must not block; may be nil.
	Told func(e contract.Event, attempt int, m Made, again bool)
	// Parking keeps the events that were given up; nil: they are not kept.
	Parking Parking
	// RetryFor is how long an event is told again that was not taken, unless its
	// URL says otherwise; 0: it is not told again.
	RetryFor time.Duration
	// InFlight bounds the callbacks in flight; 0 means 256. One host gets at
	// most half of them, and few when it fails, so that dead ones do not hold up
	// the others.
	InFlight int
	// Log gets failures as warnings; nil discards.
	Log *slog.Logger
}

// Delivery tells applications of events, in order and one at a time within a
// stream, streams independent of each other, each event at least once.
//
// It reads the journal forward once, and remembers of each stream the first
// event that is not delivered, a few after it while the application takes them
// (see window), and that there are more; those it reads when their turn comes.
type Delivery struct {
	client  *Client
	journal Journal
	parking Parking // may be nil
	failed  func(contract.Event, contract.Warning)
	told    func(contract.Event, int, Made, bool) // may be nil
	log     *slog.Logger

	retryFor time.Duration
	begun    time.Time // when Run began

	delivered, givenUp, retried atomic.Uint64

	mu       sync.Mutex
	read     contract.Pos            // the journal is read up to here
	before   map[string]contract.Pos // cursors of the last run that are beyond read
	streams  map[string]*stream      // those with something undelivered
	held     int                     // events in the windows of all streams
	lanes    lanes
	unmarked int           // deliveries since the position of all was noted
	marked   contract.Pos  // that position
	flushes  []flush       // who waits for it
	room     chan struct{} // closed when streams is full no more; nil when nobody waits
	closed   bool          // nothing new is begun
	ended    bool          // nothing is in flight either

	workers sync.WaitGroup
}

// DeliveryStats is what a Delivery has counted, and holds.
type DeliveryStats struct {
	Delivered, GivenUp uint64 // callbacks
	Retried            uint64 // attempts at them that failed and were not the last
	Streams            int    // with something undelivered, as far as the journal is read
	Held               int    // callbacks read ahead of their turn
}

// Stats returns the counts.
func (d *Delivery) Stats() DeliveryStats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return DeliveryStats{Delivered: d.delivered.Load(), GivenUp: d.givenUp.Load(), Retried: d.retried.Load(), Streams: len(d.streams), Held: d.held}
}

// stream is one conference's or call's callbacks that are not delivered yet.
type stream struct {
	name string
	next contract.Event // the first of them
	last contract.Pos   // of the last one seen in the journal
	idle bool           // next is done and there is none after it: the stream lives for parked ones

	window window // those after next that are held

	again  *contract.Event // a parked one, sent before next; nil: none
	redo   bool            // there may be parked ones that are due
	redone contract.Pos    // those up to here were sent again

	attempts int       // requests made for what is sent now
	failures int       // how often it was told again
	failed   time.Time // when it was first not taken
	taken    time.Time // when the application last took one
}

// now is what is to be sent. Who calls it has the stream's worker, or the lock.
func (s *stream) now() contract.Event {
	if s.again != nil {
		return *s.again
	}
	return s.next
}

// NewDelivery returns a delivery that does nothing before Run.
func NewDelivery(c DeliveryConfig) *Delivery {
	d := &Delivery{client: c.Client, journal: c.Journal, parking: c.Parking, failed: c.Failed, told: c.Told, log: c.Log, retryFor: c.RetryFor,
		streams: make(map[string]*stream), lanes: newLanes(cmp.Or(c.InFlight, defaultInFlight))}
	if d.failed == nil {
		d.failed = func(contract.Event, contract.Warning) {}
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	return d
}

// Run delivers what the journal has and gets, from where the last run left off,
// until ctx ends; then it lets callbacks in flight end and returns nil. It may
// be called once.
func (d *Delivery) Run(ctx context.Context) error {
	defer d.stop()
	d.begun = time.Now()
	for !d.resume(ctx) {
		if !pause(ctx, journalRetry) {
			return nil
		}
	}
	if d.parking != nil {
		d.workers.Go(func() { d.replay(ctx) })
	}
	for {
		if !d.waitForRoom(ctx) {
			return nil
		}
		from := d.position()
		end := d.journal.Committed()
		events, err := d.journal.TailCallbacks(ctx, from, readStep)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			d.log.Error("journal cannot be read for delivery; it is tried again", "err", err)
			if !pause(ctx, journalRetry) {
				return nil
			}
			continue
		}
		d.take(ctx, events, max(from, end))
		if len(events) > 0 {
			continue
		}
		select {
		case <-d.journal.More(d.position()):
		case <-ctx.Done():
			return nil
		}
	}
}

// resume reads where the last run left off.
func (d *Delivery) resume(ctx context.Context) bool {
	cursors, err := d.journal.Cursors(ctx)
	if err != nil {
		if ctx.Err() == nil {
			d.log.Error("cursors cannot be read for delivery; it is tried again", "err", err)
		}
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.read, d.marked = cursors[""], cursors[""]
	delete(cursors, "")
	d.before = cursors
	return true
}

func (d *Delivery) position() contract.Pos {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.read
}

// waitForRoom waits until another stream may be remembered; it reports false
// when ctx ended first.
func (d *Delivery) waitForRoom(ctx context.Context) bool {
	for {
		d.mu.Lock()
		if len(d.streams) < maxStreams {
			d.mu.Unlock()
			return ctx.Err() == nil
		}
		if d.room == nil {
			d.room = make(chan struct{})
		}
		room := d.room
		d.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return false
		}
	}
}

// take puts events in line, and sets workers to what is in line. end is a
// position up to which nothing was left unread, if there were no events.
func (d *Delivery) take(ctx context.Context, events []contract.Event, end contract.Pos) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range events {
		d.read = e.Pos
		name := e.Stream()
		if name == "" || e.Callback == nil || e.Pos <= d.before[name] {
			continue // of nothing, to nobody, or delivered before the restart
		}
		if s, ok := d.streams[name]; ok {
			d.comesLocked(s, e)
			continue
		}
		s := newStream(name)
		d.comesLocked(s, e)
		d.streams[name] = s
		d.lanes.add(s)
	}
	if len(events) == 0 {
		d.read, d.before = end, nil
	}
	for !d.closed {
		s, lane := d.lanes.next()
		if s == nil {
			break
		}
		d.workers.Go(func() { d.work(ctx, s, lane) })
	}
	d.flushLocked()
}

// work delivers one event of s, if that is one, then of whatever is next in line.
func (d *Delivery) work(ctx context.Context, s *stream, l *lane) {
	for s != nil {
		e := d.now(s)
		how := d.tell(ctx, e)
		s.attempts += how.attempts
		wait, more := d.again(s, e, how)
		if how.made != nil {
			d.told(e, s.attempts, *how.made, more)
		}
		if more {
			s.failures++
			d.retried.Add(1)
			d.shut(s)
		} else {
			d.settle(s, e, how.err)
			more = d.advance(ctx, s)
		}
		d.mu.Lock()
		switch {
		case more && wait > 0:
			d.laterLocked(ctx, s, l, wait)
		case more:
			d.lanes.add(s)
		}
		d.lanes.free(l, how.err != nil && transient(how.err))
		s, l = nil, nil
		if !d.closed {
			s, l = d.lanes.next()
		}
		d.mu.Unlock()
	}
}

func (d *Delivery) now(s *stream) contract.Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	return s.now()
}

// pause sleeps; it reports false when ctx ended first.
func pause(ctx context.Context, long time.Duration) bool {
	select {
	case <-time.After(long):
		return true
	case <-ctx.Done():
		return false
	}
}
