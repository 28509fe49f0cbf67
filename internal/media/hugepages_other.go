//go:build !linux || !(amd64 || arm64)

package media

import "unsafe"

func (*Plane) inHugePages(unsafe.Pointer) {}
