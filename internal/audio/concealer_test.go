package audio_test

import (
	"bytes"
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"os/exec"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"confab/internal/audio"
)

// speechLike returns seconds of something like speech at rate: syllables of a pitch
// that glides, through three formants that move, with hissing and pauses between.
func speechLike(rate int, seconds float64, seed uint64) []int16 {
	random := rand.New(rand.NewPCG(seed, 1))
	out := make([]float64, int(seconds*float64(rate)))
	var formants [3]resonator
	phase := 0.0
	for at := 0; at < len(out); {
		n := rate * (120 + random.IntN(180)) / 1000
		pitch := 90 + 130*random.Float64()
		glide := (random.Float64() - 0.5) * 0.3
		from := [3]float64{300 + 500*random.Float64(), 900 + 1200*random.Float64(), 2300 + 600*random.Float64()}
		to := [3]float64{300 + 500*random.Float64(), 900 + 1200*random.Float64(), 2300 + 600*random.Float64()}
		hiss := random.IntN(5) == 0
		for i := 0; i < n && at < len(out); i, at = i+1, at+1 {
			t := float64(i) / float64(n)
			source := random.NormFloat64() * 0.02
			if hiss {
				source = random.NormFloat64() * 0.15
			} else if phase += pitch * (1 + glide*t) / float64(rate); phase >= 1 {
				phase--
				source += 1
			}
			var v float64
			for k := range formants {
				v += formants[k].filter(source, from[k]+(to[k]-from[k])*t, 60+40*float64(k), float64(rate)) / float64(k+1)
			}
			out[at] = v * math.Sin(math.Pi*t)
		}
		at += rate * random.IntN(120) / 1000
	}
	return toPeak(out, 14000)
}

// resonator is a two-pole filter.
type resonator struct{ a, b float64 }

func (r *resonator) filter(v, hz, width, rate float64) float64 {
	radius := math.Exp(-math.Pi * width / rate)
	v = v*(1-radius) + 2*radius*math.Cos(2*math.Pi*hz/rate)*r.a - radius*radius*r.b
	r.a, r.b = v, r.a
	return v
}

func toPeak(in []float64, peak float64) []int16 {
	var most float64
	for _, v := range in {
		most = max(most, math.Abs(v))
	}
	out := make([]int16, len(in))
	for i, v := range in {
		out[i] = int16(v * peak / most)
	}
	return out
}

// espeak returns real synthetic speech, or nil where espeak-ng is not installed.
func espeak(t testing.TB, rate int, voice string) []int16 {
	path, err := exec.LookPath("espeak-ng")
	if err != nil {
		return nil
	}
	wav, err := exec.CommandContext(t.Context(), path, "--stdout", "-v", voice,
		"The committee will meet on Thursday at eleven in the small room behind the library. "+
			"Please bring a pencil, and whatever you have found out about the river. "+
			"Nobody was certain whether the old bridge would hold, so we walked around it.").Output()
	if err != nil {
		t.Fatalf("espeak-ng -v %s: %v", voice, err)
	}
	src, err := audio.NewWAVReader(bytes.NewReader(wav))
	if err != nil {
		t.Fatal(err)
	}
	samples, err := audio.Samples(audio.Resample(src, rate))
	if err != nil {
		t.Fatal(err)
	}
	return samples
}

// concealing is a way of filling gaps.
type concealing interface {
	Hear(frame []int16)
	Conceal(dst []int16) bool
}

// repetition fills a gap with the frame before it, fading on a line over 60 ms.
type repetition struct {
	last []int16
	gap  int
}

func (r *repetition) Hear(frame []int16) { r.last, r.gap = append(r.last[:0], frame...), 0 }

func (r *repetition) Conceal(dst []int16) bool {
	total := 3 * len(dst)
	for i := range dst {
		dst[i] = 0
		if r.gap+i < total && i < len(r.last) {
			dst[i] = int16(int(r.last[i]) * (total - r.gap - i) / total)
		}
	}
	r.gap += len(dst)
	return true
}

