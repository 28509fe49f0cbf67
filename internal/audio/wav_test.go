package audio_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"confab/internal/audio"

	"pgregory.net/rapid"
)

// wavFile builds a WAV file with the chunks given between its fmt and its data.
func wavFile(tag, channels, bits uint16, rate uint32, data []byte, between ...string) []byte {
	block := channels * bits / 8
	f := []byte("WAVEfmt \x10\x00\x00\x00")
	le := binary.LittleEndian
	f = le.AppendUint16(f, tag)
	f = le.AppendUint16(f, channels)
	f = le.AppendUint32(f, rate)
	f = le.AppendUint32(f, rate*uint32(block))
	f = le.AppendUint16(f, block)
	f = le.AppendUint16(f, bits)
	for _, chunk := range between {
		f = append(f, chunk...)
	}
	f = append(f, "data"...)
	f = le.AppendUint32(f, uint32(len(data)))
	f = append(f, data...)
	return append(le.AppendUint32([]byte("RIFF"), uint32(len(f))), f...)
}

func bytesOf(values ...any) []byte {
	var b []byte
	for _, v := range values {
		b, _ = binary.Append(b, binary.LittleEndian, v)
	}
	return b
}

func TestWAVReader_kinds(t *testing.T) {
	extensible := func(tag uint16) []byte {
		f := wavFile(0xFFFE, 1, 16, 8000, bytesOf(int16(-5), int16(7)))
		ext := bytesOf(uint16(22), uint16(16), uint32(4), tag, []byte("\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"))
		f[16] = 40
		return slices.Concat(f[:36], ext, f[36:])
	}
	for _, c := range []struct {
		name string
		file []byte
		rate int
		want []int16
	}{
		{"8 bits", wavFile(1, 1, 8, 8000, []byte{0, 0x80, 0xFF}), 8000, []int16{-32768, 0, 0x7F00}},
		{"16 bits", wavFile(1, 1, 16, 22050, bytesOf(int16(-32768), int16(0), int16(32767))), 22050, []int16{-32768, 0, 32767}},
		{"24 bits", wavFile(1, 1, 24, 8000, []byte{0xFF, 0xFE, 0xFF, 0, 1, 0, 0, 0, 0x80}), 8000, []int16{-2, 1, -32768}},
		{"32 bits", wavFile(1, 1, 32, 8000, bytesOf(int32(-1<<31), int32(5<<16))), 8000, []int16{-32768, 5}},
		{"float", wavFile(3, 1, 32, 48000, bytesOf(float32(-1), float32(0.5), float32(2), float32(math.NaN()), float32(math.Inf(-1)))), 48000, []int16{-32768, 16384, 32767, 0, -32768}},
		{"double", wavFile(3, 1, 64, 48000, bytesOf(-0.5, 1.0)), 48000, []int16{-16384, 32767}},
		{"A-law", wavFile(6, 1, 8, 8000, []byte{0xD5, 0x2A}), 8000, []int16{8, -32256}},
		{"µ-law", wavFile(7, 1, 8, 8000, []byte{0xFF, 0x00}), 8000, []int16{0, -32124}},
		{"extensible", extensible(1), 8000, []int16{-5, 7}},
		{"stereo", wavFile(1, 2, 16, 44100, bytesOf(int16(100), int16(300), int16(-32768), int16(-32768))), 44100, []int16{200, -32768}},
		{"stereo µ-law", wavFile(7, 2, 8, 8000, []byte{0x80, 0x00}), 8000, []int16{0}},
		{"nothing", wavFile(1, 1, 16, 8000, nil), 8000, nil},
		{"half a sample at the end", wavFile(1, 1, 16, 8000, []byte{1, 0, 2}), 8000, []int16{1}},
		{"other chunks", wavFile(1, 1, 16, 8000, bytesOf(int16(9)), "LIST\x03\x00\x00\x00abc\x00", "JUNK\x00\x00\x00\x00"), 8000, []int16{9}},
		{"a chunk behind", append(wavFile(1, 1, 16, 8000, bytesOf(int16(9))), "LIST\x02\x00\x00\x00ab"...), 8000, []int16{9}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, r := range []io.Reader{bytes.NewReader(c.file), iotest.OneByteReader(bytes.NewReader(c.file)), iotest.DataErrReader(bytes.NewReader(c.file))} {
				src, err := audio.NewWAVReader(r)
				if err != nil {
					t.Fatal(err)
				}
				got, err := audio.Samples(src)
				if err != nil || src.Rate() != c.rate || !slices.Equal(got, c.want) {
					t.Errorf("%v at %d, %v; want %v at %d", got, src.Rate(), err, c.want, c.rate)
				}
			}
		})
	}
}

