package sip

import (
	"slices"
	"sync"
	"time"
)

const (
	// overloadTarget is how long a message may wait for its turn, from when it came to
	// the socket. Far below T1 (500 ms), at which far ends begin to repeat themselves
	// and make it worse.
	overloadTarget = 50 * time.Millisecond
	// overloadMost is how long it may be before it is known whether it grows shorter, and
	// lasts for how many intervals in a row it has not done so: who has stood still for a
	// moment, and has more time than work, catches up by itself.
	overloadMost = 300 * time.Millisecond
	lasts        = 3
	// overloadInterval is how often it is judged, unless too little happens to tell.
	overloadInterval = 100 * time.Millisecond
	mostInterval     = 10 * overloadInterval
	// mostPast is over how many intervals the speed is measured.
	mostPast = 10
	// few is how many messages, or new calls in an interval, are no load. That many
	// may wait for a dialog of their own that is busy, and say nothing of the machine
	// (RFC 8289 §3.1 has the same exception for a queue of one packet).
	few = 8
	// drainTime is how long a wait takes to go away: a wait of a half of it withholds
	// a half of what can be served. A call is work for as long after it was let in, so
	// what is withheld faster is withheld twice.
	drainTime = time.Second
	// By how much more the rate grows in each interval in a row in which the wait is
	// short, and by how much at most: what the machine can may have been something else
	// than was thought, and is looked for faster and faster. Where few calls come it
	// grows by relief.
	growth     = 0.02
	mostGrowth = 0.2
	relief     = 1.0
	// leastRate, in calls a second, is always admitted: how else would it be known that
	// it is over?
	leastRate = 2.0
	// calm is how many intervals in a row without a refusal, or a long wait, end it.
	calm = 5
)

// overload refuses a part of the new calls while the machine does not keep up,
// so that those it takes are served in time: past its capacity a switch without
// it answers late, is asked again, and in the end serves nobody.
//
// Whether it keeps up is told by how long messages wait, from the socket to their
// dialog's goroutine. As in CoDel (RFC 8289 §3.1) the shortest wait within an interval
// counts: a burst makes some wait, a standing queue makes all. What the machine can
// is measured while they wait, for then it has all that it can do: the calls that get
// their final answer in a second. So many are admitted, less what makes the wait go
// away, and more little by little while there is none. It begins when a wait does not
// grow shorter by itself.
type overload struct {
	mu      sync.Mutex
	began   time.Time // the interval
	waiting int       // messages, now
	now     interval

	before   time.Duration // the wait of the interval before
	lasted   int           // intervals in a row in which it was long and grew no shorter
	limited  bool
	capacity float64 // calls a second that it can, as far as is known
	rate     float64 // calls a second that are admitted
	tokens   float64
	filled   time.Time // when tokens were last added to
	calm     int       // intervals in a row without a refusal or a long wait
	eased    int       // intervals in a row with a short wait
	withheld float64   // part of the calls of the last interval that were refused

	past []interval // of the load that there is, the last second's
}

// interval is what has happened in one.
type interval struct {
	length  time.Duration
	turns   int           // messages that had theirs
	least   time.Duration // that one of them had waited
	asked   int           // new calls
	refused int           // of them
	settled int           // new calls that had their final answer
}

// wait takes note of a message that waits for its turn.
func (o *overload) wait(now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.judgeLocked(now)
	o.waiting++
}

// turn takes note that a message that came at came has its turn.
func (o *overload) turn(now, came time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.judgeLocked(now)
	o.waiting--
	if d := now.Sub(came); o.now.turns == 0 || d < o.now.least {
		o.now.least = d
	}
	o.now.turns++
}

// drop takes note that so many messages wait no longer, without a turn.
func (o *overload) drop(now time.Time, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.judgeLocked(now)
	o.waiting -= n
}

// settle takes note that a call that was admitted has its final answer.
func (o *overload) settle(now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.judgeLocked(now)
	o.now.settled++
}