// losses are patterns of loss: a fresh one tells of each packet whether it is lost.
var losses = []struct {
	name string
	lost func(*rand.Rand) func() bool
}{
	{"random 1 %", independent(0.01)},
	{"random 3 %", independent(0.03)},
	{"random 5 %", independent(0.05)},
	{"random 10 %", independent(0.10)},
	{"bursts 3 %, 2 packets", bursts(0.03, 2)},
	{"bursts 5 %, 2 packets", bursts(0.05, 2)},
	{"bursts 10 %, 3 packets", bursts(0.10, 3)},
}

func independent(p float64) func(*rand.Rand) func() bool {
	return func(r *rand.Rand) func() bool { return func() bool { return r.Float64() < p } }
}

// bursts is the model of Gilbert and Elliott: a good state in which one packet
// of 500 is lost and a bad one in which four of five are, so that so many are
// lost in all, and a bad time lasts for that many packets.
func bursts(loss, length float64) func(*rand.Rand) func() bool {
	const good, bad = 0.002, 0.8
	leave := 1 / length
	share := (loss - good) / (bad - good)
	enter := leave * share / (1 - share)
	return func(r *rand.Rand) func() bool {
		inBad := false
		return func() bool {
			if inBad {
				inBad = r.Float64() >= leave
			} else {
				inBad = r.Float64() < enter
			}
			if inBad {
				return r.Float64() < bad
			}
			return r.Float64() < good
		}
	}
}

// receive returns what is heard of speech over a network, which samples were lost
// on the way, and which of the others are within 10 ms of such.
func receive(speech []int16, frame int, lost func() bool, c concealing) (heard []int16, gone, harmed []bool) {
	heard = make([]int16, len(speech)/frame*frame)
	gone, harmed = make([]bool, len(heard)), make([]bool, len(heard))
	for at := 0; at < len(heard); at += frame {
		part := heard[at : at+frame]
		if at > 0 && lost() {
			c.Conceal(part)
			for i := range part {
				gone[at+i] = true
			}
			for i := at - frame/2; i < min(at+frame*3/2, len(harmed)); i++ {
				harmed[i] = true
			}
			continue
		}
		copy(part, speech[at:])
		c.Hear(part)
	}
	return heard, gone, harmed
}

// spectralDistance is the log-spectral distance of heard from speech, in dB, in
// windows of 32 ms where sound was harmed: what the ear hears of it.
func spectralDistance(speech, heard []int16, harmed []bool, rate int) float64 {
	n := rate * 32 / 1000
	var sum float64
	count := 0
	for at := 0; at+n <= len(heard); at += n / 4 {
		if !harmed[at+n/2] || audio.Level(speech[at:at+n]) < -45 {
			continue
		}
		a, b := spectrum(speech[at:at+n]), spectrum(heard[at:at+n])
		var loudest float64
		for _, v := range a {
			loudest = max(loudest, v)
		}
		var d float64
		for k := range a { // 40 dB below the loudest nobody hears anything
			v := 10 * math.Log10((a[k]+loudest*1e-4)/(b[k]+loudest*1e-4))
			d += v * v
		}
		sum += math.Sqrt(d / float64(len(a)))
		count++
	}
	return sum / float64(max(count, 1))
}

// segmentalSNR is of what was lost, in dB: the mean over windows of 4 ms of
// speech, each from −10 to 35 dB.
func segmentalSNR(speech, heard []int16, gone []bool, rate int) float64 {
	n := rate * 4 / 1000
	var sum float64
	count := 0
	for at := 0; at+n <= len(heard); at += n {
		if !gone[at] || audio.Level(speech[at:at+n]) < -45 {
			continue
		}
		var signal, noise float64
		for i := at; i < at+n; i++ {
			d := float64(speech[i]) - float64(heard[i])
			signal, noise = signal+float64(speech[i])*float64(speech[i]), noise+d*d
		}
		sum += min(35, max(-10, 10*math.Log10((signal+1)/(noise+1))))
		count++
	}
	return sum / float64(max(count, 1))
}

