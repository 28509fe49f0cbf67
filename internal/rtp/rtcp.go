package rtp

import (
	"encoding/binary"
	"errors"
	"time"
)

// ErrRTCP is the error of an RTCP packet that breaks RFC 3550 §6.
var ErrRTCP = errors.New("rtp: malformed RTCP packet")

// Packet types of RTCP (RFC 3550 §12.1).
const (
	typeSR   = 200
	typeRR   = 201
	typeSDES = 202
	typeBye  = 203
)

const itemCNAME = 1 // RFC 3550 §12.2

// SenderReport is what an SR says of its sender's stream (RFC 3550 §6.4.1).
type SenderReport struct {
	NTP       uint64 // wall-clock time of the report; see NTP
	Timestamp uint32 // the same moment in RTP timestamps
	Packets   uint32 // sent so far
	Octets    uint32 // of payload
}

// ReceptionReport is a report block of an SR or RR (RFC 3550 §6.4.1).
type ReceptionReport struct {
	SSRC         uint32 // the stream reported on
	FractionLost uint8  // 256ths, since the last report
	Lost         int32  // packets, since the beginning; 24 bits
	Highest      uint32 // extended highest sequence number received
	Jitter       uint32 // units of the RTP clock
	LSR          uint32 // middle 32 bits of the NTP time of the last SR; 0: none
	DLSR         uint32 // since that SR came, in 65536ths of a second
}

// Report is what a compound RTCP packet says to us.
type Report struct {
	SSRC     uint32          // of who sent it
	Sent     SenderReport    // valid when HasSent
	HasSent  bool            // it holds an SR
	About    ReceptionReport // the block about our stream; valid when HasAbout
	HasAbout bool
	CNAME    []byte // of the sender; aliases the bytes parsed; nil when absent
	Bye      bool   // the sender leaves
}

