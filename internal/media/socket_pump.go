package media

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// pumpBacklog is how many datagrams may wait for the loop: what a receive
// buffer of the usual default size holds.
const pumpBacklog = 256

// pumpSocket is the portable socket: a goroutine reads a net.PacketConn into a
// bounded queue, which Read empties. It costs a wake-up per packet, so it serves
// where there is no batched I/O, and in tests.
type pumpSocket struct {
	conn      net.PacketConn
	overflows atomic.Uint64
	wg        sync.WaitGroup

	mu    sync.Mutex
	queue []Packet
	err   error
}

func newPumpSocket(conn net.PacketConn) *pumpSocket {
	s := &pumpSocket{conn: conn}
	s.wg.Go(s.pump)
	return s
}

func (s *pumpSocket) pump() {
	buf := make([]byte, maxDatagram+1)
	for {
		n, addr, err := s.conn.ReadFrom(buf)
		if err != nil {
			s.mu.Lock()
			s.err = err
			s.mu.Unlock()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			time.Sleep(slotDuration) // some systems tell here what became of a packet that was sent
			continue
		}
		source, ok := addrPort(addr)
		if !ok || n > maxDatagram {
			continue
		}
		p := Packet{Addr: source, Data: append([]byte(nil), buf[:n]...), At: time.Now().UnixNano()}
		s.mu.Lock()
		if len(s.queue) < pumpBacklog {
			s.queue = append(s.queue, p)
		} else {
			s.overflows.Add(1)
		}
		s.mu.Unlock()
	}
}

func (s *pumpSocket) Read(packets []Packet) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(packets), len(s.queue))
	for i, p := range s.queue[:n] {
		data := packets[i].Data[:cap(packets[i].Data)]
		packets[i] = Packet{Addr: p.Addr, Data: data[:copy(data, p.Data)], At: p.At}
	}
	s.queue = slices.Delete(s.queue, 0, n)
	if n == 0 {
		err := s.err
		s.err = nil
		return 0, err
	}
	return n, nil
}

func (s *pumpSocket) Write(packets []Packet) (int, error) {
	sent := 0
	var first error
	for _, p := range packets {
		if _, err := s.conn.WriteTo(p.Data, net.UDPAddrFromAddrPort(p.Addr)); err == nil {
			sent++
		} else if first == nil {
			first = err
		}
	}
	return sent, first
}

func (s *pumpSocket) SendAside(data []byte, to netip.AddrPort) error {
	_, err := s.conn.WriteTo(data, net.UDPAddrFromAddrPort(to))
	return err
}

func (s *pumpSocket) Overflows() uint64 { return s.overflows.Load() }

func (s *pumpSocket) Close() error {
	err := s.conn.Close()
	s.wg.Wait()
	return err
}

func addrPort(addr net.Addr) (netip.AddrPort, bool) {
	udp, ok := addr.(*net.UDPAddr)
	if !ok {
		return netip.AddrPort{}, false
	}
	a := udp.AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()), a.IsValid()
}
