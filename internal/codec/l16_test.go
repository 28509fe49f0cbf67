package codec_test

import (
	"testing"

	"confab/internal/codec"
)

// RFC 3551 §4.5.11: 16 bits, most significant byte first.
func TestL16_RFC3551_4_5_11(t *testing.T) {
	for rate, c := range map[int]codec.Codec{8000: codec.L16At8000, 16000: codec.L16At16000, 48000: codec.L16At48000} {
		found, ok := codec.ByName("l16", rate, "")
		if !ok || found != c || c.SampleRate() != rate || c.ClockRate() != rate || c.PayloadType() != -1 {
			t.Errorf("L16/%d: %v, %v", rate, found, ok)
		}
		payload := make([]byte, 6)
		if n := c.NewEncoder().Encode(payload, []int16{1, -2, 0x1234}); n != 6 || string(payload) != "\x00\x01\xff\xfe\x12\x34" {
			t.Errorf("% x, %d bytes", payload, n)
		}
		back := make([]int16, 3)
		if n := c.NewDecoder().Decode(back, payload); n != 3 || back[1] != -2 || back[2] != 0x1234 {
			t.Errorf("%d, %d samples", back, n)
		}
		if level, ok := c.Level([]byte{0, 10, 0xff, 0xf6, 0}); !ok || level != 10 { // half a sample is none
			t.Errorf("level %d, %v", level, ok)
		}
	}
}

// RFC 3551 §4.5.2: two samples at 16 kHz for each tick of a clock of 8 kHz.
func TestG722_RFC3551_4_5_2_clock(t *testing.T) {
	c, ok := codec.ByName("G722", 8000, "")
	if !ok || c != codec.G722 || c.SampleRate() != 16000 || c.ClockRate() != 8000 || c.PayloadType() != 9 || c.Samples(make([]byte, 160)) != 320 {
		t.Errorf("%v, %v", c, ok)
	}
	if _, ok := codec.ByName("G722", 16000, ""); ok {
		t.Error("G722/16000 is found")
	}
	enc, dec := c.NewEncoder(), c.NewDecoder()
	frame, coded := make([]int16, 320), make([]byte, 160)
	if n := testing.AllocsPerRun(100, func() {
		enc.Encode(coded, frame)
		enc.CopyFrom(enc)
		dec.Decode(frame, coded)
		dec.(codec.Skimmer).Skim(coded)
	}); n != 0 {
		t.Errorf("%v allocations per frame", n)
	}
}

func BenchmarkG722(b *testing.B) {
	frame, coded := speechlike(16000, 0.02, 6000), make([]byte, 160)
	enc, dec := codec.G722.NewEncoder(), codec.G722.NewDecoder()
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			enc.Encode(coded, frame)
		}
	})
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			dec.Decode(frame, coded)
		}
	})
	b.Run("skim", func(b *testing.B) {
		for b.Loop() {
			dec.(codec.Skimmer).Skim(coded)
		}
	})
}
