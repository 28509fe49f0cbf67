package media

import "time"

// sleeper is how a loop sleeps to its next slot and is woken before by what is
// put into its mailbox. Its loop sleeps; anybody wakes, and never blocks. A wake
// while the loop is awake lets its next sleep return at once.
type sleeper interface {
	sleep(d time.Duration)
	wake()
}

// timerSleeper sleeps by a timer of Go's: where there is no better, and where
// the clock is a test's.
type timerSleeper struct {
	token chan struct{}
	timer *time.Timer
}

func newTimerSleeper() *timerSleeper {
	return &timerSleeper{token: make(chan struct{}, 1), timer: time.NewTimer(0)}
}

func (s *timerSleeper) sleep(d time.Duration) {
	s.timer.Reset(d)
	select {
	case <-s.token:
	case <-s.timer.C:
	}
}

func (s *timerSleeper) wake() {
	select {
	case s.token <- struct{}{}:
	default: // it is awake already
	}
}
