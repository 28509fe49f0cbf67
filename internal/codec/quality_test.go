package codec_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"confab/internal/audio"
	"confab/internal/audio/audiotest"
	"confab/internal/codec"
)

// each runs f with every codec that the machine has.
func each(t *testing.T, f func(t *testing.T, c codec.Codec)) {
	all := map[string]codec.Codec{
		"PCMU": codec.PCMU, "PCMA": codec.PCMA, "G722": codec.G722,
		"L16 at 8 kHz": codec.L16At8000, "L16 at 16 kHz": codec.L16At16000, "L16 at 48 kHz": codec.L16At48000,
	}
	for name, c := range all {
		t.Run(name, func(t *testing.T) { f(t, c) })
	}
	for _, p := range []struct{ name, parameters string }{
		{"opus", ""}, {"opus for 16 kHz", "maxplaybackrate=16000"}, {"opus for 8 kHz", "maxplaybackrate=8000;stereo=0"},
	} {
		t.Run(p.name, func(t *testing.T) {
			opus(t)
			c, ok := codec.ByName("OPUS", 48000, p.parameters)
			if !ok {
				t.Fatal("not found by name")
			}
			f(t, c)
		})
	}
	for _, p := range []struct{ name, parameters string }{
		{"AMR-WB", ""}, {"AMR-WB octet-aligned", "octet-align=1"}, {"AMR-WB at 12.65 kbit/s", "mode-set=0,1,2"},
	} {
		t.Run(p.name, func(t *testing.T) {
			amrwb(t)
			c, ok := codec.ByName("amr-wb", 16000, p.parameters)
			if !ok {
				t.Fatal("not found by name")
			}
			f(t, c)
		})
	}
}

// through codes samples frame by frame and decodes them.
func through(c codec.Codec, samples []int16) []int16 {
	enc, dec := c.NewEncoder(), c.NewDecoder()
	size := audio.FrameSize(c.SampleRate())
	coded, out := make([]byte, 2*size), make([]int16, 0, len(samples))
	frame := make([]int16, size)
	for ; len(samples) >= size; samples = samples[size:] {
		n := enc.Encode(coded, samples[:size])
		out = append(out, frame[:dec.Decode(frame, coded[:n])]...)
	}
	return out
}

// speechlike returns seconds of harmonics of a wandering pitch with the slope of a
// voice, up to most Hz, at −20 dBov.
func speechlike(rate int, seconds, most float64) []int16 {
	out := make([]int16, int(seconds*float64(rate)))
	phase := 0.0
	for i := range out {
		at := float64(i) / float64(rate)
		pitch := 140 + 30*math.Sin(2*math.Pi*1.3*at)
		phase += 2 * math.Pi * pitch / float64(rate)
		v := 0.0
		for k := 1.0; k*pitch < most; k++ {
			v += math.Sin(k*phase+k*k) / k
		}
		out[i] = int16(2600 * v * (1 + 0.5*math.Sin(2*math.Pi*3*at)))
	}
	return out
}

// What each codec leaves of a voice: the ratio of the voice to what was added to
// it. Opus and AMR-WB give no wave back, only what sounds alike: see the test after this one.
func TestQuality_signalToNoise(t *testing.T) {
	each(t, func(t *testing.T, c codec.Codec) {
		if c.Name() == "opus" || c.Name() == "AMR-WB" {
			return
		}
		want := map[string]float64{"PCMU": 35, "PCMA": 35, "G722": 28, "L16": 100}[c.Name()]
		rate := c.SampleRate()
		in := speechlike(rate, 3, min(float64(rate)*0.42, 6500))
		out := through(c, in)
		if len(out) != len(in) {
			t.Fatalf("%d samples became %d", len(in), len(out))
		}
		got, delay := audiotest.SNR(in[rate/2:], out[rate/2:], rate/50)
		t.Logf("%s at %d Hz: %.1f dB, later by %d samples", c.Name(), rate, got, delay)
		if got < want {
			t.Errorf("%.1f dB, want %.0f", got, want)
		}
	})
}

