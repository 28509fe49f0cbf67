package sip

import (
	"container/heap"
	"sync"
	"time"
)

// aftermath is the one goroutine of all dialogs over UDP whose calls have ended. What is
// left of each, for 32 s at the most, is to answer what comes again: at a thousand calls
// a second tens of thousands of stacks would wait for it.
type aftermath struct {
	done func() // one dialog is over

	mu    sync.Mutex
	woken []*dialog // something has been posted to them; one may be here twice
	wake  chan struct{}

	due alarms // of the goroutine alone
}

func newAftermath(done func()) *aftermath {
	return &aftermath{done: done, wake: make(chan struct{}, 1)}
}

// add lets the goroutine look at a dialog. It never blocks.
func (a *aftermath) add(d *dialog) {
	a.mu.Lock()
	a.woken = append(a.woken, d)
	a.mu.Unlock()
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// run is the goroutine, until stop: by then every dialog must be over.
func (a *aftermath) run(stop <-chan struct{}) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		a.mu.Lock()
		woken := a.woken
		a.woken = nil
		a.mu.Unlock()
		for _, d := range woken {
			a.look(d)
		}
		for len(a.due) > 0 && !a.due[0].at.After(time.Now()) {
			if x := heap.Pop(&a.due).(alarm); x.d.alarm.Equal(x.at) {
				a.look(x.d)
			}
		}
		timer.Stop()
		if len(a.due) > 0 {
			timer.Reset(time.Until(a.due[0].at))
		}
		select {
		case <-a.wake:
		case <-timer.C:
		case <-stop:
			return
		}
	}
}

// look has a dialog do what is to be done now, and buries it or notes when to look again.
func (a *aftermath) look(d *dialog) {
	if d.buried {
		return
	}
	d.work()
	if d.over() {
		d.bury()
		a.done()
		return
	}
	if at, ok := d.timers.next(); ok && !at.Equal(d.alarm) {
		d.alarm = at
		heap.Push(&a.due, alarm{at, d})
	}
}

// alarm is when to look at a dialog, unless that has changed since (dialog.alarm).
type alarm struct {
	at time.Time
	d  *dialog
}

// alarms is a heap.Interface, the earliest in front.
type alarms []alarm

func (a alarms) Len() int           { return len(a) }
func (a alarms) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a alarms) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *alarms) Push(x any)        { *a = append(*a, x.(alarm)) }

func (a *alarms) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	(*a)[last] = alarm{}
	*a = (*a)[:last]
	return x
}
