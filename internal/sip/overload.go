package sip

import (
	"math"
	"sync"
	"time"
)

const (
	// overloadTarget is how long what was delivered to a dialog may wait for its
	// turn. Far below T1 (500 ms), at which far ends begin to repeat themselves
	// and make it worse.
	overloadTarget = 50 * time.Millisecond
	// overloadInterval is how often it is judged.
	overloadInterval = 100 * time.Millisecond
	// How much the part of the new calls that is admitted shrinks (its logarithm)
	// per second of wait beyond the target, and per second by which the wait grew:
	// so chosen that the wait settles without swinging.
	perWait   = 0.5
	perGrowth = 5.0
	// recovery is by how much the part grows at least where the wait is short.
	recovery = 1.1
	// leastAdmitted is always admitted: how else would it be known that it is over?
	leastAdmitted = 0.005
)

// overload refuses a part of the new calls while the machine does not keep up,
// so that those it takes are served in time: past its capacity a switch without
// it answers late, is asked again, and in the end serves nobody.
//
// Whether it keeps up is told by how many messages wait between the socket and
// their dialog's goroutine, and how fast they get there. As in CoDel (RFC 8289
// §3.1) the fewest within an interval count: a burst makes some wait, a standing
// queue makes all. The part follows the wait as in PIE (RFC 8033 §4.2), but by
// ratios, so that it settles as fast at ten times the load that can be served as
// at twice.
type overload struct {
	mu       sync.Mutex
	until    time.Time     // the interval's end
	waiting  int           // messages, now
	fewest   int           // within the interval
	turns    int           // messages that had theirs within it
	before   time.Duration // the wait of the interval before
	withheld float64       // 1 less the part that is admitted
	credit   float64       // of the calls let in
}

// wait takes note of a message that waits for its turn.
func (o *overload) wait(now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.judgeLocked(now)
	o.waiting++
}

// turn takes note that so many messages wait no longer.
func (o *overload) turn(now time.Time, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.judgeLocked(now)
	o.waiting -= n
	o.turns += n
	o.fewest = min(o.fewest, o.waiting)
}

// admits decides on one new call.
func (o *overload) admits(now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.judgeLocked(now)
	if o.withheld == 0 {
		return true
	}
	// Evenly, rather than by chance.
	if o.credit += 1 - o.withheld; o.credit < 1 {
		return false
	}
	o.credit--
	return true
}

// judgeLocked ends the interval that has passed, and those after it in which
// nothing happened.
func (o *overload) judgeLocked(now time.Time) {
	if now.Before(o.until) {
		return
	}
	if !o.until.IsZero() {
		// RFC 8033 §4.2: the wait is what waits, by how fast it goes.
		o.adjustLocked(time.Duration(o.fewest) * overloadInterval / time.Duration(max(o.turns, 1)))
		if o.waiting == 0 {
			for range min(now.Sub(o.until)/overloadInterval, 100) {
				o.adjustLocked(0)
			}
		}
	}
	o.until, o.fewest, o.turns = now.Add(overloadInterval), o.waiting, 0
}

func (o *overload) adjustLocked(wait time.Duration) {
	by := math.Exp(-perWait*(wait-overloadTarget).Seconds() - perGrowth*(wait-o.before).Seconds())
	if wait < overloadTarget/2 {
		by = max(by, recovery)
	}
	o.before = wait
	o.withheld = 1 - min(max((1-o.withheld)*by, leastAdmitted), 1)
	if o.withheld == 0 {
		o.credit = 0
	}
}

// part returns which part of the new calls is refused at present, 0 to 1.
func (o *overload) part(now time.Time) float64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.judgeLocked(now)
	return o.withheld
}
