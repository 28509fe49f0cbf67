package transcript

import (
	"runtime"
	"sync"
	"time"
)

// stallTime is how much later than asked for a sleeper wakes on a machine that
// stands still: more than the jitter buffer of a young call holds, two of which a
// voice has to pass.
const (
	stallTime = 25 * time.Millisecond
	stallNap  = 5 * time.Millisecond
)

// stalls notices when the machine, or this process, stands still: other
// programs, or the virtual machine's host, have taken the processors.
type stalls struct {
	stop chan struct{}
	done sync.WaitGroup

	mu   sync.Mutex
	seen []stall
}

type stall struct {
	end time.Time
	d   time.Duration
}

// watchStalls watches each CPU: of two, one may stand still.
func watchStalls() *stalls {
	s := &stalls{stop: make(chan struct{})}
	for _, settle := range cpus() {
		s.done.Go(func() { s.watch(settle) })
	}
	return s
}

// watch sleeps on a thread of its own, as the media loops do, on the CPU that it is
// put on by settle.
func (s *stalls) watch(settle func()) {
	runtime.LockOSThread() // for good: the thread is no other's
	settle()
	for last := time.Now(); ; {
		select {
		case <-s.stop:
			return
		default:
		}
		nap(stallNap)
		now := time.Now()
		if d := now.Sub(last) - stallNap; d > stallTime {
			s.mu.Lock()
			s.seen = append(s.seen, stall{now, d})
			s.mu.Unlock()
		}
		last = now
	}
}

// since returns the longest stall that has ended since at; 0 when there was none.
func (s *stalls) since(at time.Time) (longest time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, seen := range s.seen {
		if seen.end.After(at) {
			longest = max(longest, seen.d)
		}
	}
	return longest
}

// awaitCalm waits until there has been no stall for d, or for most at the most.
func (s *stalls) awaitCalm(d, most time.Duration) {
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(d / 10) {
		if s.since(time.Now().Add(-d)) == 0 {
			return
		}
	}
}

func (s *stalls) close() {
	close(s.stop)
	s.done.Wait()
}
