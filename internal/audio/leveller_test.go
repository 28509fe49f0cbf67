package audio_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"confab/internal/audio"
)

// levelled returns sound, at rate, as a Leveller leaves it, and the gain (dB) at the
// end of each frame.
func levelled(l *audio.Leveller, rate int, sound []int16, noise int) (out []int16, gains []float64) {
	out = slices.Clone(sound)
	for at := 0; at+rate/50 <= len(out); at += rate / 50 {
		frame := out[at : at+rate/50]
		l.Write(frame, magnitude(frame), noise)
		gains = append(gains, l.Gain())
	}
	return out, gains
}

func magnitude(frame []int16) int {
	var sum int
	for _, v := range frame {
		sum += max(int(v), -int(v))
	}
	return sum / len(frame)
}

// activeLevel is the level of samples where somebody speaks, in dBov: of the
// frames within 16 dB of all of them, as ITU-T P.56 has a margin of 15.9 dB.
func activeLevel(samples []int16, rate int) float64 {
	level := audio.Level(samples)
	for range 5 {
		var sum float64
		n := 0
		for at := 0; at+rate/50 <= len(samples); at += rate / 50 {
			if v := audio.Level(samples[at : at+rate/50]); v > level-16 {
				sum += math.Pow(10, v/10)
				n++
			}
		}
		level = 10 * math.Log10(sum/float64(n))
	}
	return level
}

// at returns samples as loud that their active level is dbov.
func at(samples []int16, rate int, dbov float64) []int16 {
	gain := math.Pow(10, (dbov-activeLevel(samples, rate))/20)
	out := make([]int16, len(samples))
	for i, v := range samples {
		out[i] = int16(min(max(float64(v)*gain, -32768), 32767))
	}
	return out
}

// Who is too quiet or too loud is heard as loud as others before long; who is
// not, is left alone.
func TestLeveller_speechComesToTheUsualLevel(t *testing.T) {
	for _, rate := range []int{8000, 16000} {
		voices := map[string][]int16{"voiced": speechLike(rate, 40, 3)}
		for _, name := range []string{"en-us", "en-us+f3", "de"} {
			if speech := espeak(t, rate, name); speech != nil {
				for len(speech) < 40*rate {
					speech = append(speech, speech...)
				}
				voices["espeak-ng "+name] = speech[:40*rate]
			}
		}
		for name, speech := range voices {
			for _, dbov := range []float64{-44, -38, -33, -27, -24, -21, -15, -12} {
				t.Run(fmt.Sprintf("%d Hz/%s/%v dBov", rate, name, dbov), func(t *testing.T) {
					sound := at(speech, rate, dbov)
					out, gains := levelled(new(audio.Leveller), rate, sound, 0)
					last := len(out) / 2
					got := activeLevel(out[last:], rate) - activeLevel(sound[last:], rate)
					want := min(max(-24-dbov, -12), 12)
					if dbov > -29 && dbov < -19 {
						if !slices.Equal(out, sound) {
							t.Errorf("it is changed by %.1f dB", got)
						}
						return
					}
					if math.Abs(got-want) > 3 {
						t.Errorf("it is changed by %.1f dB, want %.1f", got, want)
					}
					for i := 1; i < len(gains); i++ {
						if d := gains[i] - gains[i-1]; d > 0.07 || d < -0.13 && gains[i] < 0 {
							t.Fatalf("in frame %d the gain changes by %.2f dB", i, d)
						}
					}
				})
			}
		}
	}
}

