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
// A short sleep is a system call that the scheduler does not know of. It takes the
// processor of Go's from one that it knows of after 10 ms at the latest, and its watcher
// then looks every 20 µs whether there is more to take: a thousand wake-ups a second, and a
// fifteenth of what a loop with a thousand sessions uses. A garbage collection need not
// wait for it: it sends the thread a signal, which ends a sleep.
type futexSleeper struct{ word atomic.Uint32 }

// States of futexSleeper.word.
const (
	sleeperAwake  = iota
	sleeperWoken  // the next sleep, or the present one, is over
	sleeperAsleep // a wake must enter the kernel
)

// shortSleep is how long a loop sleeps at most that has work: less than two ticks. One
// that has none gives its processor of Go's to others.
const shortSleep = 2 * tickDuration

func newSleeper() sleeper { return new(futexSleeper) }

func (s *futexSleeper) sleep(d time.Duration) {
	defer s.word.Store(sleeperAwake)
	for until := time.Now().Add(d); d > 0; d = time.Until(until) {
		if s.word.Load() != sleeperAsleep && !s.word.CompareAndSwap(sleeperAwake, sleeperAsleep) {
			return
		}
		call := syscall.RawSyscall6
		if d > shortSleep {
			call = syscall.Syscall6
		}
		timeout := unix.NsecToTimespec(int64(d))
		// FUTEX_WAIT returns at once if the word is no longer sleeperAsleep, so no
		// wake is missed. A signal (the scheduler's own) ends it early.
		call(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&s.word)), futexWait|futexPrivate, sleeperAsleep,
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

// sharpen lets the calling thread run when its time has come, whatever else wants the
// CPU: a loop is in a hurry eight times in twenty milliseconds, and what it shares a
// CPU with, the store and the garbage collector, can wait.
//
//   - It is woken on time: by default up to 50 µs late, so that several are woken at
//     once (prctl(2), PR_SET_TIMERSLACK).
//   - It asks for short slices, so the scheduler lets it in before who has longer ones (Linux
//     6.12, sched(7), "Custom slices"; older ones take no notice). Everybody may.
//   - Its share is that of a nice value of -10, where the process may ask for it
//     (CAP_SYS_NICE, or RLIMIT_NICE).
//
// Threads that it makes have none of that.
func sharpen() {
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	mine := unix.SchedAttr{Policy: unix.SCHED_NORMAL, Flags: unix.SCHED_FLAG_RESET_ON_FORK, Nice: urgentNice, Runtime: uint64(urgentSlice)}
	if unix.SchedSetAttr(0, &mine, 0) != nil {
		mine.Nice = 0
		if now, err := unix.SchedGetAttr(0, 0); err == nil {
			mine.Nice = now.Nice
		}
		_ = unix.SchedSetAttr(0, &mine, 0)
	}
}

// What sharpen asks for.
const (
	urgentNice  = -10
	urgentSlice = 300 * time.Microsecond
)
