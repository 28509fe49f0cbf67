//go:build !linux || !(amd64 || arm64)

package bench

import (
	"errors"
	"net/netip"
)

// wire needs Linux: elsewhere nothing can be sent.
type wire struct {
	port      uint16
	overflows uint32
	lost      uint64
}

type sender struct{}

func (*sender) set(netip.Addr, netip.AddrPort) {}

type arrived struct {
	to   netip.Addr
	at   int64
	data []byte
}

func newWire(uint16) (*wire, error) {
	return nil, errors.New("the bench runs on Linux alone, on a 64-bit system: it sends from many addresses through one socket")
}

func (*wire) send(*sender, []byte, []byte) {}
func (*wire) flush()                       {}
func (*wire) read(func(arrived)) int       { return 0 }
func (*wire) close()                       {}
