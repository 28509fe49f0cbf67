package audio_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"confab/internal/audio"

	"pgregory.net/rapid"
)

const keys = "0123456789*#ABCD"

// press is a key as a far end may send it.
type press struct {
	key       byte
	low, high float64 // dBov
	lowOff    float64 // of the frequency
	highOff   float64
	d         time.Duration
}

func (p press) samples(rate int) []int16 {
	i := strings.IndexByte("123A456B789C*0#D", p.key)
	low := []float64{697, 770, 852, 941}[i/4] * (1 + p.lowOff)
	high := []float64{1209, 1336, 1477, 1633}[i%4] * (1 + p.highOff)
	a := 32767 * math.Sqrt2 * math.Pow(10, p.low/20)
	b := 32767 * math.Sqrt2 * math.Pow(10, p.high/20)
	s := make([]int16, int(p.d.Seconds()*float64(rate)))
	for n := range s {
		t := 2 * math.Pi * float64(n) / float64(rate)
		s[n] = int16(a*math.Sin(low*t) + b*math.Sin(high*t))
	}
	return s
}

// detected gives voice to a detector by the frame and returns what it told.
func detected(rate int, voice []int16) string {
	d := audio.NewDTMFDetector(rate)
	var told []byte
	for size := audio.FrameSize(rate); len(voice) > 0; voice = voice[min(size, len(voice)):] {
		if key, ok := d.Write(voice[:min(size, len(voice))]); ok {
			told = append(told, key)
		}
	}
	return string(told)
}

// between puts quiet before and behind.
func between(before int, s []int16, behind int) []int16 {
	v := make([]int16, before, before+len(s)+behind)
	return append(append(v, s...), make([]int16, behind)...)
}

// everywhere tries voice with every start, in steps of 13 samples, within a block.
func everywhere(t *testing.T, what string, rate int, s []int16, want string) {
	t.Helper()
	for before := 0; before < rate/50; before += 13 {
		if got := detected(rate, between(before, s, rate/10)); got != want {
			t.Errorf("%s, %d samples in: %q, want %q", what, before, got, want)
			return
		}
	}
}

func TestDTMF_everyKeyAtEveryRate(t *testing.T) {
	for _, rate := range []int{8000, 16000, 44100, 48000} {
		var voice []int16
		for _, key := range []byte(keys + "1122") {
			s, err := audio.Samples(audio.Digit(rate, key, 100*time.Millisecond))
			if err != nil {
				t.Fatal(err)
			}
			voice = append(voice, between(rate/25, s, 0)...)
		}
		if got := detected(rate, voice); got != keys+"1122" {
			t.Errorf("at %d Hz: %q", rate, got)
		}
	}
}

// ITU-T Q.24 Table A-1: what every administration's receivers accept.
func TestDTMF_Q24_accepts(t *testing.T) {
	const d = 40 * time.Millisecond // signal duration, operation: 40 ms
	for _, key := range []byte(keys) {
		for _, c := range []struct {
			name string
			p    press
		}{
			{"as sent", press{key, -14, -14, 0, 0, d}},
			{"loud: −3 dBm0 each", press{key, -9.2, -9.2, 0, 0, d}},
			{"quiet: −27 dBm0 each", press{key, -33, -33, 0, 0, d}},
			{"+1.5 %", press{key, -20, -20, 0.015, 0.015, d}},
			{"−1.5 %", press{key, -20, -20, -0.015, -0.015, d}},
			{"±1.5 %", press{key, -20, -20, 0.015, -0.015, d}},
			{"high louder by 5 dB", press{key, -25, -20, 0, 0, d}},
			{"low louder by 8 dB", press{key, -20, -28, 0, 0, d}},
			{"twisted and off", press{key, -24, -20, -0.015, 0.015, d}},
			{"twisted the other way and off", press{key, -20, -28, 0.015, -0.015, d}},
		} {
			everywhere(t, string(key)+" "+c.name, 8000, c.p.samples(8000), string(key))
		}
	}
}

// ITU-T Q.24 Table A-1: what receivers refuse.
func TestDTMF_Q24_refuses(t *testing.T) {
	const d = 100 * time.Millisecond
	for _, key := range []byte(keys) {
		for _, c := range []struct {
			name string
			p    press
		}{
			{"20 ms", press{key, -14, -14, 0, 0, 20 * time.Millisecond}},
			{"low tone +3.5 %", press{key, -20, -20, 0.035, 0, d}},
			{"low tone −3.5 %", press{key, -20, -20, -0.035, 0, d}},
			{"high tone +3.5 %", press{key, -20, -20, 0, 0.035, d}},
			{"high tone −3.5 %", press{key, -20, -20, 0, -0.035, d}},
			{"too quiet", press{key, -40, -40, 0, 0, d}},
			{"low tone only", press{key, -20, -127, 0, 0, d}},
			{"high tone only", press{key, -127, -20, 0, 0, d}},
			{"high louder by 12 dB", press{key, -26, -14, 0, 0, d}},
			{"low louder by 15 dB", press{key, -14, -29, 0, 0, d}},
		} {
			everywhere(t, string(key)+" "+c.name, 8000, c.p.samples(8000), "")
		}
	}
}

// ITU-T Q.24 Table A-1: a pause of 40 ms parts two keys, an interruption of 10 ms
// does not.
func TestDTMF_Q24_pauses(t *testing.T) {
	s := press{'7', -14, -14, 0, 0, 60 * time.Millisecond}.samples(8000)
	other := press{'3', -14, -14, 0, 0, 60 * time.Millisecond}.samples(8000)
	everywhere(t, "10 ms", 8000, append(between(0, s, 80), s...), "7")
	everywhere(t, "40 ms", 8000, append(between(0, s, 320), s...), "77")
	everywhere(t, "40 ms, another key", 8000, append(between(0, s, 320), other...), "73")
	everywhere(t, "a long press", 8000, press{'#', -14, -14, 0, 0, 3 * time.Second}.samples(8000), "#")
}

