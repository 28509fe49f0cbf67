package sip

import "bytes"

// maxPeek is how far peekCallID looks.
const maxPeek = 8 << 10

// peekCallID finds the Call-ID in the raw bytes of a message, without parsing
// it and without allocating; nil when there is none. It only decides what the
// limiter lets pass: whatever it makes of a forged message, the parser has the
// last word.
func peekCallID(b []byte) []byte {
	b = b[:min(len(b), maxPeek)]
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			return nil
		}
		b = b[i+1:]
		if len(b) == 0 || b[0] == '\r' || b[0] == '\n' {
			return nil // the end of the header section
		}
		var rest []byte
		switch {
		case len(b) > 7 && bytes.EqualFold(b[:7], []byte("call-id")):
			rest = b[7:]
		case b[0] == 'i' || b[0] == 'I':
			rest = b[1:]
		default:
			continue
		}
		rest = bytes.TrimLeft(rest, " \t")
		if len(rest) == 0 || rest[0] != ':' {
			continue
		}
		end := bytes.IndexAny(rest, "\r\n")
		if end < 0 {
			return nil
		}
		return bytes.Trim(rest[1:end], " \t")
	}
}
