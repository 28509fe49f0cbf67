package audio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrFormat is what a file gives that is no WAV, or a WAV of a kind that is not
// read.
var ErrFormat = errors.New("not a WAV file that can be read")

const (
	minWAVRate     = 4000
	maxWAVRate     = 384000
	maxWAVChannels = 8
	maxWAVHeader   = 1 << 20 // bytes of other chunks before the sound
	wavBlocks      = 512     // read at a time
)

// wavReader is the data chunk of a WAV file.
type wavReader struct {
	r      io.Reader
	format wavFormat
	buf    []byte // of whole blocks
}

// NewWAVReader reads the header of a WAV file from r and returns its sound, which
// is read from r as it is asked for. It reads linear PCM of 8, 16, 24 and 32
// bits, floating point of 32 and 64, and G.711 of both laws; more channels than
// one (at most 8) become their mean. The rate (4 to 384 kHz) is the file's: see
// Resample. A file that is something else gives ErrFormat; one that ends early
// ends where it ends. What r gives as an error is given on.
func NewWAVReader(r io.Reader) (Source, error) {
	var riff [12]byte
	if err := readHeader(r, riff[:]); err != nil {
		return nil, err
	}
	if string(riff[:4]) != "RIFF" || string(riff[8:]) != "WAVE" {
		return nil, fmt.Errorf("%w: no RIFF WAVE header", ErrFormat)
	}
	w := &wavReader{}
	for skipped := int64(0); skipped <= maxWAVHeader; {
		var head [8]byte
		if err := readHeader(r, head[:]); err != nil {
			return nil, err
		}
		name, size := string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:]))
		switch name {
		case "data":
			if w.format.decode == nil {
				return nil, fmt.Errorf("%w: no fmt chunk before the data", ErrFormat)
			}
			// A writer that could not seek back leaves 0, or far too much.
			if w.r = r; size > 0 {
				w.r = io.LimitReader(r, size)
			}
			w.buf = make([]byte, wavBlocks*w.format.block)
			return w, nil
		case "fmt ":
			var chunk [40]byte
			n := min(size, int64(len(chunk)))
			err := readHeader(r, chunk[:n])
			if err == nil {
				w.format, err = parseWAVFormat(chunk[:n])
			}
			if err != nil {
				return nil, err
			}
			size -= n
		}
		size += size & 1 // chunks stand at even places
		skipped += int64(len(head)) + size
		if skipped <= maxWAVHeader {
			if _, err := io.CopyN(io.Discard, r, size); err != nil {
				return nil, headerError(err)
			}
		}
	}
	return nil, fmt.Errorf("%w: no sound in the first %d bytes", ErrFormat, maxWAVHeader)
}

func (w *wavReader) Rate() int { return w.format.rate }

func (w *wavReader) Read(dst []int16) (int, error) {
	total := 0
	for total < len(dst) {
		piece := dst[total:]
		piece = piece[:min(len(piece), wavBlocks)]
		n, err := w.readBlocks(piece)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// readBlocks fills dst, of at most wavBlocks samples, or tells why it could not.
func (w *wavReader) readBlocks(dst []int16) (int, error) {
	block := w.format.block
	buf := w.buf[:len(dst)*block]
	n, err := 0, error(nil)
	for idle := 0; n < len(buf) && err == nil; {
		var m int
		m, err = w.r.Read(buf[n:])
		n += m
		if idle = idleReads(idle, m); idle > maxIdle {
			err = io.ErrNoProgress
		}
	}
	if n == len(buf) {
		err = nil // it comes again
	}
	for i := range n / block {
		dst[i] = w.format.sample(buf[i*block:])
	}
	return n / block, err
}

// readHeader fills b; what ends before is no WAV.
func readHeader(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	return headerError(err)
}

func headerError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: it ends in its header", ErrFormat)
	default:
		return fmt.Errorf("read WAV header: %w", err)
	}
}