// What writers leave that could not seek back to their header.
func TestWAVReader_unknownLength(t *testing.T) {
	for _, size := range []uint32{0, 0x7FFFF000, 0xFFFFFFFF} {
		file := wavFile(1, 1, 16, 8000, bytesOf(int16(1), int16(2)))
		binary.LittleEndian.PutUint32(file[40:], size)
		src, err := audio.NewWAVReader(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := audio.Samples(src); err != nil || !slices.Equal(got, []int16{1, 2}) {
			t.Errorf("size %#x: %v, %v", size, got, err)
		}
	}
}

func TestWAVReader_refuses(t *testing.T) {
	good := wavFile(1, 1, 16, 8000, nil)
	patch := func(at int, b ...byte) []byte {
		f := slices.Clone(good)
		copy(f[at:], b)
		return f
	}
	for name, file := range map[string][]byte{
		"nothing":            nil,
		"text":               []byte("<html>not found</html>"),
		"an MP3":             []byte("ID3\x04\x00\x00\x00\x00\x00\x00 and so on and so on"),
		"RIFF, not WAVE":     patch(8, []byte("AVI ")...),
		"half a header":      good[:20],
		"no data chunk":      good[:36],
		"data before fmt":    append(slices.Clone(good[:12]), good[36:]...),
		"a short fmt":        patch(16, 15),
		"ADPCM":              patch(20, 0x11),
		"extensible, no ext": patch(20, 0xFE, 0xFF),
		"no channel":         patch(22, 0),
		"nine channels":      patch(22, 9),
		"0 Hz":               patch(24, 0, 0, 0, 0),
		"3.9 kHz":            patch(24, 0x3C, 0x0F, 0, 0),
		"4 GHz":              patch(24, 0, 0, 0, 0xFF),
		"12 bits":            patch(34, 12),
		"blocks of 3 bytes":  patch(32, 3),
		"8 MB of chunks":     wavFile(1, 1, 16, 8000, nil, "LIST\x00\x00\x80\x00"+strings.Repeat("x", 8<<20)),
		"a million chunks":   wavFile(1, 1, 16, 8000, nil, strings.Repeat("JUNK\x00\x00\x00\x00", 1<<18)),
	} {
		if src, err := audio.NewWAVReader(bytes.NewReader(file)); !errors.Is(err, audio.ErrFormat) || src != nil {
			t.Errorf("%s: %v, %v", name, src, err)
		}
	}
}

func TestWAVReader_givesTheReadersError(t *testing.T) {
	file := wavFile(1, 1, 16, 8000, make([]byte, 100))
	for _, at := range []int{0, 10, 20, 40} {
		r := io.MultiReader(bytes.NewReader(file[:at]), iotest.ErrReader(errBroken))
		if _, err := audio.NewWAVReader(r); !errors.Is(err, errBroken) || errors.Is(err, audio.ErrFormat) {
			t.Errorf("broken at %d: %v", at, err)
		}
	}
	src, err := audio.NewWAVReader(io.MultiReader(bytes.NewReader(file[:64]), iotest.ErrReader(errBroken)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := audio.Samples(src); !errors.Is(err, errBroken) || len(got) != 10 {
		t.Errorf("broken in the sound: %d samples, %v", len(got), err)
	}
}

func TestWAV_writtenIsRead(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		samples := rapid.SliceOfN(rapid.Int16(), 0, 9000).Draw(t, "samples")
		rate := rapid.IntRange(4000, 384000).Draw(t, "rate")
		var whole bytes.Buffer
		if err := audio.WriteWAV(&whole, rate, samples); err != nil {
			t.Fatal(err)
		}
		src, err := audio.NewWAVReader(bytes.NewReader(whole.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, src); src.Rate() != rate || !slices.Equal(got, samples) {
			t.Fatalf("%d samples at %d became %d at %d", len(samples), rate, len(got), src.Rate())
		}

		// The same, in pieces.
		file, err := os.Create(filepath.Join(dir, "pieces.wav"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		w, err := audio.NewWAVWriter(file, rate)
		if err != nil {
			t.Fatal(err)
		}
		for left := samples; len(left) > 0; {
			n := rapid.IntRange(1, len(left)).Draw(t, "piece")
			if err := w.Write(left[:n]); err != nil {
				t.Fatal(err)
			}
			left = left[n:]
		}
		cut, _ := os.ReadFile(file.Name()) // as a crash would leave it
		if src, err = audio.NewWAVReader(bytes.NewReader(cut)); err != nil {
			t.Fatal(err)
		}
		if got, err := audio.Samples(src); err != nil || !slices.Equal(got, samples) {
			t.Fatalf("not closed: %d of %d samples, %v", len(got), len(samples), err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(file.Name()); !bytes.Equal(got, whole.Bytes()) {
			t.Fatalf("in pieces it is another file: %d bytes, not %d", len(got), whole.Len())
		}
	})
}

func TestWriteWAV_saysWhatFailed(t *testing.T) {
	for limit := range int64(60) {
		if err := audio.WriteWAV(&full{int(limit)}, 8000, make([]int16, 8)); !errors.Is(err, errBroken) {
			t.Errorf("a disk with %d bytes left: %v", limit, err)
		}
	}
}

// full is a disk with so many bytes left.
type full struct{ left int }

func (f *full) Write(b []byte) (int, error) {
	n := min(len(b), f.left)
	if f.left -= n; n < len(b) {
		return n, errBroken
	}
	return n, nil
}

func FuzzWAVReader(f *testing.F) {
	f.Add(wavFile(1, 1, 16, 8000, bytesOf(int16(1), int16(2))))
	f.Add(wavFile(1, 2, 8, 44100, []byte{1, 2, 3, 4}))
	f.Add(wavFile(3, 1, 32, 48000, bytesOf(float32(0.5))))
	f.Add(wavFile(7, 1, 8, 8000, []byte{0xFF}, "LIST\x03\x00\x00\x00abc\x00"))
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEdata\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		src, err := audio.NewWAVReader(bytes.NewReader(file))
		if err != nil {
			if !errors.Is(err, audio.ErrFormat) {
				t.Fatalf("%v is no ErrFormat", err)
			}
			return
		}
		samples, err := audio.Samples(src)
		if err != nil || len(samples) > len(file) || src.Rate() < 4000 || src.Rate() > 384000 {
			t.Fatalf("%d bytes: %d samples at %d, %v", len(file), len(samples), src.Rate(), err)
		}
		var again bytes.Buffer
		if err := audio.WriteWAV(&again, src.Rate(), samples); err != nil {
			t.Fatal(err)
		}
		back, err := audio.NewWAVReader(&again)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := audio.Samples(back); err != nil || !slices.Equal(got, samples) {
			t.Fatalf("read, written and read: %d samples became %d, %v", len(samples), len(got), err)
		}
	})
}
