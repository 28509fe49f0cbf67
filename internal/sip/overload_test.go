package sip

import (
	"testing"
	"time"
)

// load offers calls at a rate to a switch that serves one after another, each
// in cost, for d; it returns how many were taken and refused, and the longest
// wait in the second half.
func load(o *overload, start time.Time, rate int, cost, d time.Duration) (taken, refused int, worst time.Duration) {
	var waiting []time.Time
	free := start // when the one being served is done
	serve := func(until time.Time) {
		for len(waiting) > 0 && !free.After(until) {
			o.turn(free, 1)
			if waiting[0].Sub(start) > d/2 {
				worst = max(worst, free.Sub(waiting[0]))
			}
			waiting, free = waiting[1:], free.Add(cost)
		}
	}
	for at := start; at.Before(start.Add(d)); at = at.Add(time.Second / time.Duration(rate)) {
		serve(at)
		if !o.admits(at) {
			refused++
			continue
		}
		taken++
		if len(waiting) == 0 && free.Before(at) {
			free = at
		}
		o.wait(at)
		waiting = append(waiting, at)
	}
	serve(start.Add(d + time.Hour))
	return taken, refused, worst
}

func TestOverload_refusesNothingWithinCapacity(t *testing.T) {
	var o overload
	taken, refused, _ := load(&o, time.Now(), 900, time.Millisecond, 10*time.Second)
	if refused > 0 || taken < 8990 {
		t.Errorf("%d taken, %d refused", taken, refused)
	}
}

// Twice, and ten times, what it can do: it goes on doing what it can, in time.
func TestOverload_servesWhatItCan(t *testing.T) {
	for _, rate := range []int{1500, 2000, 10000} {
		var o overload
		start := time.Now()
		taken, refused, worst := load(&o, start, rate, time.Millisecond, 60*time.Second)
		if taken < 51000 || taken > 61000 || worst > 400*time.Millisecond || taken+refused < 60*rate {
			t.Errorf("%d/s: %d taken of 60,000 that it can, %d refused, the longest wait %v", rate, taken, refused, worst)
		}
		// And when it is over, it is over.
		end := start.Add(70 * time.Second)
		if part := o.part(end); part != 0 {
			t.Errorf("%d/s: %v is refused ten seconds later", rate, part)
		}
		if taken, refused, _ := load(&o, end, 500, time.Millisecond, time.Second); refused > 0 || taken == 0 {
			t.Errorf("%d/s: afterwards %d taken, %d refused", rate, taken, refused)
		}
	}
}

// A burst makes some wait, and nobody is refused for it.
func TestOverload_takesBursts(t *testing.T) {
	var o overload
	now := time.Now()
	for range 20 {
		for range 200 { // at once, each served in a millisecond
			if !o.admits(now) {
				t.Fatal("refused")
			}
			o.wait(now)
		}
		for i := range 200 {
			o.turn(now.Add(time.Duration(i)*time.Millisecond), 1)
		}
		now = now.Add(time.Second)
	}
}
