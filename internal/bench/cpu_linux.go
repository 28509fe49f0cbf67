package bench

import (
	"fmt"
	"syscall"
	"time"
	"unsafe"
)

// cpu returns the CPU time that the process has used, in all its threads.
//
// clock_getcpuclockid(3): the clock of another process is its id, complemented,
// above three bits that say which of its clocks; 2 is what the scheduler has
// counted, in nanoseconds.
func (p *process) cpu() (time.Duration, error) {
	const scheduled = 2
	clock := int32(^p.cmd.Process.Pid<<3 | scheduled)
	var used syscall.Timespec
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, uintptr(clock), uintptr(unsafe.Pointer(&used)), 0); errno != 0 {
		return 0, fmt.Errorf("CPU time of process %d: %w", p.cmd.Process.Pid, errno)
	}
	return time.Duration(used.Nano()), nil
}
