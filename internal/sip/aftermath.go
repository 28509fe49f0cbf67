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
		for len(a.due) > 0 && !a.due[0].alarm.After(time.Now()) {
			a.look(a.due[0])
		}
		timer.Stop()
		if len(a.due) > 0 {
			timer.Reset(time.Until(a.due[0].alarm))
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
	select {
	case <-d.gone: // it was woken once more before
		return
	default:
	}
	d.work()
	if d.over() {
		a.forget(d)
		d.bury()
		a.done()
		return
	}
	at, ok := d.timers.next()
	switch {
	case !ok:
		a.forget(d)
	case d.rank == 0:
		d.alarm = at
		heap.Push(&a.due, d)
	case !at.Equal(d.alarm):
		d.alarm = at
		heap.Fix(&a.due, d.rank-1)
	}
}

// forget looks at a dialog no more, until something is posted to it.
func (a *aftermath) forget(d *dialog) {
	if d.rank > 0 {
		heap.Remove(&a.due, d.rank-1)
	}
}

// alarms is a heap.Interface of the dialogs that have an alarm, the earliest in front;
// dialog.rank counts from 1.
type alarms []*dialog

func (a alarms) Len() int           { return len(a) }
func (a alarms) Less(i, j int) bool { return a[i].alarm.Before(a[j].alarm) }

func (a alarms) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].rank, a[j].rank = i+1, j+1
}

func (a *alarms) Push(x any) {
	d := x.(*dialog)
	*a = append(*a, d)
	d.rank = len(*a)
}

func (a *alarms) Pop() any {
	last := len(*a) - 1
	d := (*a)[last]
	(*a)[last] = nil
	*a = (*a)[:last]
	d.rank = 0
	return d
}
