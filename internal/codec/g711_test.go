package codec_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"confab/internal/audio"
	"confab/internal/codec"
)

var laws = []struct {
	codec       codec.Codec
	name        string
	payloadType int
	to          func(int16) byte
	from        func(byte) int16
	silence     byte
}{
	{codec.PCMU, "PCMU", 0, audio.ToULaw, audio.FromULaw, 0xFF},
	{codec.PCMA, "PCMA", 8, audio.ToALaw, audio.FromALaw, 0xD5},
}

func TestG711_everySampleAndByte(t *testing.T) {
	for _, l := range laws {
		t.Run(l.name, func(t *testing.T) {
			frame := make([]int16, 1<<16)
			for i := range frame {
				frame[i] = int16(i)
			}
			coded := make([]byte, 2*len(frame))
			if n := l.codec.NewEncoder().Encode(coded, frame); n != len(frame) {
				t.Fatalf("%d samples became %d bytes", len(frame), n)
			}
			for i, s := range frame {
				if want := l.to(s); coded[i] != want {
					t.Fatalf("code of %d: %#02x, want %#02x", s, coded[i], want)
				}
			}
			var payload [256]byte
			for i := range payload {
				payload[i] = byte(i)
			}
			var back [256]int16
			if n := l.codec.NewDecoder().Decode(back[:], payload[:]); n != 256 {
				t.Fatalf("256 bytes became %d samples", n)
			}
			for i, s := range back {
				if want := l.from(byte(i)); s != want {
					t.Fatalf("value of %#02x: %d, want %d", i, s, want)
				}
				// Coding what was decoded changes nothing, so that a chain of
				// switches adds no noise; µ-law's −0 becomes +0.
				if again := l.to(s); again != byte(i) && s != 0 {
					t.Fatalf("%#02x decoded and coded again: %#02x", i, again)
				}
			}
		})
	}
}

func TestG711_isWhatSDPSays(t *testing.T) {
	for _, l := range laws {
		c := l.codec
		// RFC 3551 §6 table 4.
		if c.Name() != l.name || c.PayloadType() != l.payloadType || c.ClockRate() != 8000 || c.SampleRate() != 8000 {
			t.Errorf("%s/%d, payload type %d, samples at %d", c.Name(), c.ClockRate(), c.PayloadType(), c.SampleRate())
		}
		if n := c.Samples(make([]byte, 160)); n != 160 {
			t.Errorf("%s: 160 bytes are %d samples", l.name, n)
		}
		for _, name := range []string{l.name, strings.ToLower(l.name)} {
			if got, ok := codec.ByName(name, 8000, ""); !ok || got != c {
				t.Errorf("ByName(%q, 8000) = %v, %v", name, got, ok)
			}
		}
	}
	for name, clock := range map[string]int{"PCMU": 16000, "GSM": 8000, "": 8000} {
		if c, ok := codec.ByName(name, clock, ""); ok || c != nil {
			t.Errorf("ByName(%q, %d) = %v, %v", name, clock, c, ok)
		}
	}
}

func TestG711_level(t *testing.T) {
	for _, l := range laws {
		t.Run(l.name, func(t *testing.T) {
			silence := bytes.Repeat([]byte{l.silence}, 160)
			if level, ok := l.codec.Level(silence); !ok || level > 8 {
				t.Errorf("silence: %d, %v", level, ok)
			}
			if level, ok := l.codec.Level(nil); !ok || level != 0 {
				t.Errorf("nothing: %d, %v", level, ok)
			}
			for _, dbov := range []float64{-10, -30, -50} {
				frame := make([]int16, 800)
				if _, err := audio.NewTone(8000, 997, dbov, 0).Read(frame); err != nil {
					t.Fatal(err)
				}
				coded := make([]byte, 800)
				l.codec.NewEncoder().Encode(coded, frame)
				got, ok := l.codec.Level(coded[160:])
				// The mean magnitude of a sine is 2√2/π of its RMS.
				want := 32767 * math.Pow(10, dbov/20) * 2 * math.Sqrt2 / math.Pi
				if !ok || math.Abs(float64(got)-want) > 0.02*want+4 {
					t.Errorf("%v dBov: %d, %v; want %.0f", dbov, got, ok, want)
				}
			}
		})
	}
}

func TestG711_shortBuffersTakeWhatFits(t *testing.T) {
	for _, l := range laws {
		if n := l.codec.NewEncoder().Encode(make([]byte, 3), make([]int16, 160)); n != 3 {
			t.Errorf("%s: coded %d samples into 3 bytes", l.name, n)
		}
		if n := l.codec.NewDecoder().Decode(make([]int16, 3), make([]byte, 160)); n != 3 {
			t.Errorf("%s: decoded %d samples into room for 3", l.name, n)
		}
	}
}

func TestG711_allocatesNothing(t *testing.T) {
	frame, coded := make([]int16, 160), make([]byte, 160)
	for _, l := range laws {
		if n := testing.AllocsPerRun(100, func() {
			enc, dec := l.codec.NewEncoder(), l.codec.NewDecoder()
			enc.CopyFrom(enc)
			enc.Encode(coded, frame)
			dec.Decode(frame, coded)
			l.codec.Level(coded)
		}); n != 0 {
			t.Errorf("%s: %v allocations per frame", l.name, n)
		}
	}
}

func FuzzG711(f *testing.F) {
	f.Add([]byte{0, 1, 0x7F, 0x80, 0xD5, 0xFF})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, payload []byte) {
		for _, l := range laws {
			frame := make([]int16, l.codec.Samples(payload))
			if n := l.codec.NewDecoder().Decode(frame, payload); n != len(payload) {
				t.Fatalf("%s: %d bytes became %d samples", l.name, len(payload), n)
			}
			coded := make([]byte, len(frame))
			l.codec.NewEncoder().Encode(coded, frame)
			again := make([]int16, len(frame))
			l.codec.NewDecoder().Decode(again, coded)
			sum := 0
			for i := range frame {
				if frame[i] != again[i] {
					t.Fatalf("%s: %#02x was heard as %d, then as %d", l.name, payload[i], frame[i], again[i])
				}
				sum += max(int(frame[i]), -int(frame[i]))
			}
			level, ok := l.codec.Level(payload)
			if len(payload) > 0 && (!ok || level != sum/len(payload)) {
				t.Fatalf("%s: level %d, %v; want %d", l.name, level, ok, sum/len(payload))
			}
		}
	})
}

func BenchmarkG711(b *testing.B) {
	frame, coded := make([]int16, 160), make([]byte, 160)
	audio.NewTone(8000, 440, -20, 0).Read(frame)
	for _, l := range laws {
		enc, dec := l.codec.NewEncoder(), l.codec.NewDecoder()
		b.Run(l.name+"/encode", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				enc.Encode(coded, frame)
			}
		})
		b.Run(l.name+"/decode", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				dec.Decode(frame, coded)
			}
		})
		b.Run(l.name+"/level", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				l.codec.Level(coded)
			}
		})
	}
}