// spectrum returns the power in each of 64 bands of the same width.
func spectrum(samples []int16) []float64 {
	const bands = 64
	size := 1
	for size < len(samples) {
		size *= 2
	}
	x := make([]complex128, size)
	for i, v := range samples {
		x[i] = complex(float64(v)*(0.5-0.5*math.Cos(2*math.Pi*float64(i)/float64(len(samples)))), 0)
	}
	transform(x)
	out := make([]float64, bands)
	for k := range size / 2 {
		a := cmplx.Abs(x[k])
		out[k*bands/(size/2)] += a * a
	}
	return out
}

// transform is the Fourier transform of x, whose length is a power of two, in place.
func transform(x []complex128) {
	for i, j := 1, 0; i < len(x); i++ {
		bit := len(x) / 2
		for ; j&bit != 0; bit /= 2 {
			j ^= bit
		}
		if j ^= bit; i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	for half := 1; half < len(x); half *= 2 {
		step, turn := cmplx.Rect(1, -math.Pi/float64(half)), complex(1, 0)
		for k := range half {
			for i := k; i < len(x); i += 2 * half {
				a, b := x[i], turn*x[i+half]
				x[i], x[i+half] = a+b, a-b
			}
			turn *= step
		}
	}
}

// What is lost is made up for better than by repeating the frame before it, on
// every pattern of loss, whoever speaks, at every rate.
func TestConcealer_isBetterThanRepetition(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		voices := map[string][]int16{"made": speechLike(rate, 80000/float64(rate), 7)} // as many samples at each rate
		for _, name := range []string{"en-us", "en-us+f3", "de"} {
			if rate != 8000 {
				break // 8 kHz tells enough of them
			}
			if speech := espeak(t, rate, name); speech != nil {
				voices["espeak-ng "+name] = speech
			}
		}
		for name, speech := range voices {
			for i, l := range losses {
				if rate != 8000 && i%3 != 2 {
					continue // one of each kind is enough
				}
				t.Run(fmt.Sprintf("%d Hz/%s/%s", rate, name, l.name), func(t *testing.T) {
					var distance, was, snr, wasSNR float64
					const runs = 3
					for seed := range uint64(runs) {
						one := func(c concealing) (d, s float64) {
							heard, gone, harmed := receive(speech, rate/50, l.lost(rand.New(rand.NewPCG(seed, 5))), c)
							return spectralDistance(speech, heard, harmed, rate), segmentalSNR(speech, heard, gone, rate)
						}
						d, s := one(audio.NewConcealer(rate))
						distance, snr = distance+d/runs, snr+s/runs
						d, s = one(new(repetition))
						was, wasSNR = was+d/runs, wasSNR+s/runs
					}
					t.Logf("log-spectral distance %.2f dB, repetition %.2f; segmental SNR %.2f dB, repetition %.2f", distance, was, snr, wasSNR)
					if distance >= was || snr <= wasSNR {
						t.Error("repetition is as good")
					}
				})
			}
		}
	}
}

// However a gap is cut into pieces of whole 5 ms, the same is made up for it.
func TestConcealer_piecesMakeNoDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom([]int{8000, 16000, 48000}).Draw(t, "rate")
		speech := speechLike(rate, 0.2, rapid.Uint64().Draw(t, "seed"))
		whole, pieces := audio.NewConcealer(rate), audio.NewConcealer(rate)
		whole.Hear(slices.Clone(speech))
		pieces.Hear(slices.Clone(speech))
		want := make([]int16, rate*8/100)
		whole.Conceal(want)
		got := make([]int16, len(want))
		for rest := got; len(rest) > 0; {
			n := rate / 200 * rapid.IntRange(1, len(rest)*200/rate).Draw(t, "piece")
			pieces.Conceal(rest[:n])
			rest = rest[n:]
		}
		if !slices.Equal(got, want) {
			t.Fatal("they differ")
		}
		for i, v := range want[rate*6/100:] {
			if v != 0 {
				t.Fatalf("%d samples after 60 ms it is still heard", i)
			}
		}
		next, also := slices.Clone(speech), slices.Clone(speech)
		whole.Hear(next)
		pieces.Hear(also)
		if !slices.Equal(next, also) {
			t.Fatal("what comes next differs")
		}
		if n := rate / 200; !slices.Equal(next[n:], speech[n:]) {
			t.Fatal("more than 5 ms of what comes next is changed")
		}
	})
}

