//go:build linux && (amd64 || arm64)

package media

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// chunk is the unit in which the Go runtime maps memory for its heap. A mapping is new:
// advice for all that it has reserved would be forgotten.
const chunk = 4 << 20

// inHugePages asks the kernel for huge pages where p, in the heap, lies. A turn
// touches a thousand sessions, 8 MiB in pages of 4 KiB: more than a processor's
// translation buffers hold, and under a hypervisor each miss is two walks. The
// runtime leaves that to the system's setting, whose usual value is "if asked for"
// (madvise(2), MADV_HUGEPAGE); what small pages there are already it would make into
// huge ones in a minute or more, and with MADV_COLLAPSE does so at once.
func (pl *Plane) inHugePages(p unsafe.Pointer) {
	at := uintptr(p) &^ (chunk - 1)
	if _, done := pl.advised.LoadOrStore(at, struct{}{}); !done {
		for _, advice := range [...]uintptr{unix.MADV_HUGEPAGE, unix.MADV_COLLAPSE} {
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, at, chunk, advice) // a refusal changes nothing
		}
	}
}
