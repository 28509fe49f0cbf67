package story

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
)

// LINKTYPE_RAW: packets begin with the IP header, of either version.
const linkRaw = 101

const (
	ipv4Size = 20
	ipv6Size = 40
	udpSize  = 8
	protoUDP = 17
)

// WritePCAP writes messages as a capture file in the classic format (pcap 2.4,
// microseconds), for Wireshark and the like. What was sent over TCP, and the frames
// of a WebSocket, stand in it as datagrams too: each message is one packet, with
// headers of IP and UDP that are made here.
func WritePCAP(w io.Writer, messages []Message) error {
	head := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	head = binary.LittleEndian.AppendUint16(head, 2)
	head = binary.LittleEndian.AppendUint16(head, 4)
	head = append(head, make([]byte, 8)...) // time zone, accuracy: unused
	head = binary.LittleEndian.AppendUint32(head, 65535+ipv6Size)
	head = binary.LittleEndian.AppendUint32(head, linkRaw)
	if _, err := w.Write(head); err != nil {
		return fmt.Errorf("write capture: %w", err)
	}
	for i, m := range messages {
		packet := datagram(uint16(i+1), m)
		at := m.At.UnixMicro()
		record := binary.LittleEndian.AppendUint32(nil, uint32(at/1e6))
		record = binary.LittleEndian.AppendUint32(record, uint32(at%1e6))
		record = binary.LittleEndian.AppendUint32(record, uint32(len(packet)))
		record = binary.LittleEndian.AppendUint32(record, uint32(len(packet)))
		if _, err := w.Write(append(record, packet...)); err != nil {
			return fmt.Errorf("write capture: %w", err)
		}
	}
	return nil
}

// datagram is a message in UDP in IP.
func datagram(id uint16, m Message) []byte {
	from, to := address(m.From), address(m.To)
	if from.Addr().Is4() != to.Addr().Is4() { // seen through different sockets
		from = netip.AddrPortFrom(netip.AddrFrom16(from.Addr().As16()), from.Port())
		to = netip.AddrPortFrom(netip.AddrFrom16(to.Addr().As16()), to.Port())
	}
	text := []byte(m.Text)
	text = text[:min(len(text), 65535-ipv4Size-udpSize)]
	udp := make([]byte, udpSize+len(text))
	binary.BigEndian.PutUint16(udp[0:], from.Port())
	binary.BigEndian.PutUint16(udp[2:], to.Port())
	binary.BigEndian.PutUint16(udp[4:], uint16(len(udp)))
	copy(udp[udpSize:], text)
	src, dst := from.Addr().AsSlice(), to.Addr().AsSlice()
	pseudo := append(append([]byte(nil), src...), dst...) // RFC 768; RFC 8200 §8.1
	pseudo = binary.BigEndian.AppendUint32(pseudo, uint32(len(udp)))
	pseudo = binary.BigEndian.AppendUint32(pseudo, protoUDP)
	sum := checksum(append(pseudo, udp...))
	if sum == 0 {
		sum = 0xffff // RFC 768: zero says that there is none
	}
	binary.BigEndian.PutUint16(udp[6:], sum)
	var ip []byte
	if from.Addr().Is4() { // RFC 791 §3.1
		ip = make([]byte, ipv4Size)
		ip[0] = 0x45
		binary.BigEndian.PutUint16(ip[2:], uint16(ipv4Size+len(udp)))
		binary.BigEndian.PutUint16(ip[4:], id)
		ip[8], ip[9] = 64, protoUDP
		copy(ip[12:], src)
		copy(ip[16:], dst)
		binary.BigEndian.PutUint16(ip[10:], checksum(ip))
	} else { // RFC 8200 §3
		ip = make([]byte, ipv6Size)
		ip[0] = 0x60
		binary.BigEndian.PutUint16(ip[4:], uint16(len(udp)))
		ip[6], ip[7] = protoUDP, 64
		copy(ip[8:], src)
		copy(ip[24:], dst)
	}
	return append(ip, udp...)
}

// address reads an address and port; what is none is the unspecified one.
func address(text string) netip.AddrPort {
	a, err := netip.ParseAddrPort(text)
	if err != nil {
		return netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	}
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// checksum is that of the Internet (RFC 1071).
func checksum(b []byte) uint16 {
	var sum uint32
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(b[0])<<8 | uint32(b[1])
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
