//go:build linux && (amd64 || arm64)

package bench

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// wire is one UDP socket of all callers. Each of them has an address of its own,
// for that is how a switch tells them apart, and a socket for each would cost a
// system call for each packet. So the socket is bound to no address, and each
// packet says which address of this machine it comes from, or has come to:
// ip(7), IP_PKTINFO. On loopback every address of 127.0.0.0/8 is one.
type wire struct {
	fd        int
	port      uint16
	overflows uint32 // packets lost because we read too late: socket(7), SO_RXQ_OVFL

	out     [wireBatch]mmsghdr
	iovs    [wireBatch][2]unix.Iovec
	in      [wireBatch]mmsghdr
	into    [wireBatch]unix.Iovec
	room    [wireBatch][wireSize]byte
	control [wireBatch][wireControl]byte
	taken   int    // packets of out
	lost    uint64 // packets that the system did not take
}

const (
	wireBatch   = 64      // packets of one system call
	wireSize    = 2048    // bytes of the longest packet
	wireControl = 128     // bytes: a time stamp, a count and an address, each with its header
	wireBuffer  = 8 << 20 // bytes that the kernel is asked to hold for us
)

// mmsghdr is struct mmsghdr of recvmmsg(2) on a 64-bit system.
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
	_   [4]byte
}

// sender is what says where a packet comes from and goes to, made once for each caller.
type sender struct {
	to      unix.RawSockaddrInet4
	control struct {
		unix.Cmsghdr
		unix.Inet4Pktinfo
		_ [4]byte
	}
}

// set says that packets go from an address of ours to another.
func (s *sender) set(from netip.Addr, to netip.AddrPort) {
	s.to = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: to.Addr().As4()}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&s.to.Port))[:], to.Port())
	s.control.Level, s.control.Type = unix.IPPROTO_IP, unix.IP_PKTINFO
	s.control.SetLen(unix.SizeofCmsghdr + unix.SizeofInet4Pktinfo)
	s.control.Spec_dst = from.As4()
}

// newWire opens a socket on a port; 0 takes a free one.
func newWire(port uint16) (*wire, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("callers' socket: %w", err)
	}
	w := &wire{fd: fd}
	_ = unix.BindToDevice(fd, "lo") // nobody else's packets; without it, they are not of our addresses
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1)
	for _, option := range [][2]int{{unix.SO_RCVBUFFORCE, unix.SO_RCVBUF}, {unix.SO_SNDBUFFORCE, unix.SO_SNDBUF}} {
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, option[0], wireBuffer) != nil { // forcing takes privilege
			_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, option[1], wireBuffer)
		}
	}
	err = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_PKTINFO, 1)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Port: int(port)})
	}
	var name unix.Sockaddr
	if err == nil {
		name, err = unix.Getsockname(fd)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("callers' socket on port %d: %w", port, err)
	}
	w.port = uint16(name.(*unix.SockaddrInet4).Port)
	return w, nil
}

// send puts a packet, in two parts of which the second may be empty, among those
// that go with the next flush. Both must stay as they are until then.
func (w *wire) send(s *sender, head, body []byte) {
	if w.taken == wireBatch {
		w.flush()
	}
	iov := &w.iovs[w.taken]
	iov[0].Base = &head[0]
	iov[0].SetLen(len(head))
	parts := 1
	if len(body) > 0 {
		iov[1].Base = &body[0]
		iov[1].SetLen(len(body))
		parts = 2
	}
	h := &w.out[w.taken].hdr
	*h = unix.Msghdr{Name: (*byte)(unsafe.Pointer(&s.to)), Namelen: unix.SizeofSockaddrInet4,
		Iov: &iov[0], Control: (*byte)(unsafe.Pointer(&s.control))}
	h.SetIovlen(parts)
	h.SetControllen(int(unsafe.Sizeof(s.control)))
	w.taken++
}

// flush sends what waits.
func (w *wire) flush() {
	for at := 0; at < w.taken; {
		n, _, errno := syscall.RawSyscall6(unix.SYS_SENDMMSG, uintptr(w.fd), uintptr(unsafe.Pointer(&w.out[at])),
			uintptr(w.taken-at), unix.MSG_DONTWAIT, 0, 0)
		if errno != 0 {
			w.lost++ // the first of them; go on behind it
			at++
			continue
		}
		at += int(n)
	}
	w.taken = 0
}

// arrived is a packet that has come.
type arrived struct {
	to   netip.Addr // which address of ours
	at   int64      // when it reached this machine, Unix time in ns
	data []byte     // until the next read
}

// read hands what has come to take, a batch, and returns how many it was.
func (w *wire) read(take func(arrived)) int {
	for i := range w.in {
		iov := &w.into[i]
		iov.Base = &w.room[i][0]
		iov.SetLen(wireSize)
		h := &w.in[i].hdr
		*h = unix.Msghdr{Iov: iov, Control: &w.control[i][0]}
		h.SetIovlen(1)
		h.SetControllen(wireControl)
	}
	n, _, errno := syscall.RawSyscall6(unix.SYS_RECVMMSG, uintptr(w.fd), uintptr(unsafe.Pointer(&w.in[0])), wireBatch, unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0
	}
	for i := range int(n) {
		p := arrived{data: w.room[i][:w.in[i].len]}
		w.readControl(w.control[i][:w.in[i].hdr.Controllen], &p)
		take(p)
	}
	return int(n)
}

// readControl reads the control messages of a packet (cmsg(3)).
func (w *wire) readControl(b []byte, p *arrived) {
	for len(b) >= unix.SizeofCmsghdr {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
		n := int(h.Len)
		if n < unix.SizeofCmsghdr || n > len(b) {
			return
		}
		data := b[unix.SizeofCmsghdr:n]
		switch {
		case h.Level == unix.SOL_SOCKET && h.Type == unix.SCM_TIMESTAMPNS && len(data) >= 16:
			p.at = int64(binary.NativeEndian.Uint64(data))*1e9 + int64(binary.NativeEndian.Uint64(data[8:]))
		case h.Level == unix.SOL_SOCKET && h.Type == unix.SO_RXQ_OVFL && len(data) >= 4:
			w.overflows = binary.NativeEndian.Uint32(data)
		case h.Level == unix.IPPROTO_IP && h.Type == unix.IP_PKTINFO && len(data) >= unix.SizeofInet4Pktinfo:
			p.to = netip.AddrFrom4([4]byte(data[8:12])) // ipi_addr: as the header has it
		}
		b = b[min(len(b), (n+7)&^7):]
	}
}

func (w *wire) close() { _ = unix.Close(w.fd) }
