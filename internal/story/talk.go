package story

import (
	"time"

	"confab/internal/contract"
)

// talk is who speaks when in one conference.
type talk struct {
	spurts  []Spurt // over, not yet written
	open    map[contract.CallSID]time.Time
	taken   int
	leftOut int
	part    int
	flying  []flown
	since   time.Time
	ended   time.Time
}

// spurtSize is what a spurt takes, in bytes.
const spurtSize = 100

// Talks takes that a participant of a conference begins or ceases to speak, as
// the conference hears it.
func (b *Book) Talks(conference contract.ConferenceSID, call contract.CallSID, talking bool) {
	if b == nil {
		return
	}
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.conferences[conference]
	if t == nil {
		if len(b.conferences) >= maxStories || !talking {
			return
		}
		t = &talk{open: make(map[contract.CallSID]time.Time)}
		b.conferences[conference] = t
	}
	began, speaks := t.open[call]
	switch {
	case talking && !speaks:
		t.open[call] = now
	case !talking && speaks:
		delete(t.open, call)
		b.spurt(t, Spurt{Call: string(call), At: Time{began}, End: &Time{now}})
	}
}

func (b *Book) spurt(t *talk, s Spurt) {
	if t.taken++; t.taken > maxSpurts || !b.room(spurtSize) {
		b.leftOut["spurt"]++
		t.leftOut++
		return
	}
	if len(t.spurts) == 0 {
		t.since = time.Now()
	}
	t.spurts = append(t.spurts, s)
	b.waiting += spurtSize
}

// speaking returns those who speak now.
func (t *talk) speaking() (all []Spurt) {
	for call, at := range t.open {
		all = append(all, Spurt{Call: string(call), At: Time{at}})
	}
	return all
}
