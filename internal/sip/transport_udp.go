package sip

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// receiveBuffer is what the socket is asked to hold while we are busy. The
// system may grant less.
const receiveBuffer = 4 << 20

// udp is the one UDP socket: requests and answers of both roles pass it, so
// what a NAT has opened for one serves the other.
type udp struct {
	pc      net.PacketConn
	fast    addrPortConn // pc, when it can: saves an allocation per packet
	stamped *net.UDPConn // pc, when the system notes when a datagram comes
	notes   [64]byte     // what it says beside one
}

// addrPortConn is what *net.UDPConn can do beside being a net.PacketConn.
type addrPortConn interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
}

func newUDP(pc net.PacketConn) *udp {
	u := &udp{pc: pc}
	u.fast, _ = pc.(addrPortConn)
	if b, ok := pc.(interface{ SetReadBuffer(int) error }); ok {
		b.SetReadBuffer(receiveBuffer) // best effort
	}
	if c, ok := pc.(*net.UDPConn); ok && stampArrivals(c) {
		u.stamped = c
	}
	return u
}

// read reads a datagram into b. It is called by one goroutine. came is when the
// datagram came to the socket, where the system tells it, or else now.
func (u *udp) read(b []byte) (n int, from netip.AddrPort, came time.Time, err error) {
	switch {
	case u.stamped != nil:
		var notes int
		n, notes, _, from, err = u.stamped.ReadMsgUDPAddrPort(b, u.notes[:])
		came = arrival(u.notes[:notes], time.Now())
	case u.fast != nil:
		n, from, err = u.fast.ReadFromUDPAddrPort(b)
		came = time.Now()
	default:
		var addr net.Addr
		if n, addr, err = u.pc.ReadFrom(b); err == nil {
			from = addrPort(addr)
		}
		came = time.Now()
	}
	return n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), came, err
}

func (u *udp) write(b []byte, to netip.AddrPort) error {
	var err error
	if u.fast != nil {
		_, err = u.fast.WriteToUDPAddrPort(b, to)
	} else {
		_, err = u.pc.WriteTo(b, net.UDPAddrFromAddrPort(to))
	}
	if err != nil {
		return fmt.Errorf("send to %s: %w", to, err)
	}
	return nil
}

// readUDP reads datagrams and hands them on, in the order of their arrival,
// until the socket is closed.
func (s *Server) readUDP() {
	buf := make([]byte, maxDatagram+1)
	for {
		n, from, came, err := s.udp.read(buf)
		if errors.Is(err, net.ErrClosed) || s.stopping() {
			return
		}
		if err != nil {
			s.log.Warn("read SIP over UDP", "error", err)
			s.pause(100 * time.Millisecond)
			continue
		}
		b := buf[:n]
		if keepAlive(b) {
			continue
		}
		s.count.received.Add(1)
		if !s.known(b, from.Addr()) && !s.passes(from.Addr()) {
			s.count.limited.Add(1)
			continue
		}
		s.receive(bytes.Clone(b), flow{network: networkUDP, remote: from}, came)
	}
}

// keepAlive reports whether a datagram only keeps a NAT open: empty, blank
// lines, or zero bytes, as phones send them.
func keepAlive(b []byte) bool {
	return len(b) <= 4 && len(bytes.Trim(b, "\r\n\x00")) == 0
}
