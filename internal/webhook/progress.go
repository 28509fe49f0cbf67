package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"confab/internal/contract"
)

// errDeliveryStopped: Run has ended.
var errDeliveryStopped = errors.New("delivery has stopped")

// flush is one who waits until all is done up to a position.
type flush struct {
	to   contract.Pos
	done chan struct{}
}

// Flush waits until everything that was committed when it was called has been
// delivered or given up. It is an error when Run ends before that.
func (d *Delivery) Flush(ctx context.Context) error {
	f := flush{to: d.journal.Committed(), done: make(chan struct{})}
	d.mu.Lock()
	d.flushes = append(d.flushes, f)
	d.flushLocked()
	d.mu.Unlock()
	select {
	case <-f.done:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if low := d.lowLocked(); low < f.to {
		return fmt.Errorf("flush callbacks: %w at %d, before %d", errDeliveryStopped, low, f.to)
	}
	return nil
}

// advance notes that what s sent is done, and puts in its place what is next; it
// reports false when nothing is.
func (d *Delivery) advance(ctx context.Context, s *stream) (more bool) {
	d.mu.Lock()
	parked := s.again != nil
	s.again, s.attempts, s.failures = nil, 0, 0
	d.mu.Unlock()
	if !parked && !d.forward(ctx, s) {
		return false
	}
	return d.choose(ctx, s)
}

// forward puts the event of the journal after s.next in its place, or notes that
// there is none; it reports false when Run ends.
func (d *Delivery) forward(ctx context.Context, s *stream) bool {
	done := s.next.Pos
	for {
		d.mu.Lock()
		d.markLocked(s.name, done)
		if d.stepLocked(s) {
			d.mu.Unlock()
			return true
		}
		last := s.last
		if done >= last {
			s.next.Pos, s.idle = done, true
			d.flushLocked()
			d.mu.Unlock()
			return true
		}
		most := d.askLocked(s)
		d.mu.Unlock()
		events, err := d.journal.TailStream(ctx, s.name, done, most)
		d.mu.Lock()
		d.held -= most
		if err == nil {
			done = d.refillLocked(s, events, done, last, most)
		}
		d.mu.Unlock()
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return false // Run ends; the next one goes on here
		default:
			d.log.Error("journal cannot be read for delivery; it is tried again", "stream", s.name, "after", done, "err", err)
			if !pause(ctx, journalRetry) {
				return false
			}
		}
	}
}

// forgetLocked drops a stream that has nothing to send.
func (d *Delivery) forgetLocked(s *stream) {
	delete(d.streams, s.name)
	if s.next.Pos > 0 {
		d.markAllLocked()
	}
	d.flushLocked()
	if d.room != nil {
		close(d.room)
		d.room = nil
	}
}

// markLocked notes that a stream is done up to pos; now and then, up to where all
// are.
func (d *Delivery) markLocked(name string, pos contract.Pos) {
	d.unmarked++
	d.journal.SetCursor(name, pos)
	if d.unmarked >= markEvery {
		d.unmarked = 0
		d.markLowLocked()
	}
}

// markAllLocked marks up to where all streams are, if that is plain: none has
// anything to send.
func (d *Delivery) markAllLocked() {
	if len(d.streams) == 0 {
		d.unmarked = 0
		d.markLowLocked()
	}
}

func (d *Delivery) markLowLocked() {
	if low := d.lowLocked(); low > d.marked {
		d.marked = low
		d.journal.SetCursor("", low)
	}
}

// lowLocked is the position up to which everything is done.
func (d *Delivery) lowLocked() contract.Pos {
	low := d.read
	for _, s := range d.streams {
		if !s.idle {
			low = min(low, s.next.Pos-1)
		}
	}
	return low
}

// flushLocked wakes those whose position is reached; all, when Run has ended.
func (d *Delivery) flushLocked() {
	if len(d.flushes) == 0 {
		return
	}
	low := d.lowLocked()
	d.flushes = slices.DeleteFunc(d.flushes, func(f flush) bool {
		if low < f.to && !d.ended {
			return false
		}
		close(f.done)
		return true
	})
}

// stop lets what is in flight end.
func (d *Delivery) stop() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.workers.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended = true
	d.markLowLocked()
	d.flushLocked()
}
