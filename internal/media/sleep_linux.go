package media

import (
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// futexSleeper sleeps in the kernel. A timer of Go's fires half a millisecond to
// two late and costs five system calls and two changes of thread, four hundred
// times a second: for a loop with small rooms as much as their packets. Worse, who
// is woken by another thread wakes on that one's CPU, far from the caches that
// hold its sessions: in a room of a thousand that cost 0.4 of an echo of all packets.
//
// The sleep is a system call that the scheduler knows of (Syscall, not
// RawSyscall), so that a garbage collection does not wait for it.
type futexSleeper struct{ word atomic.Uint32 }

// States of futexSleeper.word.
const (
	sleeperAwake  = iota
	sleeperWoken  // the next sleep, or the present one, is over
	sleeperAsleep // a wake must enter the kernel
)

// longestSleep is for how long a loop that has work sleeps at a time. After 10 ms
// of a system call the scheduler takes back the processor that belongs to the
// thread, and its watcher then looks every 20 µs for a while.
const longestSleep = 4 * time.Millisecond

func newSleeper() sleeper { return new(futexSleeper) }

func (s *futexSleeper) sleep(d time.Duration) {
	defer s.word.Store(sleeperAwake)
	for until := time.Now().Add(d); d > 0; d = time.Until(until) {
		if s.word.Load() != sleeperAsleep && !s.word.CompareAndSwap(sleeperAwake, sleeperAsleep) {
			return
		}
		if d < time.Second {
			d = min(d, longestSleep)
		}
		timeout := unix.NsecToTimespec(int64(d))
		// FUTEX_WAIT returns at once if the word is no longer sleeperAsleep, so no
		// wake is missed. A signal (the scheduler's own) ends it early.
		syscall.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&s.word)), futexWait|futexPrivate, sleeperAsleep,
			uintptr(unsafe.Pointer(&timeout)), 0, 0)
	}
}

func (s *futexSleeper) wake() {
	if s.word.Swap(sleeperWoken) == sleeperAsleep {
		syscall.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&s.word)), futexWake|futexPrivate, 1, 0, 0, 0)
	}
}

// Operations of futex(2).
const (
	futexWait    = 0
	futexWake    = 1
	futexPrivate = 128
)

// pinTo keeps the calling thread on a CPU.
func pinTo(cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	return unix.SchedSetaffinity(0, &set)
}

// mayUse reports whether this process may run on a CPU.
func mayUse(cpu int) bool {
	var set unix.CPUSet
	return unix.SchedGetaffinity(0, &set) != nil || set.IsSet(cpu)
}

// sharpen lets the kernel wake the calling thread on time: by default it may be
// 50 µs late, so as to wake several at once (prctl(2), PR_SET_TIMERSLACK).
func sharpen() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) }
