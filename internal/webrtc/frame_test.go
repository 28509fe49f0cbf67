package webrtc

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// framesOf reads all frames of a connection.
func framesOf(r io.Reader) (all [][]byte, err error) {
	b := make([]byte, maxFrame)
	for {
		packet, err := readFrame(r, b)
		if err != nil {
			return all, err
		}
		all = append(all, bytes.Clone(packet))
	}
}

func TestReadFrame_RFC4571_2(t *testing.T) {
	long := bytes.Repeat([]byte{7}, maxFrame)
	for what, c := range map[string]struct {
		data []byte
		want [][]byte
		err  error
	}{
		"nothing":            {nil, nil, io.EOF},
		"two packets":        {[]byte{0, 1, 5, 0, 2, 6, 7}, [][]byte{{5}, {6, 7}}, io.EOF},
		"null packets":       {[]byte{0, 0, 0, 1, 5, 0, 0}, [][]byte{{5}}, io.EOF},
		"the longest":        {appendFrame(nil, long), [][]byte{long}, io.EOF},
		"longer":             {appendFrame([]byte{0, 1, 5}, append(long, 7)), [][]byte{{5}}, errLong},
		"as long as can be":  {[]byte{255, 255, 1, 2, 3}, nil, errLong},
		"half a length":      {[]byte{0, 1, 5, 0}, [][]byte{{5}}, io.ErrUnexpectedEOF},
		"no packet":          {[]byte{0, 2}, nil, io.ErrUnexpectedEOF},
		"a part of a packet": {[]byte{0, 3, 1, 2}, nil, io.ErrUnexpectedEOF},
	} {
		got, err := framesOf(bytes.NewReader(c.data))
		if !errors.Is(err, c.err) || len(got) != len(c.want) {
			t.Errorf("%s: %d frames, %v; want %d, %v", what, len(got), err, len(c.want), c.err)
			continue
		}
		for i := range got {
			if !bytes.Equal(got[i], c.want[i]) {
				t.Errorf("%s: frame %d is % x", what, i, got[i])
			}
		}
	}
}

// FuzzReadFrame: what is read is what was written, however the network has cut it in
// pieces, and no frame is made up.
func FuzzReadFrame(f *testing.F) {
	f.Add([]byte{0, 1, 5, 0, 0, 0, 2, 6, 7})
	f.Add([]byte{5, 221, 0})
	f.Add(appendFrame(nil, bytes.Repeat([]byte{1}, maxFrame)))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := framesOf(bytes.NewReader(data))
		piecemeal, err2 := framesOf(iotest.OneByteReader(bytes.NewReader(data)))
		if len(all) != len(piecemeal) || !errors.Is(err2, err) {
			t.Fatalf("%d frames, %v; byte by byte %d, %v", len(all), err, len(piecemeal), err2)
		}
		var again []byte
		for i, packet := range all {
			if len(packet) == 0 || len(packet) > maxFrame || !bytes.Equal(packet, piecemeal[i]) {
				t.Fatalf("frame %d has %d bytes", i, len(packet))
			}
			again = appendFrame(again, packet)
		}
		// What was read is a part of data, but for null packets.
		rest := data
		for len(again) > 0 || len(rest) > 1 && rest[0] == 0 && rest[1] == 0 {
			if len(rest) > 1 && rest[0] == 0 && rest[1] == 0 {
				rest = rest[2:]
				continue
			}
			n := frameHead + int(again[0])<<8 + int(again[1])
			if !bytes.HasPrefix(rest, again[:n]) {
				t.Fatalf("% x was read where % x stands", again[:n], rest)
			}
			rest, again = rest[n:], again[n:]
		}
		switch {
		case errors.Is(err, io.EOF):
			if len(rest) != 0 {
				t.Fatalf("%d bytes are left over", len(rest))
			}
		case errors.Is(err, errLong):
			if n := int(rest[0])<<8 | int(rest[1]); n <= maxFrame {
				t.Fatalf("%d bytes are too long", n)
			}
		case errors.Is(err, io.ErrUnexpectedEOF):
			if len(rest) == 0 || len(rest) >= frameHead && len(rest) >= frameHead+int(rest[0])<<8+int(rest[1]) {
				t.Fatalf("a whole frame was not read: % x", rest)
			}
		default:
			t.Fatal(err)
		}
	})
}