// admits decides on one new call.
func (o *overload) admits(now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.judgeLocked(now)
	o.now.asked++
	if !o.limited {
		return true
	}
	o.tokens = min(o.tokens+o.rate*now.Sub(o.filled).Seconds(), max(1, o.rate*overloadInterval.Seconds()))
	o.filled = now
	if o.tokens < 1 {
		o.now.refused++
		return false
	}
	o.tokens--
	return true
}

// part returns which part of the new calls is refused at present, 0 to 1.
func (o *overload) part(now time.Time) float64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.judgeLocked(now)
	return o.withheld
}

// judgeLocked ends the interval that has passed, and those after it in which
// nothing happened.
func (o *overload) judgeLocked(now time.Time) {
	if o.began.IsZero() {
		o.began = now
	}
	i := &o.now
	i.length = now.Sub(o.began)
	tells := i.turns >= few || o.waiting <= few
	if i.length < overloadInterval || !tells && i.length < mostInterval {
		return
	}
	var wait time.Duration
	switch {
	case i.turns >= few:
		wait = i.least
	case o.waiting > few: // and nothing has moved for long
		wait = i.length
	}
	o.withheld = float64(i.refused) / float64(max(i.asked, 1))
	o.noteLocked()
	if o.lasted++; wait <= overloadTarget || wait < o.before {
		o.lasted = 0
	}
	o.before = wait
	switch {
	case wait <= overloadTarget:
		o.relieveLocked(wait)
	case o.limited || o.lasted >= lasts || wait > overloadMost || o.longLocked():
		o.holdLocked(wait)
	}
	if i.asked, i.refused = 0, 0; o.waiting <= few {
		for range min(i.length/overloadInterval-1, 100) { // in which nothing happened
			o.relieveLocked(0)
		}
	}
	o.began, o.now = now, interval{}
}

// longLocked reports whether so many messages wait that the last of them would wait for
// longer than overloadMost.
func (o *overload) longLocked() bool {
	return float64(o.waiting) > o.speedLocked()*overloadMost.Seconds()
}

// noteLocked keeps the interval, or forgets all of them when there is no load whose
// speed could be known.
func (o *overload) noteLocked() {
	if i := &o.now; i.asked <= few && i.settled <= few {
		o.past = o.past[:0]
		return
	}
	if len(o.past) == mostPast {
		o.past = slices.Delete(o.past, 0, 1)
	}
	o.past = append(o.past, o.now)
}

// speedLocked returns how many calls a second are served.
func (o *overload) speedLocked() float64 {
	all := o.past
	if len(all) == 0 { // the interval that ends was no load
		all = []interval{o.now}
	}
	var settled int
	var length time.Duration
	for _, i := range all {
		settled += i.settled
		length += i.length
	}
	return float64(settled) / length.Seconds()
}

// holdLocked lets fewer calls in, for messages wait too long.
func (o *overload) holdLocked(wait time.Duration) {
	speed := o.speedLocked()
	if !o.limited {
		// Of a load that has just begun few calls have been answered yet.
		o.limited, o.tokens = true, 0
		o.capacity = max(speed, min(2*speed, float64(o.now.asked)/o.now.length.Seconds()))
		o.filled = o.began.Add(o.now.length)
	}
	o.calm, o.eased = 0, 0
	o.capacity += 0.3 * (speed - o.capacity)
	o.setLocked(1 - min(1, (wait-overloadTarget/2).Seconds()/drainTime.Seconds()))
}

// relieveLocked lets more calls in after an interval without a long wait, and in the
// end all.
func (o *overload) relieveLocked(wait time.Duration) {
	if !o.limited {
		return
	}
	if wait > overloadTarget/2 {
		o.eased = 0
		o.setLocked(1)
		return
	}
	o.eased++
	by := min(growth*float64(o.eased), mostGrowth)
	if o.now.asked <= few {
		by = relief
	}
	o.capacity = max(o.capacity, leastRate) * (1 + by)
	o.setLocked(1)
	if o.now.refused > 0 {
		o.calm = 0
	} else if o.calm++; o.calm >= calm {
		o.limited, o.withheld = false, 0
	}
}

// setLocked admits that part of what it can from now on.
func (o *overload) setLocked(part float64) {
	o.rate = max(leastRate, o.capacity*part)
}
