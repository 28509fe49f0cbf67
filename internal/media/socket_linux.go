//go:build linux && (amd64 || arm64)

package media

import (
	"cmp"
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// receiveBuffer is what a socket asks the kernel for, in bytes. The usual
// default holds 256 packets of 172 bytes: 5 ms of a thousand talkers.
const receiveBuffer = 8 << 20

// sendBuffer likewise: what waits for the network card counts against it, and a
// room of a thousand is sent a thousand packets at once.
const sendBuffer = 4 << 20

// batchSocket reads and writes with recvmmsg and sendmmsg: one system call for
// up to ioBatch datagrams, none of them waited for. x/net's batches do the same
// and allocate twice per packet.
//
// The descriptor is a duplicate that the runtime does not know of: one in its
// network poller wakes a thread of the scheduler for each datagram that comes while
// the loop sleeps, to find that nobody waits for it. With a thousand legs those were
// ten thousand changes of thread a second, and half of what the process used.
type batchSocket struct {
	fd        int        // -1 when closed
	mu        sync.Mutex // of closing, and of who sends beside the loop
	io        *ioScratch
	v6        bool // the socket's family is AF_INET6
	granted   int  // receive buffer, bytes, as the kernel grants it
	overflows uint64
}

// ioScratch is the memory of batched system calls. All sockets of a loop share
// one, since they are used one after another.
type ioScratch struct {
	in, out batch
	control [ioBatch][controlSize]byte // of in; aligned for struct cmsghdr by what stands before it
}

// batch is what recvmmsg or sendmmsg is called with: its headers lead to its vectors and
// names, once for all calls.
type batch struct {
	msgs  [ioBatch]mmsghdr
	iovs  [ioBatch]unix.Iovec
	names [ioBatch]unix.RawSockaddrInet6 // large enough for both families
}

func newScratch() *ioScratch {
	io := new(ioScratch)
	for _, b := range []*batch{&io.in, &io.out} {
		for i := range b.msgs {
			h := &b.msgs[i].hdr
			h.Name, h.Iov = (*byte)(unsafe.Pointer(&b.names[i])), &b.iovs[i]
			h.SetIovlen(1)
		}
	}
	for i := range io.control {
		io.in.msgs[i].hdr.Control = &io.control[i][0]
	}
	return io
}

// mmsghdr is struct mmsghdr of recvmmsg(2) on a 64-bit system.
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
	_   [4]byte
}

// controlSize holds a time stamp (SO_TIMESTAMPNS) and an overflow count
// (SO_RXQ_OVFL), each with its header.
const controlSize = 64

// newBatchSocket takes over conn: it is closed, and its socket lives on here.
func newBatchSocket(conn net.PacketConn, scratch *ioScratch) (*batchSocket, error) {
	udp, ok := conn.(*net.UDPConn)
	if !ok {
		return nil, errUnbatched
	}
	raw, err := udp.SyscallConn()
	if err != nil {
		return nil, err
	}
	s := &batchSocket{fd: -1, io: scratch}
	var failed error
	err = raw.Control(func(fd uintptr) {
		s.fd, failed = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err = cmp.Or(err, failed); err != nil {
		return nil, err
	}
	_ = conn.Close()
	if domain, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_DOMAIN); err == nil {
		s.v6 = domain == unix.AF_INET6
	}
	askForBuffer(s.fd, unix.SO_RCVBUFFORCE, unix.SO_RCVBUF, receiveBuffer)
	askForBuffer(s.fd, unix.SO_SNDBUFFORCE, unix.SO_SNDBUF, sendBuffer)
	if v, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF); err == nil {
		s.granted = v / 2 // the kernel doubles it for its own book-keeping: socket(7)
	}
	if !s.v6 { // whole or not at all: else the kernel makes up an identity for each packet, in case it is cut in pieces
		_ = unix.SetsockoptInt(s.fd, unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_PROBE)
	}
	_ = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	_ = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1)
	return s, nil
}

// askForBuffer asks for a buffer of so many bytes. Forcing past the system's
// limit takes privilege; asking does not.
func askForBuffer(fd, force, ask, bytes int) {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, force, bytes) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, ask, bytes)
	}
}

