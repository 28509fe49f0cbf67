package codec_test

import (
	"bytes"
	"os"
	"testing"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/codec"
)

// opus returns the codec, where the machine has it.
func opus(t testing.TB) codec.Codec {
	t.Helper()
	c, err := codec.Opus()
	if err != nil {
		if os.Getenv("CONFAB_REQUIRE_TOOLS") != "" {
			t.Fatal(err)
		}
		t.Skipf("%v; scripts/install-test installs it", err)
	}
	return c
}

func TestOpus_allocatesNothing(t *testing.T) {
	c := opus(t)
	frame, coded := make([]int16, 960), make([]byte, 1920)
	enc, dec, other := c.NewEncoder(), c.NewDecoder(), c.NewEncoder()
	if n := testing.AllocsPerRun(100, func() {
		n := enc.Encode(coded, frame)
		other.CopyFrom(enc)
		dec.Decode(frame, coded[:n])
		dec.(codec.Concealer).Conceal(frame, nil)
		dec.(codec.Skimmer).Skim(coded[:n])
	}); n != 0 {
		t.Errorf("%v allocations per frame", n)
	}
}

func BenchmarkOpus(b *testing.B) {
	c := opus(b)
	frame, coded := make([]int16, 960), make([]byte, 1920)
	for i := range frame {
		frame[i] = int16(i * 37 % 4000)
	}
	enc, dec := c.NewEncoder(), c.NewDecoder()
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			enc.Encode(coded, frame)
		}
	})
	n := enc.Encode(coded, frame)
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			dec.Decode(frame, coded[:n])
		}
	})
	b.Run("copy", func(b *testing.B) {
		other := c.NewEncoder()
		for b.Loop() {
			other.CopyFrom(enc)
		}
	})
}

// RFC 6716 §3.1, §3.2: how long a packet is, from its first two bytes.
func TestOpus_RFC6716_3_2_samples(t *testing.T) {
	c := opus(t)
	for _, v := range []struct {
		payload []byte
		ms      int
	}{
		{nil, 0},
		{[]byte{0x08}, 20}, {[]byte{0x00}, 10}, {[]byte{0x18}, 60}, // SILK
		{[]byte{0x78}, 20}, {[]byte{0x70}, 10}, // hybrid
		{[]byte{0xf8}, 20}, {[]byte{0xf1}, 20}, // CELT; two frames of 10 ms
		{[]byte{0xfb}, 0}, {[]byte{0xfb, 3}, 60}, {[]byte{0xfb, 0x80 | 6}, 120}, {[]byte{0xfb, 7}, 0}, // any number; 140 ms is too long
	} {
		if got := c.Samples(v.payload); got != 48*v.ms {
			t.Errorf("% x: %d samples, want %d ms", v.payload, got, v.ms)
		}
	}
}

// RFC 7587 §6.1: nothing is coded that the far end says it does not play.
func TestOpus_RFC7587_6_1_maxplaybackrate(t *testing.T) {
	opus(t)
	for parameters, want := range map[string]int{
		"": 48000, "useinbandfec=1; maxplaybackrate=16000": 16000, "maxplaybackrate=8000": 8000,
		"maxplaybackrate=12000": 16000, "maxplaybackrate=24000": 48000, "MaxPlaybackRate=48000;stereo=1": 48000,
		"maxplaybackrate=no": 48000, "maxplaybackrate=0": 48000, "sprop-maxcapturerate=8000": 48000,
	} {
		c, ok := codec.ByName("opus", 48000, parameters)
		if !ok || c.SampleRate() != want || c.ClockRate() != 48000 {
			t.Errorf("%q: %v at %d Hz, want %d", parameters, ok, c.SampleRate(), want)
		}
	}
}

// RFC 6716 §2.1.7: of a packet that was lost the next one may tell; where it
// cannot, the decoder goes on by itself. Neither leaves a hole, nor a click.
func TestOpus_RFC6716_2_1_7_conceals(t *testing.T) {
	c := opus(t)
	const size = 960
	voice := speechlike(48000, 3, 7000)
	for name, tell := range map[string]bool{"by the next packet": true, "by itself": false} {
		enc, dec := c.NewEncoder(), c.NewDecoder()
		var packets [][]byte
		for at := 0; at+size <= len(voice); at += size {
			coded := make([]byte, 2*size)
			packets = append(packets, coded[:enc.Encode(coded, voice[at:at+size])])
		}
		var whole, holed []int16
		other := c.NewDecoder()
		frame := make([]int16, size)
		for i, p := range packets {
			other.Decode(frame, p)
			whole = append(whole, frame...)
			if i%8 == 5 && i+1 < len(packets) {
				var next []byte
				if tell {
					next = packets[i+1]
				}
				dec.(codec.Concealer).Conceal(frame, next)
			} else {
				dec.Decode(frame, p)
			}
			holed = append(holed, frame...)
		}
		got, _ := audiotest.SNR(whole[48000:], holed[48000:], 0)
		t.Logf("%s: one packet in eight lost, %.1f dB", name, got)
		if got < 3 {
			t.Errorf("%s: %.1f dB between what was to be heard and what is", name, got)
		}
		if least := quietest(holed[48000:], size); least < quietest(whole[48000:], size)-12 {
			t.Errorf("%s: a frame at %.1f dBov", name, least)
		}
	}
}

// quietest returns the level of the quietest frame.
func quietest(samples []int16, size int) float64 {
	least := 0.0
	for ; len(samples) >= size; samples = samples[size:] {
		least = min(least, audio.Level(samples[:size]))
	}
	return least
}

// What makes no sense is nothing, and harms nobody.
func FuzzDecoders(f *testing.F) {
	f.Add([]byte{0xf8, 1, 2, 3, 4}, []byte{})
	f.Add([]byte{0x0b, 0x81, 0xff}, bytes.Repeat([]byte{0xff}, 60))
	f.Add([]byte{}, []byte{0x4b})
	codecs := []codec.Codec{codec.G722, codec.L16At16000, codec.PCMU}
	if c, err := codec.Opus(); err == nil {
		codecs = append(codecs, c)
	}
	f.Fuzz(func(t *testing.T, payload, next []byte) {
		if len(payload) > 1300 {
			return
		}
		for _, c := range codecs {
			dec := c.NewDecoder()
			dst := make([]int16, c.Samples(payload)+7)
			dst[len(dst)-7] = 77
			n := dec.Decode(dst, payload)
			if n > len(dst)-7 || dst[len(dst)-7] != 77 {
				t.Fatalf("%s: % x became %d samples, said to be %d", c.Name(), payload, n, len(dst)-7)
			}
			if s, ok := dec.(codec.Skimmer); ok {
				s.Skim(payload)
			}
			if s, ok := dec.(codec.Concealer); ok {
				s.Conceal(make([]int16, 960), next)
			}
			dec.Decode(dst, payload)
		}
	})
}
