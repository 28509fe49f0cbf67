package webrtc

import (
	"encoding/binary"
	"errors"
	"io"
)

const (
	// maxFrame is the longest packet that a far end may send over TCP, in bytes: no
	// datagram is longer.
	maxFrame = 1500
	// frameHead is how many bytes stand before each.
	frameHead = 2
)

// errLong is of a frame that is longer than any packet. Nothing behind it can be found.
var errLong = errors.New("a frame is longer than a datagram")

// readFrame reads the next packet of a connection into b, which has room for maxFrame
// bytes, and returns it. Frames without a packet are passed over. Errors: errLong, io.EOF
// between two frames, io.ErrUnexpectedEOF within one, and those of r.
//
//	 0                   1                   2
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 …
//	+-------------------------------+-----------
//	|            length             | packet …
//	+-------------------------------+-----------
//
// RFC 4571 §2: a length of 0 is a null packet, which means nothing.
func readFrame(r io.Reader, b []byte) ([]byte, error) {
	for {
		if _, err := io.ReadFull(r, b[:frameHead]); err != nil {
			return nil, err
		}
		n := int(binary.BigEndian.Uint16(b))
		switch {
		case n > maxFrame:
			return nil, errLong
		case n == 0:
			continue
		}
		if _, err := io.ReadFull(r, b[:n]); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		return b[:n], nil
	}
}

// appendFrame appends a packet to b as it goes over a connection.
func appendFrame(b, packet []byte) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(packet))), packet...)
}
