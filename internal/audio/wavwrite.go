package audio

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

const (
	wavHeaderSize = 44
	maxWAVSamples = (math.MaxUint32 - wavHeaderSize) / 2
)

// WriteWAV writes samples to w as a 16-bit mono WAV file.
func WriteWAV(w io.Writer, rate int, samples []int16) error {
	if len(samples) > maxWAVSamples {
		return fmt.Errorf("write WAV: %d samples do not fit", len(samples))
	}
	head := wavHeader(rate, len(samples))
	if _, err := w.Write(head[:]); err != nil {
		return fmt.Errorf("write WAV: %w", err)
	}
	return writeSamples(w, samples)
}

// WAVWriter writes a 16-bit mono WAV file as its samples come. What was written
// before a crash can be read: its header says no length, so that readers go to
// the end of the file.
type WAVWriter struct {
	w       io.WriteSeeker
	start   int64 // where in w the file begins
	rate    int
	written int // samples
}

// NewWAVWriter writes a header to w, where it stands, and returns the writer of
// what follows. The caller closes w, after Close.
func NewWAVWriter(w io.WriteSeeker, rate int) (*WAVWriter, error) {
	start, err := w.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, fmt.Errorf("write WAV: %w", err)
	}
	head := wavHeader(rate, 0)
	if _, err := w.Write(head[:]); err != nil {
		return nil, fmt.Errorf("write WAV: %w", err)
	}
	return &WAVWriter{w: w, start: start, rate: rate}, nil
}

// Write appends samples.
func (w *WAVWriter) Write(samples []int16) error {
	if len(samples) > maxWAVSamples-w.written {
		return fmt.Errorf("write WAV: more than %d samples do not fit", maxWAVSamples)
	}
	if err := writeSamples(w.w, samples); err != nil {
		return err
	}
	w.written += len(samples)
	return nil
}

// Close completes the header and leaves the underlying writer at the end of the
// file, open.
func (w *WAVWriter) Close() error {
	head := wavHeader(w.rate, w.written)
	if _, err := w.w.Seek(w.start, io.SeekStart); err != nil {
		return fmt.Errorf("complete WAV header: %w", err)
	}
	if _, err := w.w.Write(head[:]); err != nil {
		return fmt.Errorf("complete WAV header: %w", err)
	}
	if _, err := w.w.Seek(0, io.SeekEnd); err != nil {
		return fmt.Errorf("complete WAV header: %w", err)
	}
	return nil
}

func writeSamples(w io.Writer, samples []int16) error {
	buf := make([]byte, 0, 2*min(len(samples), 4096))
	for len(samples) > 0 {
		buf = buf[:0]
		for _, s := range samples[:min(len(samples), 4096)] {
			buf = binary.LittleEndian.AppendUint16(buf, uint16(s))
		}
		if _, err := w.Write(buf); err != nil {
			return fmt.Errorf("write WAV: %w", err)
		}
		samples = samples[len(buf)/2:]
	}
	return nil
}

func wavHeader(rate, samples int) [wavHeaderSize]byte {
	var b [wavHeaderSize]byte
	le := binary.LittleEndian
	size := uint32(2 * samples)
	copy(b[0:], "RIFF")
	le.PutUint32(b[4:], wavHeaderSize-8+size)
	copy(b[8:], "WAVEfmt ")
	le.PutUint32(b[16:], 16)
	le.PutUint16(b[20:], wavPCM)
	le.PutUint16(b[22:], 1)
	le.PutUint32(b[24:], uint32(rate))
	le.PutUint32(b[28:], uint32(2*rate))
	le.PutUint16(b[32:], 2)
	le.PutUint16(b[34:], 16)
	copy(b[36:], "data")
	le.PutUint32(b[40:], size)
	return b
}