// What each codec leaves of a tone: the ratio of it to all else that comes out. Over
// its whole band, which is the rate that a bridge mixes it at.
func TestQuality_tones(t *testing.T) {
	each(t, func(t *testing.T, c codec.Codec) {
		want := map[string]float64{"PCMU": 34, "PCMA": 34, "G722": 25, "L16": 84, "opus": 25, "AMR-WB": 22}[c.Name()]
		rate := c.SampleRate()
		for _, hz := range []float64{300, 1000, 3200, 6500, 15000} {
			if hz > 0.42*float64(rate) || hz > 10000 && c.Name() == "opus" { // which leaves out what speech has not
				break
			}
			if hz > 6400 && c.Name() == "AMR-WB" { // above which it tells only how loud it is (3GPP TS 26.190 §5.12)
				break
			}
			in := make([]int16, 2*rate)
			audio.NewTone(rate, hz, -15, 0).Read(in)
			level, got := audiotest.Tonal(through(c, in)[rate/2:], rate, hz)
			t.Logf("%s at %d Hz: %5.0f Hz: %.1f dBov, %.1f dB above all else", c.Name(), rate, hz, level, got)
			if math.Abs(level+15) > 1.5 || got < want {
				t.Errorf("%.0f Hz: %.1f dBov, %.1f dB above all else; want −15, and %.0f", hz, level, got, want)
			}
		}
	})
}

// An encoder that goes on from another's state says what the other would have said.
// (AMR-WB's says nearly that: see TestAMRWB_takesOver.)
func TestEncoder_copyFrom(t *testing.T) {
	each(t, func(t *testing.T, c codec.Codec) {
		if c.Name() == "AMR-WB" {
			return
		}
		shared, own := c.NewEncoder(), c.NewEncoder()
		rate := c.SampleRate()
		size := audio.FrameSize(rate)
		voice := speechlike(rate, 1, float64(rate)*0.4)
		want, got := make([]byte, 2*size), make([]byte, 2*size)
		own.Encode(got, voice[size:2*size]) // a state of its own, to be forgotten
		for i := range 20 {
			shared.Encode(want, voice[i*size:(i+1)*size])
		}
		own.CopyFrom(shared)
		for i := 20; i < 40; i++ {
			n := shared.Encode(want, voice[i*size:(i+1)*size])
			m := own.Encode(got, voice[i*size:(i+1)*size])
			if !bytes.Equal(got[:m], want[:n]) {
				t.Fatalf("frame %d: the copy goes on otherwise", i)
			}
		}
	})
}

// A line on which nobody speaks is told from a voice that begins by the coded bytes
// alone, and at once: what is skimmed before it is known fits into the pre-roll.
func TestSkimmer(t *testing.T) {
	each(t, func(t *testing.T, c codec.Codec) {
		rate := c.SampleRate()
		size := audio.FrameSize(rate)
		_, skims := c.NewDecoder().(codec.Skimmer)
		if _, level := c.Level(nil); skims == level {
			t.Fatalf("skims: %v; knows levels: %v; want one of them", skims, level)
		}
		if !skims {
			return
		}
		r := rand.New(rand.NewPCG(1, 2))
		noise := func(mean float64) []int16 {
			s := make([]int16, rate)
			for i := range s {
				s[i] = int16(math.Round(r.NormFloat64() * mean * math.Sqrt(math.Pi/2)))
			}
			return s
		}
		tone := func(hz, dbov float64) []int16 {
			s := make([]int16, rate)
			audio.NewTone(rate, hz, dbov, 0).Read(s)
			return s
		}
		soft := speechlike(rate, 1, float64(rate)*0.4)
		for i := range soft {
			soft[i] /= 20 // −46 dBov
		}
		for line, before := range map[string][]int16{"nothing": make([]int16, rate), "noise at −72 dBov": noise(6.5)} {
			for name, voice := range map[string][]int16{
				"soft speech": soft, "a tone at −20 dBov": tone(440, -20), "a tone at −40 dBov": tone(1000, -40), "noise at −45 dBov": noise(145),
			} {
				enc, coded := c.NewEncoder(), make([]byte, 2*size)
				skimmer := c.NewDecoder().(codec.Skimmer)
				quiet := 0
				for at := 0; at+size <= len(before); at += size {
					if q := skimmer.Skim(coded[:enc.Encode(coded, before[at:at+size])]); q && at >= rate/5 {
						quiet++
					}
				}
				if quiet < 36 {
					t.Errorf("%s: only %d of 40 frames are silence", line, quiet)
				}
				for i := range 3 {
					q := skimmer.Skim(coded[:enc.Encode(coded, voice[i*size:(i+1)*size])])
					if !q {
						break
					}
					if i == 2 {
						t.Errorf("%s after %s: the first three frames of it are silence", name, line)
					}
				}
			}
		}
	})
}
