//go:build !linux || !(amd64 || arm64)

package media

import "net"

// ioScratch is empty where there is no batched I/O.
type ioScratch struct{}

func newScratch() *ioScratch { return nil }

func newBatchSocket(net.PacketConn, *ioScratch) (realSocket, error) { return nil, errUnbatched }