func (s *batchSocket) Read(packets []Packet) (int, error) {
	if s.fd < 0 {
		return 0, net.ErrClosed
	}
	packets = packets[:min(len(packets), ioBatch)]
	in := &s.io.in
	for i := range packets {
		data := packets[i].Data[:cap(packets[i].Data)]
		packets[i].Data = data
		in.iovs[i].Base = &data[0]
		in.iovs[i].SetLen(len(data))
		h := &in.msgs[i].hdr
		h.Namelen = unix.SizeofSockaddrInet6
		h.SetControllen(controlSize)
	}
	n, _, errno := syscall.RawSyscall6(unix.SYS_RECVMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&in.msgs[0])),
		uintptr(len(packets)), unix.MSG_DONTWAIT, 0, 0)
	switch errno {
	case 0:
	case unix.EAGAIN, unix.EINTR, unix.ECONNREFUSED:
		return 0, nil // nothing there; or an ICMP error of something we sent
	default:
		return 0, errno
	}
	kept := 0
	for i := range packets[:n] {
		m, p := &in.msgs[i], packets[i]
		addr, ok := readName(&in.names[i])
		if !ok || m.hdr.Flags&unix.MSG_TRUNC != 0 {
			continue
		}
		p.Addr, p.Data = addr, p.Data[:m.len]
		p.At = s.readControl(s.io.control[i][:m.hdr.Controllen])
		packets[i] = packets[kept] // swapped, so that no two packets share their memory
		packets[kept] = p
		kept++
	}
	return kept, nil
}

func (s *batchSocket) Write(packets []Packet) (int, error) {
	if s.fd < 0 {
		return 0, net.ErrClosed
	}
	out := &s.io.out
	sent := 0
	var first error
	for len(packets) > 0 {
		some := packets[:min(len(packets), ioBatch)]
		for i := range some {
			p := &some[i]
			out.iovs[i].Base = &p.Data[0]
			out.iovs[i].SetLen(len(p.Data))
			out.msgs[i].hdr.Namelen = writeName(&out.names[i], p.Addr, s.v6)
		}
		n, _, errno := syscall.RawSyscall6(unix.SYS_SENDMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&out.msgs[0])),
			uintptr(len(some)), unix.MSG_DONTWAIT, 0, 0)
		switch {
		case errno == unix.EAGAIN: // the send buffer is full, and will be for those behind it
			return sent, errno
		case errno != 0:
			if first == nil {
				first = errno
			}
			packets = packets[1:] // the first of the batch cannot be sent: lost; go on behind it
		default: // some, up to one that cannot be sent
			sent += int(n)
			packets = packets[max(int(n), 1):]
		}
	}
	return sent, first
}

func (s *batchSocket) Overflows() uint64 { return s.overflows }

// ReceiveBuffer returns the receive buffer that the kernel granted, in bytes.
func (s *batchSocket) ReceiveBuffer() int { return s.granted }

func (s *batchSocket) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 {
		return net.ErrClosed
	}
	fd := s.fd
	s.fd = -1
	return unix.Close(fd)
}

func (s *batchSocket) SendAside(data []byte, to netip.AddrPort) error {
	if len(data) == 0 {
		return nil
	}
	// The lock is held over a system call that does not block, for as long as the
	// descriptor must be ours.
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 {
		return net.ErrClosed
	}
	var name unix.RawSockaddrInet6
	size := writeName(&name, to, s.v6)
	_, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(&data[0])), uintptr(len(data)),
		unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&name)), uintptr(size))
	if errno != 0 {
		return errno
	}
	return nil
}

// readControl returns the time stamp among the control messages and takes note
// of the overflow count (socket(7), cmsg(3)).
func (s *batchSocket) readControl(b []byte) (at int64) {
	for len(b) >= unix.SizeofCmsghdr {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
		n := int(h.Len)
		if n < unix.SizeofCmsghdr || n > len(b) {
			break
		}
		data := b[unix.SizeofCmsghdr:n]
		if h.Level == unix.SOL_SOCKET {
			switch {
			case h.Type == unix.SCM_TIMESTAMPNS && len(data) >= 16:
				at = int64(binary.NativeEndian.Uint64(data))*1e9 + int64(binary.NativeEndian.Uint64(data[8:]))
			case h.Type == unix.SO_RXQ_OVFL && len(data) >= 4:
				// The count is 32 bits wide and wraps.
				s.overflows += uint64(binary.NativeEndian.Uint32(data) - uint32(s.overflows))
			}
		}
		b = b[min(len(b), (n+7)&^7):]
	}
	return at
}

func readName(name *unix.RawSockaddrInet6) (netip.AddrPort, bool) {
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&name.Port))[:])
	switch name.Family {
	case unix.AF_INET:
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), port), true
	case unix.AF_INET6:
		return netip.AddrPortFrom(netip.AddrFrom16(name.Addr).Unmap(), port), true
	}
	return netip.AddrPort{}, false
}

// writeName writes addr for a socket of IPv6, or not (v6). An address of IPv6
// stays one even so: the system refuses the packet.
func writeName(name *unix.RawSockaddrInet6, addr netip.AddrPort, v6 bool) (size uint32) {
	if v6 || !addr.Addr().Unmap().Is4() {
		*name = unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: addr.Addr().As16()}
		binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&name.Port))[:], addr.Port())
		return unix.SizeofSockaddrInet6
	}
	v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
	*v4 = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: addr.Addr().As4()}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&v4.Port))[:], addr.Port())
	return unix.SizeofSockaddrInet4
}
