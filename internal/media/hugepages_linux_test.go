//go:build linux && (amd64 || arm64)

package media

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"unsafe"
)

// Sessions lie in memory that is in huge pages, however much the heap has grown between
// two of them.
func TestInHugePages_followsTheHeap(t *testing.T) {
	if setting, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled"); err != nil || strings.Contains(string(setting), "[never]") {
		t.Skipf("this system has none: %s, %v", setting, err)
	}
	p := new(Plane)
	var sessions []*Session
	var between [][]byte
	for range 200 {
		s := new(Session)
		p.inHugePages(unsafe.Pointer(s))
		sessions = append(sessions, s)
		for range 40 {
			between = append(between, make([]byte, 4096))
		}
	}
	for i, s := range sessions {
		flags, err := flagsOf(uintptr(unsafe.Pointer(s)))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(flags+" ", " hg ") {
			t.Fatalf("session %d lies where huge pages were not asked for: %s", i, flags)
		}
	}
	runtime.KeepAlive(between)
}

// flagsOf returns what the kernel notes of the mapping in which at lies (proc(5), VmFlags).
func flagsOf(at uintptr) (string, error) {
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return "", err
	}
	defer f.Close()
	within := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var from, to uintptr
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x ", &from, &to); n == 2 {
			within = from <= at && at < to
		}
		if flags, ok := strings.CutPrefix(lines.Text(), "VmFlags:"); ok && within {
			return flags, nil
		}
	}
	return "", fmt.Errorf("no mapping at %#x", at)
}
