package demo

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"
)

const (
	audible = -35 // dBov: who speaks is heard at −20

	// enough is in how many tenths of a second somebody must have been heard in
	// a turn to count as heard, be it only once that they should not be.
	enough = 2
)

// timeline is what happens, as it happens. Everybody writes to it, and waits for
// what others write; who draws it takes pictures.
type timeline struct {
	length time.Duration // of the meeting, by the script

	mu      sync.Mutex
	began   time.Time
	state   picture
	failed  error
	heard   chan struct{} // closed when the turn that goes on is heard by all who should hear it
	changed chan struct{} // closed and replaced whenever something happens
}

func newTimeline(length time.Duration) *timeline {
	t := &timeline{length: length, began: time.Now(), changed: make(chan struct{})}
	t.state = picture{length: length, opened: never, started: never, ended: never}
	for i := range t.state.lanes {
		t.state.lanes[i] = lane{dialled: never, joined: never, muted: never, left: never}
	}
	return t
}

// change lets f write to the state, and tells who waits. f is told what time it is.
func (t *timeline) change(f func(p *picture, at moment)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f(&t.state, time.Since(t.began))
	close(t.changed)
	t.changed = make(chan struct{})
}

// picture returns what has happened until now.
func (t *timeline) picture() *picture {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state.copy(time.Since(t.began))
}

// changes returns a channel that is closed when something happens next.
func (t *timeline) changes() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.changed
}

// await waits until cond is true. What has gone wrong, and that it takes longer
// than within, which missing words, is an error.
func (t *timeline) await(ctx context.Context, missing string, within time.Duration, cond func(*picture) bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("%s within %v", missing, within))
	defer cancel()
	for {
		t.mu.Lock()
		changed, failed, done := t.changed, t.failed, cond(&t.state)
		t.mu.Unlock()
		if failed != nil || done {
			return failed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// until waits until a moment of the script. What has gone wrong is an error.
func (t *timeline) until(ctx context.Context, b beat) error {
	t.mu.Lock()
	failed, wait := t.failed, b.of(t.length)-time.Since(t.began)
	t.mu.Unlock()
	if failed != nil {
		return failed
	}
	return pause(ctx, wait)
}

// fail takes note of what went wrong; the first is what counts.
func (t *timeline) fail(err error) {
	t.change(func(p *picture, at moment) {
		if t.failed == nil {
			t.failed = err
		}
		p.note(at, nobody, "fails", err.Error())
	})
}

// opens is the beginning: the switch is there.
func (t *timeline) opens(sip string) {
	t.change(func(p *picture, _ moment) {
		t.began = time.Now()
		p.dial = "sip:" + number + "@" + sip
		p.note(0, nobody, "opens", p.dial)
	})
}

func (t *timeline) dials(i int) {
	t.change(func(p *picture, at moment) {
		p.lanes[i].dialled = at
		p.note(at, i, "calls", "from "+cast[i].number)
	})
}

// told takes an event that the application was told; i is whom it is of, or
// nobody.
func (t *timeline) told(i int, form url.Values) {
	said := func(names ...string) (text string) {
		for _, n := range names {
			text += n + "=" + form.Get(n) + " "
		}
		return text
	}
	event := form.Get("StatusCallbackEvent")
	t.change(func(p *picture, at moment) {
		switch event {
		case "conference-start":
			p.started = at
			p.note(at, i, event, said("FriendlyName", "ConferenceSid"))
		case "conference-end":
			p.ended = at
			p.note(at, i, event, said("ReasonConferenceEnded"))
		case "participant-join":
			if p.opened == never {
				p.opened = at
			}
			p.lanes[i].joined = at
			p.note(at, i, event, said("Muted", "CallSid"))
		case "participant-mute":
			p.lanes[i].muted = at
			p.note(at, i, event, said("Muted", "CallSid"))
		case "participant-leave":
			p.lanes[i].left = at
			p.note(at, i, event, said("ReasonParticipantLeft"))
		}
	})
}

// posts is the application's request to mute somebody.
func (t *timeline) posts(i int, call string) {
	t.change(func(p *picture, at moment) {
		p.note(at, i, "POST", muted+" to …/Participants/"+call+".json")
	})
}

// speaks begins a turn of somebody's. The channel is closed when all who should
// hear it have heard it.
func (t *timeline) speaks(s scene, i int) <-chan struct{} {
	heard := make(chan struct{})
	t.change(func(p *picture, at moment) {
		turn := turn{scene: s, from: at, to: never}
		p.lanes[i].turns = append(p.lanes[i].turns, turn)
		if t.heard = heard; turn.complete(i) { // nobody should
			close(heard)
		}
	})
	return heard
}

// silent ends the turn of somebody's.
func (t *timeline) silent(i int) {
	t.change(func(p *picture, at moment) {
		last := p.lanes[i].speaking()
		if last.to = at; !last.decided(at) {
			return // it was cut short
		}
		p.note(at, i, "spoke", "heard by "+list(last.hearers()))
	})
}

// hears takes the levels, dBov, of everybody's pitch in a tenth of a second that
// somebody hears.
func (t *timeline) hears(listener int, levels []float64) {
	t.change(func(p *picture, _ moment) {
		for k, level := range levels {
			turn := p.lanes[k].speaking()
			if turn == nil || level < audible {
				continue
			}
			was := turn.complete(k)
			turn.heard[listener]++
			if turn.complete(k) && !was {
				close(t.heard)
			}
		}
	})
}