// NTP returns t in the 64-bit format of NTP (RFC 3550 §4): seconds since 1900
// and 2³²ths.
func NTP(t time.Time) uint64 {
	const from1900to1970 = 2208988800
	return uint64(t.Unix()+from1900to1970)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// ReportSize is the largest that PutReport writes, and ByeSize what PutBye
// writes.
const (
	ReportSize = 28 + 24 + 4 + 4 + 2 + 255 + 3
	ByeSize    = 8
)

//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|V=2|P|  count  |      type     |       length in words − 1     |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

// PutReport writes a compound packet of the stream ssrc to b, which must hold
// ReportSize bytes, and returns its length: an SR when sent is not nil, else
// an RR; the block in received when that is not nil; then an SDES with cname,
// of which 255 bytes at most are used (RFC 3550 §6.1: no report without).
func PutReport(b []byte, ssrc uint32, sent *SenderReport, received *ReceptionReport, cname string) int {
	kind, n := byte(typeRR), 8
	binary.BigEndian.PutUint32(b[4:], ssrc)
	if sent != nil {
		kind, n = typeSR, 28
		binary.BigEndian.PutUint64(b[8:], sent.NTP)
		binary.BigEndian.PutUint32(b[16:], sent.Timestamp)
		binary.BigEndian.PutUint32(b[20:], sent.Packets)
		binary.BigEndian.PutUint32(b[24:], sent.Octets)
	}
	count := byte(0)
	if received != nil {
		count = 1
		putBlock(b[n:], received)
		n += 24
	}
	putHeader(b, kind, count, n)

	sdes := b[n:]
	size := 10 + copy(sdes[10:10+255], cname)
	binary.BigEndian.PutUint32(sdes[4:], ssrc)
	sdes[8], sdes[9] = itemCNAME, byte(size-10)
	sdes[size] = 0 // RFC 3550 §6.5: the list ends with at least one zero, up to the next word
	for size++; size%4 != 0; size++ {
		sdes[size] = 0
	}
	putHeader(sdes, typeSDES, 1, size)
	return n + size
}

// PutBye writes the BYE of ssrc to b, which must hold ByeSize bytes, and
// returns its length. It goes after a report (RFC 3550 §6.1).
func PutBye(b []byte, ssrc uint32) int {
	binary.BigEndian.PutUint32(b[4:], ssrc)
	putHeader(b, typeBye, 1, ByeSize)
	return ByeSize
}

func putHeader(b []byte, kind, count byte, size int) {
	b[0], b[1] = 2<<6|count, kind
	binary.BigEndian.PutUint16(b[2:], uint16(size/4-1))
}

func putBlock(b []byte, r *ReceptionReport) {
	binary.BigEndian.PutUint32(b, r.SSRC)
	binary.BigEndian.PutUint32(b[4:], uint32(r.Lost)&(1<<24-1)|uint32(r.FractionLost)<<24)
	binary.BigEndian.PutUint32(b[8:], r.Highest)
	binary.BigEndian.PutUint32(b[12:], r.Jitter)
	binary.BigEndian.PutUint32(b[16:], r.LSR)
	binary.BigEndian.PutUint32(b[20:], r.DLSR)
}

func block(b []byte) ReceptionReport {
	return ReceptionReport{
		SSRC:         binary.BigEndian.Uint32(b),
		FractionLost: b[4],
		Lost:         int32(binary.BigEndian.Uint32(b[4:])<<8) >> 8,
		Highest:      binary.BigEndian.Uint32(b[8:]),
		Jitter:       binary.BigEndian.Uint32(b[12:]),
		LSR:          binary.BigEndian.Uint32(b[16:]),
		DLSR:         binary.BigEndian.Uint32(b[20:]),
	}
}

// ParseReport reads a compound RTCP packet and looks in it for the block about
// the stream about, ours. Packet types that it does not know are passed over.
// The error is ErrRTCP; it does not allocate.
func ParseReport(b []byte, about uint32) (Report, error) {
	var r Report
	if len(b) < 8 || b[1] != typeSR && b[1] != typeRR { // RFC 3550 A.2: the first is SR or RR
		return Report{}, ErrRTCP
	}
	r.SSRC = binary.BigEndian.Uint32(b[4:])
	for len(b) > 0 {
		if len(b) < 4 || b[0]>>6 != 2 {
			return Report{}, ErrRTCP
		}
		size := 4 * (int(binary.BigEndian.Uint16(b[2:])) + 1)
		if size > len(b) {
			return Report{}, ErrRTCP
		}
		body, count, kind := b[4:size], int(b[0]&0x1f), b[1]
		if b[0]&0x20 != 0 {
			// RFC 3550 §6.4.1, A.2: only the last packet is padded, by whole words.
			if size != len(b) || len(body) == 0 {
				return Report{}, ErrRTCP
			}
			padding := int(body[len(body)-1])
			if padding == 0 || padding%4 != 0 || padding > len(body) {
				return Report{}, ErrRTCP
			}
			body = body[:len(body)-padding]
		}
		if !r.read(kind, count, body, about) {
			return Report{}, ErrRTCP
		}
		b = b[size:]
	}
	return r, nil
}

// read takes in one packet of the compound, less its first word.
func (r *Report) read(kind byte, count int, body []byte, about uint32) bool {
	switch kind {
	case typeSR:
		if len(body) < 24+24*count {
			return false
		}
		if binary.BigEndian.Uint32(body) == r.SSRC {
			r.HasSent = true
			r.Sent = SenderReport{
				NTP:       binary.BigEndian.Uint64(body[4:]),
				Timestamp: binary.BigEndian.Uint32(body[12:]),
				Packets:   binary.BigEndian.Uint32(body[16:]),
				Octets:    binary.BigEndian.Uint32(body[20:]),
			}
		}
		r.blocks(body[24:24+24*count], about)
	case typeRR:
		if len(body) < 4+24*count {
			return false
		}
		r.blocks(body[4:4+24*count], about)
	case typeSDES:
		return r.describe(count, body)
	case typeBye:
		if len(body) < 4*count {
			return false
		}
		for ; count > 0; count, body = count-1, body[4:] {
			r.Bye = r.Bye || binary.BigEndian.Uint32(body) == r.SSRC
		}
	}
	return true
}

func (r *Report) blocks(b []byte, about uint32) {
	for ; len(b) > 0; b = b[24:] {
		if binary.BigEndian.Uint32(b) == about {
			r.About, r.HasAbout = block(b), true
		}
	}
}

// describe reads the chunks of an SDES (RFC 3550 §6.5).
func (r *Report) describe(chunks int, b []byte) bool {
	for ; chunks > 0; chunks-- {
		if len(b) < 8 {
			return false
		}
		ours := binary.BigEndian.Uint32(b) == r.SSRC
		at := 4
		for {
			if at >= len(b) {
				return false
			}
			if b[at] == 0 { // the end of the list, and zeros up to the next word
				at = at/4*4 + 4
				break
			}
			if at+2 > len(b) || at+2+int(b[at+1]) > len(b) {
				return false
			}
			value := b[at+2 : at+2+int(b[at+1])]
			if b[at] == itemCNAME && ours {
				r.CNAME = value
			}
			at += 2 + len(value)
		}
		b = b[at:]
	}
	return true
}

// RoundTrip returns how long a packet takes to the far end and back, from its
// report block about our stream, which came at now: wall-clock time as NTP
// gives it. ok is false when the block answers no SR of ours or the times make
// no sense.
//
// RFC 3550 §6.4.1: A − LSR − DLSR, in 65536ths of a second.
func RoundTrip(now uint64, r ReceptionReport) (d time.Duration, ok bool) {
	if r.LSR == 0 {
		return 0, false
	}
	trip := int32(uint32(now>>16) - r.LSR - r.DLSR)
	if trip < 0 {
		return 0, false
	}
	return time.Duration(int64(trip) * int64(time.Second) >> 16), true
}
