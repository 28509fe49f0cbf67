//go:build linux && (amd64 || arm64)

package media

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// arena is the unit in which the Go runtime takes memory for its heap.
const arena = 64 << 20

// inHugePages asks the kernel for huge pages where p, in the heap, lies. A turn
// touches a thousand sessions, 8 MiB in pages of 4 KiB: more than a processor's
// translation buffers hold, and under a hypervisor each miss is two walks. The
// runtime leaves that to the system's setting, whose usual value is "if asked for"
// (madvise(2), MADV_HUGEPAGE).
func (pl *Plane) inHugePages(p unsafe.Pointer) {
	at := uintptr(p) &^ (arena - 1)
	if _, done := pl.advised.LoadOrStore(at, struct{}{}); !done {
		_, _, _ = unix.RawSyscall(unix.SYS_MADVISE, at, arena, unix.MADV_HUGEPAGE) // it is advice: a refusal changes nothing
	}
}
