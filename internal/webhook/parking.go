package webhook

import (
	"context"
	"time"

	"confab/internal/contract"
)

// Parking keeps the callbacks that were given up, until somebody asks to send
// them again: store.Store meets it. Park and Unpark do not block, and what they
// do is committed before a cursor that is set after them.
type Parking interface {
	// Park keeps an event after so many attempts in all, the last of which failed
	// as the warning says. What else is due in its stream is so no more.
	Park(e contract.Event, attempts int, w contract.Warning)
	// Unpark drops it.
	Unpark(e contract.Event)
	// DueStreams returns the streams, at most max, in which something is due.
	DueStreams(ctx context.Context, max int) ([]string, error)
	// Due returns the first that is due in a stream after a position, and the
	// attempts made at it; ok is false when there is none.
	Due(ctx context.Context, stream string, after contract.Pos) (e contract.Event, attempts int, ok bool, err error)
}

const (
	// parkedEvery is how often it is looked whether something parked is due.
	parkedEvery = time.Second
	// parkedStep is how many streams are taken up at once.
	parkedStep = 64
)

// replay takes up what is due among the parked, until ctx ends.
func (d *Delivery) replay(ctx context.Context) {
	for {
		streams, err := d.parking.DueStreams(ctx, parkedStep)
		if err != nil && ctx.Err() == nil {
			d.log.Error("parked callbacks cannot be read; it is tried again", "err", err)
		}
		for _, name := range streams {
			d.takeUp(ctx, name)
		}
		if !pause(ctx, parkedEvery) {
			return
		}
	}
}

// takeUp lets a stream look for parked events that are due: at once, or when
// what it has in flight is done.
func (d *Delivery) takeUp(ctx context.Context, name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s, ok := d.streams[name]; ok {
		s.redo = true
		return
	}
	if d.closed || len(d.streams) >= maxStreams {
		return
	}
	s := newStream(name)
	s.redo = true
	d.streams[name] = s
	d.workers.Go(func() {
		more := d.choose(ctx, s)
		d.mu.Lock()
		if more {
			d.lanes.add(s)
		}
		var next *stream
		var l *lane
		if !d.closed {
			next, l = d.lanes.next()
		}
		d.mu.Unlock()
		d.work(ctx, next, l)
	})
}

// choose decides what s sends now: a parked event that is due, else the next of
// the journal; it reports false, and forgets s, when there is neither.
func (d *Delivery) choose(ctx context.Context, s *stream) (more bool) {
	for {
		d.mu.Lock()
		look, after := s.redo, s.redone
		s.redo = false
		if !look {
			if s.idle {
				d.forgetLocked(s)
			}
			more = !s.idle
			d.mu.Unlock()
			return more
		}
		d.mu.Unlock()
		e, attempts, ok, err := d.parking.Due(ctx, s.name, after)
		switch {
		case ctx.Err() != nil:
			return false
		case err != nil:
			d.log.Error("a parked callback cannot be read", "stream", s.name, "err", err)
		case ok:
			d.mu.Lock()
			s.again, s.attempts, s.redone = &e, attempts, e.Pos
			s.redo = true // there may be one after it
			d.mu.Unlock()
			return true
		}
	}
}