// What is no speech is not changed, to the bit, however loud it is.
func TestLeveller_leavesAloneWhatIsNoSpeech(t *testing.T) {
	const rate = 8000
	take := func(s audio.Source, d time.Duration) []int16 {
		samples, err := audio.Samples(audio.Limit(s, d))
		if err != nil {
			t.Fatal(err)
		}
		return samples
	}
	random := rand.New(rand.NewPCG(1, 1))
	noise := func(deviation float64) []int16 {
		out := make([]int16, 30*rate)
		for i := range out {
			out[i] = int16(random.NormFloat64() * deviation)
		}
		return out
	}
	var keys []int16
	for _, k := range "1234567890*#1234567890*#" {
		keys = append(keys, take(audio.Digit(rate, byte(k), 100*time.Millisecond), time.Second)...)
		keys = append(keys, make([]int16, rate/10)...)
	}
	var modem []int16 // ITU-T V.21 in bursts of 1.2 s
	phase := 0.0
	for n := range 20 * rate * 3 / 2 {
		phase += 2 * math.Pi * (980 + 200*float64(n*300/rate%3%2)) / rate
		loud := 3000.0
		if n%(rate*3/2) >= rate*6/5 {
			loud = 0
		}
		modem = append(modem, int16(loud*math.Sin(phase)))
	}
	var beeps []int16
	for range 30 {
		beeps = append(beeps, take(audio.NewTone(rate, 1000, -40, 500*time.Millisecond), time.Second)...)
		beeps = append(beeps, make([]int16, rate/2)...)
	}
	for name, sound := range map[string][]int16{
		"a loud tone": take(audio.NewTone(rate, 440, -4, 0), 30*time.Second), "a faint tone": take(audio.NewTone(rate, 440, -40, 0), 30*time.Second),
		"faint beeps": beeps, "a modem": modem, "keys": keys,
		"wait music": take(audio.Music(rate), 60*time.Second),
		"noise":      noise(300), "loud noise": noise(6000), "silence": make([]int16, 30*rate),
	} {
		if out, gains := levelled(new(audio.Leveller), rate, sound, 0); !slices.Equal(out, sound) {
			t.Errorf("%s is changed by %.2f dB", name, gains[len(gains)-1])
		}
	}
}

// In a pause nothing moves, and noise is not lifted above −50 dBov.
func TestLeveller_doesNotPumpNoise(t *testing.T) {
	const rate = 8000
	l := new(audio.Leveller)
	noise := audio.NewNoise(rate)
	sound := at(speechLike(rate, 40, 3), rate, -42)
	hiss := make([]int16, len(sound))
	noise.Read(hiss[:160], -56) // comes gently
	noise.Read(hiss, -56)
	for i, v := range hiss {
		sound[i] += v
	}
	_, gains := levelled(l, rate, sound, magnitude(hiss))
	if got := gains[len(gains)-1]; got < 4 || got > 6.5 {
		t.Errorf("noise at −56 dBov: gain %.1f dB, want about 6", got)
	}
	_, pause := levelled(l, rate, hiss, magnitude(hiss))
	if slices.Max(pause) != slices.Min(pause) {
		t.Errorf("in a pause the gain goes from %.2f to %.2f dB", slices.Min(pause), slices.Max(pause))
	}
}

// Another takes the telephone, and the line grows noisy: the gain follows both.
func TestLeveller_followsTheTalkerAndTheLine(t *testing.T) {
	const rate = 8000
	l := new(audio.Leveller)
	speech := speechLike(rate, 40, 3)
	last := func(dbov float64, noise int) float64 {
		_, gains := levelled(l, rate, at(speech, rate, dbov), noise)
		return gains[len(gains)-1]
	}
	if got := last(-42, 0); got < 10 {
		t.Errorf("at −42 dBov: gain %.1f dB, want 12", got)
	}
	before, loudest := l.Gain(), []int16(nil)
	for frame := range slices.Chunk(at(speech, rate, -42), rate/50) {
		if loudest == nil || magnitude(frame) > magnitude(loudest) {
			loudest = slices.Clone(frame)
		}
	}
	if l.Write(loudest, magnitude(loudest), 45); l.Gain() >= before {
		t.Errorf("in the middle of a phrase the line grows noisy: gain %.2f dB, %.2f before", l.Gain(), before)
	}
	if got := last(-42, 45); got < 4 || got > 6.5 { // −56 dBov
		t.Errorf("on a noisy line: gain %.1f dB, want about 6", got)
	}
	if got := last(-15, 45); got > -6 {
		t.Errorf("at −15 dBov: gain %.1f dB, want about -9", got)
	}
}

func TestLeveller_doesNotAllocate(t *testing.T) {
	l, frame := new(audio.Leveller), speechLike(8000, 0.02, 1)
	if n := testing.AllocsPerRun(100, func() { l.Write(frame, 90, 3) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLeveller(b *testing.B) {
	speech := at(speechLike(8000, 20, 3), 8000, -40)
	l := new(audio.Leveller)
	levelled(l, 8000, speech, 0)
	frame := make([]int16, 160)
	for name, l := range map[string]*audio.Leveller{"left alone": {}, "made louder": l} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				copy(frame, speech[8000:])
				l.Write(frame, 300, 0)
			}
		})
	}
}
