package rtp

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// HeaderSize is how many bytes Packet.Put writes before the payload.
const HeaderSize = 12

// Errors of Parse.
var (
	ErrShort   = errors.New("rtp: packet too short")
	ErrVersion = errors.New("rtp: not version 2")
	ErrPadding = errors.New("rtp: padding longer than payload")
)

// Packet is one RTP packet (RFC 3550 §5.1). CSRCs and header extensions are
// checked and passed over; padding is not part of Payload.
type Packet struct {
	Marker      bool
	PayloadType uint8 // 7 bits
	Sequence    uint16
	Timestamp   uint32 // units of the payload's clock rate
	SSRC        uint32
	Payload     []byte // aliases the bytes parsed; empty is allowed
}

//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|V=2|P|X|  CC   |M|     PT      |       sequence number         |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|                           timestamp                           |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|                             SSRC                              |
//	+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
//	|                        CSRC × CC                              |
//	+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
//	| X: defined by profile         |  length in 32-bit words       |
//	|                    header extension …                         |

// Parse reads one RTP packet. The Packet's Payload aliases b. The error is
// ErrShort, ErrVersion or ErrPadding; it does not allocate either way.
func Parse(b []byte) (Packet, error) {
	if len(b) < HeaderSize {
		return Packet{}, ErrShort
	}
	if b[0]>>6 != 2 {
		return Packet{}, ErrVersion
	}
	start := HeaderSize + 4*int(b[0]&0x0f)
	if b[0]&0x10 != 0 { // RFC 3550 §5.3.1: one extension, its length in words without its own header
		if len(b) < start+4 {
			return Packet{}, ErrShort
		}
		start += 4 + 4*int(binary.BigEndian.Uint16(b[start+2:]))
	}
	if len(b) < start {
		return Packet{}, ErrShort
	}
	end := len(b)
	if b[0]&0x20 != 0 { // RFC 3550 §5.1: the last byte counts the padding, itself included
		n := int(b[end-1])
		if n == 0 || n > end-start {
			return Packet{}, ErrPadding
		}
		end -= n
	}
	return Packet{
		Marker:      b[1]&0x80 != 0,
		PayloadType: b[1] & 0x7f,
		Sequence:    binary.BigEndian.Uint16(b[2:]),
		Timestamp:   binary.BigEndian.Uint32(b[4:]),
		SSRC:        binary.BigEndian.Uint32(b[8:]),
		Payload:     b[start:end:end],
	}, nil
}

// Put writes p (header without CSRCs, extension or padding, then the payload)
// to b and returns how many bytes it wrote: HeaderSize + len(p.Payload). b must
// be that long. Payload may already lie at b[HeaderSize:].
func (p Packet) Put(b []byte) int {
	p.PutHeader(b)
	return HeaderSize + copy(b[HeaderSize:], p.Payload)
}

// PutHeader writes the header alone, HeaderSize bytes, for a caller who writes
// the payload to b[HeaderSize:] itself.
func (p Packet) PutHeader(b []byte) {
	_ = b[HeaderSize-1]
	b[0] = 2 << 6
	b[1] = p.PayloadType & 0x7f
	if p.Marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], p.Sequence)
	binary.BigEndian.PutUint32(b[4:], p.Timestamp)
	binary.BigEndian.PutUint32(b[8:], p.SSRC)
}

// String describes p for tests and debugging.
func (p Packet) String() string {
	return fmt.Sprintf("rtp pt=%d seq=%d ts=%d ssrc=%08x m=%t len=%d", p.PayloadType, p.Sequence, p.Timestamp, p.SSRC, p.Marker, len(p.Payload))
}
