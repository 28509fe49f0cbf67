package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// cores says on which cores what runs: the switch, and the echo, on one, the
// generator on another, so that neither is in the other's way and a figure is
// one core's. The zero value leaves it to the system.
type cores struct {
	apart           bool
	server, callers int
	before          unix.CPUSet // what we may run on
}

// chooseCores chooses two cores of those that we may run on, such that they
// share no execution units where that can be had. The error says why not.
func chooseCores() (cores, error) {
	var c cores
	if err := unix.SchedGetaffinity(0, &c.before); err != nil {
		return cores{}, fmt.Errorf("which cores there are: %w", err)
	}
	var may []int
	for i := range 8 * len(c.before) * 8 {
		if c.before.IsSet(i) {
			may = append(may, i)
		}
	}
	if len(may) < 2 {
		return cores{}, fmt.Errorf("one core only: the switch and the generator share it")
	}
	c.callers, c.server, c.apart = may[0], may[1], true
	for _, i := range may[1:] {
		if !siblings(c.callers, i) {
			c.server = i
			break
		}
	}
	return c, nil
}

// siblings reports whether two cores are threads of one.
func siblings(a, b int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", a))
	if err != nil {
		return false
	}
	for part := range strings.SplitSeq(strings.TrimSpace(string(text)), ",") {
		first, last, ok := strings.Cut(part, "-")
		if !ok {
			last = first
		}
		low, err1 := strconv.Atoi(first)
		high, err2 := strconv.Atoi(last)
		if err1 == nil && err2 == nil && low <= b && b <= high {
			return true
		}
	}
	return false
}

// keepTo lets all threads of this process run on the generator's core alone,
// until release.
func (c cores) keepTo() error {
	if !c.apart {
		return nil
	}
	var one unix.CPUSet
	one.Set(c.callers)
	return allThreads(&one)
}

// release lets this process run where it could before.
func (c cores) release() error {
	if !c.apart {
		return nil
	}
	return allThreads(&c.before)
}

func allThreads(set *unix.CPUSet) error {
	tasks, err := filepath.Glob("/proc/self/task/*")
	if err != nil {
		return err
	}
	for _, task := range tasks {
		id, err := strconv.Atoi(filepath.Base(task))
		if err != nil {
			continue
		}
		if err := unix.SchedSetaffinity(id, set); err != nil && err != unix.ESRCH { // it has ended meanwhile
			return fmt.Errorf("keep to a core: %w", err)
		}
	}
	return nil
}

// start runs f on a thread whose children run on the switch's core alone.
func (c cores) start(f func() error) error {
	if !c.apart {
		return f()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var own, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &own); err != nil {
		return fmt.Errorf("keep to a core: %w", err)
	}
	one.Set(c.server)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return fmt.Errorf("keep to a core: %w", err)
	}
	defer func() { _ = unix.SchedSetaffinity(0, &own) }()
	return f()
}

func (c cores) String() string {
	if !c.apart {
		return "cores as the system likes"
	}
	text := fmt.Sprintf("the switch on core %d, the generator on core %d", c.server, c.callers)
	if siblings(c.server, c.callers) {
		text += " (two threads of one core)"
	}
	return text
}
