package interp

import (
	"context"
	"time"
)

// maxTurns is how many documents may follow each other at once, and
// turnRefill after how long one more may: a document that redirects to itself
// must not load an application, or us, for the length of a call.
const (
	maxTurns   = 50
	waitTurns  = 5
	turnRefill = time.Second
)

// pace counts the turns of a loop: so many at once, then one for each
// turnRefill. It is used by one goroutine.
type pace struct {
	most int
	left int
	at   time.Time // when left was last right
}

func newPace(most int) *pace { return &pace{most: most, left: most, at: time.Now()} }

// turn takes one, if there is one.
func (p *pace) turn() bool {
	gained := int(time.Since(p.at) / turnRefill)
	p.at = p.at.Add(time.Duration(gained) * turnRefill)
	p.left = min(p.most, p.left+gained)
	if p.left == 0 {
		return false
	}
	p.left--
	return true
}

// wait takes one as soon as there is one, or returns ctx's cause.
func (p *pace) wait(ctx context.Context) error {
	for !p.turn() {
		if err := sleep(ctx, turnRefill-time.Since(p.at)); err != nil {
			return err
		}
	}
	return nil
}

// sleep waits for d, or until ctx ends, and returns its cause.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