func TestDTMF_inNoiseAndCoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		want := rapid.StringOfN(rapid.SampledFrom([]rune(keys)), 1, 8, -1).Draw(t, "keys")
		random := rand.New(rand.NewPCG(seed, 0))
		var voice []int16
		for _, key := range []byte(want) {
			p := press{key, -14 - 4*random.Float64(), 0, 0, 0, 70 * time.Millisecond}
			p.high = p.low - 7 + 12*random.Float64() // −7 to +5 dB of twist
			voice = append(voice, between(400+random.IntN(200), p.samples(8000), 0)...)
		}
		for i, s := range voice {
			noisy := float64(s) + random.NormFloat64()*32767*math.Pow(10, -35.0/20) // at least 10 dB below each tone
			voice[i] = audio.FromULaw(audio.ToULaw(int16(noisy)))
		}
		if got := detected(8000, voice); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}

// Talk-off: what is no key must not be heard as one. The babble is harsher than
// any speaker (sharper formants, ten new vowels a second, half of them where the
// keys' tones are), so it may hit once a minute; telephone engineers ask for no
// more than that of real speech.
func TestDTMF_talkOff(t *testing.T) {
	const minutes = 1
	for _, c := range []struct {
		name  string
		voice func(seed uint64, n int) []int16
		hits  int
	}{
		{"speech", babble, minutes},
		{"noise", noise, 0},
		{"chords", chords, 0},
		{"our music", func(_ uint64, n int) []int16 { v := make([]int16, n); audio.Music(8000).Read(v); return v }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := c.voice(7, minutes*60*8000)
			if l := audio.Level(v); l < -30 || l > -6 {
				t.Fatalf("the voice is at %.1f dBov: no fair test", l)
			}
			if got := detected(8000, v); len(got) > c.hits {
				t.Errorf("%d minutes are heard as %q", minutes, got)
			}
		})
	}
}

func TestDTMF_allocatesNothing(t *testing.T) {
	d, frame := audio.NewDTMFDetector(8000), babble(1, 160)
	if n := testing.AllocsPerRun(100, func() { d.Write(frame) }); n != 0 {
		t.Errorf("%v allocations per frame", n)
	}
}

func BenchmarkDTMFDetector(b *testing.B) {
	d, frame := audio.NewDTMFDetector(8000), babble(1, 160)
	b.ReportAllocs()
	for b.Loop() {
		d.Write(frame)
	}
}

// babble sounds like speech to a detector: a buzz whose pitch glides, through
// three formants that wander, with hisses and pauses.
func babble(seed uint64, n int) []int16 {
	random := rand.New(rand.NewPCG(seed, 1))
	between := func(a, b float64) float64 { return a + (b-a)*random.Float64() }
	out := make([]float64, n)
	var y1, y2, at, to [3]float64
	pitch, pitchTo, gain, gainTo, phase, hiss := 120.0, 120.0, 0.0, 1.0, 0.0, 0.0
	for i := range out {
		if i%800 == 0 { // ten sounds a second
			to = [3]float64{between(300, 1000), between(850, 2500), between(2200, 3400)}
			pitchTo, gainTo, hiss = between(80, 320), between(0.3, 1), 0.02
			switch random.IntN(8) {
			case 0:
				gainTo = 0
			case 1:
				hiss = 1
			case 2: // a vowel held
				to, pitchTo = at, pitch
			}
		}
		pitch += (pitchTo - pitch) / 800
		gain += (gainTo - gain) / 200
		source := hiss * random.NormFloat64()
		if phase += pitch / 8000; phase >= 1 {
			phase--
			source += 10
		}
		v := source
		for f := range 3 {
			at[f] += (to[f] - at[f]) / 300
			r := math.Exp(-math.Pi * 80 / 8000)
			y := v*(1-r) + 2*r*math.Cos(2*math.Pi*at[f]/8000)*y1[f] - r*r*y2[f]
			y1[f], y2[f] = y, y1[f]
			v = y
		}
		out[i] = gain * v
	}
	return scaled(out)
}

func noise(seed uint64, n int) []int16 {
	random := rand.New(rand.NewPCG(seed, 2))
	out := make([]float64, n)
	for i := range out {
		out[i] = random.NormFloat64()
	}
	return scaled(out)
}

// chords plays random notes of the tempered scale, two to four at a time, of five
// partials each, as an organ would: steady tones, the hardest of musics.
func chords(seed uint64, n int) []int16 {
	random := rand.New(rand.NewPCG(seed, 3))
	out := make([]float64, n)
	var notes []float64
	for i := range out {
		if i%2000 == 0 {
			notes = notes[:0]
			for range 2 + random.IntN(3) {
				notes = append(notes, 220*math.Pow(2, float64(random.IntN(28))/12))
			}
		}
		for _, hz := range notes {
			for h := 1.0; h <= 5; h++ {
				out[i] += math.Sin(2*math.Pi*hz*h*float64(i)/8000) / h
			}
		}
	}
	return scaled(out)
}

// scaled brings out to −16 dBov, as loud as people speak, and clips what is beyond.
func scaled(out []float64) []int16 {
	var sum float64
	for _, v := range out {
		sum += v * v
	}
	gain := 32767 * math.Pow(10, -16.0/20) / math.Sqrt(sum/float64(len(out)))
	samples := make([]int16, len(out))
	for i, v := range out {
		samples[i] = int16(max(-32768, min(32767, v*gain)))
	}
	return samples
}
