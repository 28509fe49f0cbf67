//go:build !amd64

package media

import "unsafe"

func prefetch(unsafe.Pointer, uintptr) {}