// Whatever was heard, what is made up is not much louder; of silence, silence is made.
func TestConcealer_neverLouder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		heard := rapid.SliceOfN(rapid.Int16(), 1, 600).Draw(t, "heard")
		peak := 0
		for _, v := range heard {
			peak = max(peak, int(v), -int(v))
		}
		c := audio.NewConcealer(8000)
		c.Hear(heard)
		got := make([]int16, 160)
		c.Conceal(got)
		for i, v := range got {
			if m := max(int(v), -int(v)); m > min(3*peak, 32768) || i > 4 && m > peak {
				t.Fatalf("sample %d is %d, the loudest was %d", i, v, peak)
			}
		}
	})
}

// A steady tone goes on as it was.
func TestConcealer_goesOnWithATone(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		for _, hz := range []float64{100, 150, 200, 350, 440, 1000} {
			tone, err := audio.Samples(audio.Limit(audio.NewTone(rate, hz, -10, 0), 200*time.Millisecond))
			if err != nil {
				t.Fatal(err)
			}
			c := audio.NewConcealer(rate)
			c.Hear(slices.Clone(tone[:rate/10]))
			got := make([]int16, rate/100)
			c.Conceal(got)
			var signal, noise float64
			for i, v := range got {
				want := float64(tone[rate/10+i])
				signal, noise = signal+want*want, noise+(want-float64(v))*(want-float64(v))
			}
			if snr := 10 * math.Log10(signal/(noise+1)); snr < 12 {
				t.Errorf("%d Hz, a tone of %v Hz: SNR %.1f dB in 10 ms", rate, hz, snr)
			}
		}
	}
}

func TestConcealer_doesNotAllocate(t *testing.T) {
	c := audio.NewConcealer(48000)
	frame := speechLike(48000, 0.02, 1)
	if n := testing.AllocsPerRun(20, func() {
		c.Hear(frame)
		for range 4 {
			c.Conceal(frame)
		}
		c.Hear(frame)
		c.Forget()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// What gaps need is let go of where there are none, and not made for each of those that
// follow one another.
func TestConcealer_holdsLittleWithoutGaps(t *testing.T) {
	c := audio.NewConcealer(8000)
	frame := speechLike(8000, 0.02, 1)
	gaps := func(frames int) float64 {
		return testing.AllocsPerRun(10, func() {
			for range frames {
				c.Hear(frame)
			}
			c.Conceal(frame)
		})
	}
	if n := gaps(5*50 - 1); n != 0 {
		t.Errorf("gaps a little less than 5 s apart: %v allocations each", n)
	}
	if n := gaps(5 * 50); n != 2 {
		t.Errorf("gaps 5 s apart: %v allocations each, want 2: nothing was let go of", n)
	}
}

func BenchmarkConcealer(b *testing.B) {
	for _, rate := range []int{8000, 16000, 48000} {
		speech := speechLike(rate, 0.1, 1)
		frame := make([]int16, rate/50)
		c := audio.NewConcealer(rate)
		c.Hear(slices.Clone(speech))
		b.Run(fmt.Sprintf("%d Hz, heard", rate), func(b *testing.B) {
			for b.Loop() {
				c.Hear(frame)
			}
		})
		b.Run(fmt.Sprintf("%d Hz, first lost", rate), func(b *testing.B) {
			for b.Loop() {
				c.Conceal(frame)
				c.Hear(frame)
			}
		})
	}
}
