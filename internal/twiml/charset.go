package twiml

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// charsetReader turns the encoding that an XML declaration names into UTF-8. Of
// those that are not UTF-8, the one-byte ones of western Europe are understood.
func charsetReader(label string, input io.Reader) (io.Reader, error) {
	switch strings.ToLower(strings.TrimSpace(label)) {
	case "utf-8", "utf8", "us-ascii", "ascii":
		return input, nil
	case "iso-8859-1", "latin1", "windows-1252", "cp1252":
		return &westernReader{in: bufio.NewReader(input)}, nil
	}
	return nil, fmt.Errorf("encoding %s is not supported: send UTF-8", show(label))
}

// windows1252 holds the characters at 0x80 to 0x9F, where Windows-1252 differs
// from ISO 8859-1. Documents that say the latter mean the former, as browsers
// have it (WHATWG Encoding §4.2).
var windows1252 = [32]rune{
	'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8d, 'Ž', 0x8f,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9d, 'ž', 'Ÿ',
}

// westernReader reads Windows-1252 as UTF-8.
type westernReader struct {
	in   *bufio.Reader
	rest []byte // of a character that did not fit
	buf  [utf8.UTFMax]byte
}

// Read meets io.Reader.
func (w *westernReader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(w.rest) == 0 {
			b, err := w.in.ReadByte()
			if err != nil {
				if n > 0 {
					return n, nil
				}
				return 0, err
			}
			r := rune(b)
			if b >= 0x80 && b <= 0x9f {
				r = windows1252[b-0x80]
			}
			w.rest = w.buf[:utf8.EncodeRune(w.buf[:], r)]
		}
		k := copy(p[n:], w.rest)
		n, w.rest = n+k, w.rest[k:]
	}
	return n, nil
}
