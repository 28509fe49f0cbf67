package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// assemble lets everybody of the load call, s.Rate calls a second, and waits
// until all have been answered. The first call that fails is an error.
func (g *generator) assemble(ctx context.Context, s *Stage, l Load) error {
	return g.join(ctx, s, l, 0, l.Legs())
}

// join lets callers first to last-1 of a load call.
func (g *generator) join(ctx context.Context, s *Stage, l Load, first, last int) error {
	var answered int // before
	g.do(func() {
		answered = g.crowd.answered
		for i := first; i < last; i++ {
			g.waiting = append(g.waiting, g.add(l, i/l.People, i%l.People))
		}
		g.every, g.nextAt = time.Duration(float64(time.Second)/s.Rate), g.now
	})
	shown := time.Now()
	err := g.until(ctx, func() bool {
		if time.Since(shown) > 200*time.Millisecond {
			shown = time.Now()
			s.show("  calling: %d of %d", g.crowd.answered-answered, last-first)
		}
		return g.crowd.answered-answered == last-first || g.crowd.failed > 0
	})
	if err != nil {
		return err
	}
	var refused int
	g.do(func() { err, refused = g.crowd.trouble(), g.crowd.refused })
	if err == nil {
		s.say("  calling: %d of %d, %d refused at first", last-first, last-first, refused)
	}
	return err
}

// trouble says what is wrong with the calls. One that was refused is not: that
// is how a switch defends those that it has.
func (b *batch) trouble() error {
	if b.failure != nil {
		return fmt.Errorf("%d of %d calls failed, the first: %w", b.failed, b.dialled, b.failure)
	}
	return nil
}

// staying returns the callers that stay, those that have been answered.
func (g *generator) staying() (all []*caller) {
	for _, c := range g.callers {
		if c != nil && c.live && c.batch == &g.crowd {
			all = append(all, c)
		}
	}
	return all
}

// The times that a crowd needs before it is counted.
const (
	joinTime   = time.Second // until the last has joined and its jitter buffer has settled
	settleTime = time.Second // until each stream's earliest packet is known
)

// begin waits until all is steady and begins to count.
func (g *generator) begin(ctx context.Context) error {
	if err := pause(ctx, joinTime); err != nil {
		return err
	}
	g.do(func() {
		for _, c := range g.staying() {
			c.in.settle()
		}
	})
	if err := pause(ctx, settleTime); err != nil {
		return err
	}
	g.do(func() {
		for _, c := range g.staying() {
			c.in.mark()
			c.sent = 0
		}
		g.jitter, g.late = histogram{}, histogram{}
		g.overflowed, g.unsent = g.voice.overflows, g.voice.lost
		g.counting = true
	})
	return nil
}

// tally is what a crowd has counted since begin.
type tally struct {
	streamCount
	sent      int64
	overflows uint32 // packets of the switch that were lost because we were slow
	unsent    uint64 // packets that the system did not take from us
	silent    int    // callers that hear nothing any more
	jitter    histogram
	late      histogram // of the generator itself
}

// end stops counting.
func (g *generator) end() (t tally, err error) {
	g.do(func() {
		g.counting = false
		now := time.Now().UnixNano()
		for _, c := range g.staying() {
			t.streamCount.add(c.in.counted())
			t.sent += int64(c.sent)
			if !c.in.started || c.in.silentFor(now) > time.Second {
				t.silent++
			}
		}
		t.jitter, t.late = g.jitter, g.late
		t.overflows, t.unsent = g.voice.overflows-g.overflowed, g.voice.lost-g.unsent
		err = g.crowd.trouble()
	})
	return t, err
}

// add counts what was counted another time as well.
func (t *tally) add(other tally) {
	t.streamCount.add(other.streamCount)
	t.sent += other.sent
	t.overflows += other.overflows
	t.unsent += other.unsent
	t.silent = max(t.silent, other.silent)
	t.jitter.join(&other.jitter)
	t.late.join(&other.late)
}

// trouble says what was wrong with the voice; what was lost because the
// generator was slow is not the switch's.
func (t *tally) trouble() error {
	var all error
	if lost := t.lost - int64(t.overflows); lost > 0 {
		all = errors.Join(all, fmt.Errorf("%d packets of %d lost on the way from the switch", lost, t.lost+t.received))
	}
	if t.silent > 0 {
		all = errors.Join(all, fmt.Errorf("%d callers are sent nothing", t.silent))
	}
	if t.duplicates+t.foreign > 0 {
		all = errors.Join(all, fmt.Errorf("%d packets came twice, %d were no voice of the call's", t.duplicates, t.foreign))
	}
	if t.unsent > 0 {
		all = errors.Join(all, fmt.Errorf("%d packets of the callers were not taken by the system", t.unsent))
	}
	return all
}

// slow says how late the generator itself was, when that was late.
func (t *tally) slow() []string {
	if p99 := t.late.quantile(0.99); p99 > slowGenerator || t.overflows > 0 {
		return []string{fmt.Sprintf("the generator was late itself: p99 %.1f ms, %d packets lost to it; what it sent was as uneven", ms(p99), t.overflows)}
	}
	return nil
}

// slowGenerator is how late the generator's slots may be.
const slowGenerator = 5 * time.Millisecond

// leave hangs everybody up who stands in a room, at a rate that a switch takes.
func (g *generator) leave(ctx context.Context) error {
	var live []*caller
	g.do(func() { live = g.staying() })
	err := g.until(ctx, func() bool {
		n := min(20, len(live)) // in 10 ms
		for _, c := range live[:n] {
			c.hangUp(g)
		}
		live = live[n:]
		return len(live) == 0
	})
	if err != nil {
		return err
	}
	return g.until(ctx, func() bool { return g.crowd.over == g.crowd.dialled })
}
