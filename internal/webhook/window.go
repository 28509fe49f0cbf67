package webhook

import "confab/internal/contract"

// window holds events of a stream beyond the first, in order and none left out,
// so that not each of them is read from the journal by itself. How many, the
// application earns: each event that it takes doubles them, up to maxAhead, and
// one that it does not take lets go of all. So what is held for applications
// that are dead is next to nothing, however much waits for them in the journal.
type window struct {
	events []contract.Event
	room   int          // how many may be held
	whole  contract.Pos // up to here no event of the stream is left out
}

// newStream returns a stream that has nothing to send.
func newStream(name string) *stream { return &stream{name: name, idle: true, window: window{room: 1}} }

// widen notes that an event was taken.
func (w *window) widen() { w.room = min(max(1, 2*w.room), maxAhead) }

// shut lets go of what is held for a stream whose application did not take an
// event; it is read again when it takes this one.
func (d *Delivery) shut(s *stream) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held -= len(s.window.events)
	s.window = window{whole: s.next.Pos}
}

// comesLocked notes the next event of s that the journal has.
func (d *Delivery) comesLocked(s *stream, e contract.Event) {
	switch w := &s.window; {
	case s.idle:
		s.next, s.idle, w.whole = e, false, e.Pos
	case w.whole == s.last && len(w.events) < w.room && d.held < maxHeld:
		w.events, w.whole = append(w.events, e), e.Pos
		d.held++
	}
	s.last = e.Pos
}

// stepLocked puts the first event that is held in the place of s.next; it
// reports false when none is.
func (d *Delivery) stepLocked(s *stream) bool {
	w := &s.window
	if len(w.events) == 0 {
		return false
	}
	s.next = w.events[0]
	w.events[0], w.events = contract.Event{}, w.events[1:]
	d.held--
	d.flushLocked()
	return true
}

// askLocked is how many events of s are to be read from the journal: one, and
// as many as may be held. Until they are, they count as held.
func (d *Delivery) askLocked(s *stream) (most int) {
	most = 1 + min(s.window.room, max(0, maxHeld-d.held))
	d.held += most
	return most
}

// refillLocked holds events of s that were read from the journal after done, as
// many as were asked for or all up to last. It returns the position up to which
// there is nothing to tell.
func (d *Delivery) refillLocked(s *stream, events []contract.Event, done, last contract.Pos, most int) contract.Pos {
	w, all := &s.window, len(events) < most
	for _, e := range events {
		if e.Pos > s.last { // not seen yet: it comes by itself
			all, last = true, s.last
			break
		}
		w.whole = e.Pos
		switch {
		case e.Callback != nil:
			w.events = append(w.events, e)
			d.held++
		case len(w.events) == 0:
			done = e.Pos // could not be kept whole: of nothing, to nobody
		}
	}
	if all {
		w.whole = max(w.whole, last)
	}
	if len(w.events) == 0 && all {
		done = max(done, last)
	}
	return done
}
