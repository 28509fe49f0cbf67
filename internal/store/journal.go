package store

import (
	"fmt"
	"sync"
	"time"

	"confab/internal/contract"
)

// maxBacklog is how many events may wait for the disk before the journal calls
// itself full: some seconds of the busiest switch, some tens of megabytes.
const maxBacklog = 20_000

// cursorPatience is how long a cursor, or a part of a story, waits for something to be committed with:
// a commit of its own costs the disk as much as one with events, which would wait
// for it. In a crash, events that were delivered meanwhile are delivered again.
const cursorPatience = 100 * time.Millisecond

// journal is what stands between those who append and the writer: the positions
// given, the events not yet taken, and who waits. Its mutex is held for a few
// assignments, never over a disk.
type journal struct {
	mu        sync.Mutex
	last      contract.Pos // last position given
	committed contract.Pos
	queue     []contract.Event // committed < … ≤ last, but for those the writer has taken
	cursors   map[string]contract.Pos
	kept      []kept
	keeping   int       // bytes of kept, and of what the writer has taken of it
	since     time.Time // when the first of cursors and kept came
	notices   []notice
	parkings  []parking
	waiting   map[contract.Pos]chan struct{} // by the position that must be passed; nil after the end
	failing   error                          // why the last commit failed
	closed    bool

	wake chan struct{} // holds one: there is something to write, or close
	quit chan struct{} // closed by close
}

// notice is a warning about an event that is committed already.
type notice struct {
	event   contract.Event
	warning contract.Warning
	at      time.Time
}

// work is what one transaction writes.
type work struct {
	events   []contract.Event
	cursors  map[string]contract.Pos
	notices  []notice
	parkings []parking
	kept     []kept
}

func (w work) empty() bool {
	return len(w.events)+len(w.cursors)+len(w.notices)+len(w.parkings)+len(w.kept) == 0
}

func newJournal(last contract.Pos) *journal {
	return &journal{last: last, committed: last,
		cursors: make(map[string]contract.Pos),
		waiting: make(map[contract.Pos]chan struct{}),
		wake:    make(chan struct{}, 1),
		quit:    make(chan struct{})}
}

func (j *journal) append(e contract.Event) contract.Pos {
	j.mu.Lock()
	j.last++
	e.Pos = j.last
	if !j.closed {
		j.queue = append(j.queue, e)
	}
	j.mu.Unlock()
	j.signal()
	return e.Pos
}

func (j *journal) setCursor(stream string, pos contract.Pos) {
	j.mu.Lock()
	first := j.patientLocked()
	j.cursors[stream] = pos
	j.mu.Unlock()
	if first {
		j.signal()
	}
}

func (j *journal) warn(e contract.Event, w contract.Warning) {
	j.mu.Lock()
	j.notices = append(j.notices, notice{event: e, warning: w, at: time.Now()})
	j.mu.Unlock()
	j.signal()
}

// signal wakes the writer, once however often it is called.
func (j *journal) signal() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// sleep waits until there is something to write, or for so long if that is not
// zero.
func (j *journal) sleep(long time.Duration) {
	if long == 0 {
		<-j.wake
		return
	}
	select {
	case <-j.wake:
	case <-time.After(long):
	}
}

// take gives the writer what is to be written, at most max events. When there is
// nothing but cursors and stories, they stay until they have waited long enough; wait is how
// long that is from now, and zero when nothing stays.
func (j *journal) take(max int) (w work, wait time.Duration, closed bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.queue)+len(j.notices)+len(j.parkings) == 0 && len(j.cursors)+len(j.kept) > 0 && !j.closed {
		if wait := cursorPatience - time.Since(j.since); wait > 0 {
			return work{}, wait, false
		}
	}
	w.events = j.queue
	if len(w.events) > max {
		w.events, j.queue = w.events[:max:max], w.events[max:]
	} else {
		j.queue = nil
	}
	w.cursors, w.notices, w.parkings = j.cursors, j.notices, j.parkings
	j.cursors, j.notices, j.parkings = make(map[string]contract.Pos), nil, nil
	if j.queue == nil { // a story comes after the record of what it is of
		w.kept, j.kept = j.kept, nil
	}
	return w, 0, j.closed
}

// done notes that w is committed, and wakes those who waited for it.
func (j *journal) done(w work) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.failing = nil
	for _, k := range w.kept {
		j.keeping -= k.size()
	}
	if len(w.events) == 0 {
		return
	}
	j.committed = w.events[len(w.events)-1].Pos
	for pos, c := range j.waiting {
		if pos < j.committed {
			close(c)
			delete(j.waiting, pos)
		}
	}
}

// failed notes why nothing can be committed; it reports whether that is news.
func (j *journal) failed(err error) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	news := j.failing == nil
	j.failing = err
	return news
}

func (j *journal) committedTo() contract.Pos {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.committed
}

func (j *journal) more(after contract.Pos) <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	if c, ok := j.waiting[after]; ok {
		return c
	}
	c := make(chan struct{})
	if after < j.committed || j.waiting == nil {
		close(c)
	} else {
		j.waiting[after] = c
	}
	return c
}

func (j *journal) backlog() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return int(j.last - j.committed)
}

func (j *journal) healthy() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.closed:
		return ErrClosed
	case j.failing != nil:
		return fmt.Errorf("journal: %w", j.failing)
	case j.last-j.committed > maxBacklog:
		return fmt.Errorf("%w: %d events wait", ErrBacklog, j.last-j.committed)
	}
	return nil
}

// close lets nothing more in; the writer ends when it has written the rest.
func (j *journal) close() {
	j.mu.Lock()
	j.closed = true
	close(j.quit)
	j.mu.Unlock()
	j.signal()
}

func (j *journal) isClosed() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.closed
}

// end wakes all who still wait, after the writer, and says what was lost.
func (j *journal) end() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range j.waiting {
		close(c)
	}
	j.waiting = nil
	if j.failing != nil {
		return fmt.Errorf("journal: %d events were not committed: %w", j.last-j.committed, j.failing)
	}
	return nil
}
