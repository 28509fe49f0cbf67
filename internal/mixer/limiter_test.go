package mixer_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"confab/internal/mixer"
)

// sine returns the frame n of a sine at rate, whose peak is amplitude.
func sine(rate int, hz, amplitude float64, n int) []int16 {
	out := make([]int16, rate/50)
	for i := range out {
		out[i] = int16(amplitude * math.Sin(2*math.Pi*hz*float64(n*len(out)+i)/float64(rate)))
	}
	return out
}

// distortion returns how much of samples' power is not in the sines of hz, which
// all have whole periods in samples, in dB.
func distortion(samples []int16, rate int, hz ...float64) float64 {
	var all, wanted float64
	for _, v := range samples {
		all += float64(v) * float64(v)
	}
	for _, f := range hz {
		var re, im float64
		for i, v := range samples {
			sin, cos := math.Sincos(2 * math.Pi * f * float64(i) / float64(rate))
			re, im = re+float64(v)*cos, im+float64(v)*sin
		}
		wanted += 2 * (re*re + im*im) / float64(len(samples))
	}
	return 10 * math.Log10(max(all-wanted, 1e-9)/all)
}

// Three who talk as loud as can be, at once, at every rate: nothing is cut off,
// each is heard, and what is not them is 40 dB below (a hard clamp: 9.5).
func TestLimiter_threeAtFullScaleNeverClip(t *testing.T) {
	pitches := []float64{200, 310, 470}
	for _, rate := range []int{8000, 16000, 48000} {
		m := mixer.New(rate / 50)
		talkers := []*mixer.Strip{m.Add(), m.Add(), m.Add()}
		listener := m.Add()
		var heard []int16
		for n := range 100 {
			for i, s := range talkers {
				s.Put(sine(rate, pitches[i], 32767, n))
			}
			m.Sum()
			frame, _ := listener.Mix(make([]int16, rate/50))
			heard = append(heard, frame...)
			m.Clear()
		}
		if n := flat(heard); n > rate/4000 {
			t.Errorf("%d Hz: %d samples in a row at the ceiling", rate, n)
		}
		steady := heard[len(heard)/2:]
		if d := distortion(steady, rate, pitches...); d > -40 {
			t.Errorf("%d Hz: distortion %.1f dB, want −40", rate, d)
		}
		peak := slices.Max(steady)
		if peak < 29000 || peak > 32000 {
			t.Errorf("%d Hz: peak %d, want just below full scale", rate, peak)
		}
	}
}

// flat returns the longest run of samples that are equal and as loud as the
// limiter lets them be.
func flat(samples []int16) (longest int) {
	run := 0
	for i, v := range samples {
		switch {
		case v < 31990 && v > -31990:
			run = 0
		case i > 0 && v == samples[i-1]:
			run++
		default:
			run = 1
		}
		longest = max(longest, run)
	}
	return longest
}

// Who talks quietly while others overload the mix is heard quieter, and comes
// back slowly: 15 dB in a second and no faster.
func TestLimiter_aQuietOneIsNotPumped(t *testing.T) {
	const rate = 8000
	m := mixer.New(rate / 50)
	loud, too, quiet, listener := m.Add(), m.Add(), m.Add(), m.Add()
	var gains []float64 // of the quiet one, by frame
	for n := range 200 {
		quiet.Put(sine(rate, 1000, 1000, n))
		if n >= 50 && n < 100 {
			loud.Put(sine(rate, 200, 32767, n))
			too.Put(sine(rate, 200, 32767, n))
		}
		m.Sum()
		frame, _ := listener.Mix(make([]int16, rate/50))
		gains = append(gains, level(frame, rate, 1000)/1000)
		m.Clear()
	}
	if got := gains[49]; math.Abs(got-1) > 0.01 {
		t.Errorf("before: gain %.3f, want 1", got)
	}
	if got := 20 * math.Log10(gains[99]); got > -6 || got < -7 {
		t.Errorf("under two at full scale: gain %.1f dB, want what makes room for them, about −6.5", got)
	}
	for n := 101; n < len(gains); n++ {
		if rise := 20 * math.Log10(gains[n]/gains[n-1]); rise > 0.33 || rise < -0.02 {
			t.Errorf("frame %d: gain changes by %.2f dB", n, rise)
		}
	}
	if got := gains[199]; math.Abs(got-1) > 0.01 {
		t.Errorf("two seconds later: gain %.3f, want 1", got)
	}
}

// level returns the peak of the sine of hz in samples.
func level(samples []int16, rate int, hz float64) float64 {
	var re, im float64
	for i, v := range samples {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / float64(rate))
		re, im = re+float64(v)*cos, im+float64(v)*sin
	}
	return 2 * math.Hypot(re, im) / float64(len(samples))
}

// Who ceases to talk hears on at the loudness that they heard until then.
func TestLimiter_noStepFromOnesOwnMixToTheShared(t *testing.T) {
	const rate = 8000
	m := mixer.New(rate / 50)
	strips := []*mixer.Strip{m.Add(), m.Add(), m.Add()}
	var heard []int16
	alone, shared := 0, 0
	for n := range 200 {
		if n < 30 { // the third makes the shared mix louder than its own
			strips[2].Put(sine(rate, 200, 32767, n))
		}
		strips[0].Put(sine(rate, 200, 15000, n))
		strips[1].Put(sine(rate, 200, 15000, n))
		m.Sum()
		m.Shared() // somebody hears it
		frame, isShared := strips[2].Mix(make([]int16, rate/50))
		if n >= 30 {
			if isShared {
				shared++
			} else {
				alone++
			}
		}
		heard = append(heard, frame...)
		m.Clear()
	}
	for i := rate / 50; i < len(heard); i += rate / 50 {
		a, b := level(heard[i-rate/50:i], rate, 200), level(heard[i:i+rate/50], rate, 200)
		if d := 20 * math.Log10(b/a); math.Abs(d) > 0.35 {
			t.Errorf("frame %d: %.2f dB", i*50/rate, d)
		}
	}
	if alone == 0 || shared == 0 {
		t.Errorf("%d frames alone and %d shared after it ceased to talk, want some of each", alone, shared)
	}
}

// Whatever is put: no sample is beyond the ceiling once the limiter works, none
// has the wrong sign, and none is louder than the sum. After as long a time of
// what fits as the gain needs to rise the mix is exact again.
func TestLimiter_anyVoices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{8, 160, 320, 960}).Draw(t, "samples")
		m := mixer.New(n)
		talker, listener := m.Add(), m.Add()
		seed := rapid.Uint64().Draw(t, "seed")
		for range rapid.IntRange(1, 20).Draw(t, "frames") {
			sum := make([]int32, n)
			most := int64(1) << rapid.IntRange(1, 20).Draw(t, "loudness")
			for i := range sum {
				seed = seed*6364136223846793005 + 1442695040888963407
				sum[i] = int32(int64(seed>>33)%(2*most) - most)
			}
			got := turnWide(m, talker, listener, sum)
			for i, v := range got {
				if int64(v)*int64(sum[i]) < 0 || max(int32(v), -int32(v)) > max(sum[i], -sum[i]) {
					t.Fatalf("sample %d of %d becomes %d", i, sum[i], v)
				}
			}
			if n := flat(got); n > len(got)/40 && len(got) >= 160 {
				t.Fatalf("%d samples in a row are cut off", n)
			}
		}
		fits := rapid.SliceOfN(rapid.Int32Range(-32768, 32767), n, n).Draw(t, "fits")
		if slices.ContainsFunc(fits, func(v int32) bool { return v > 32000 || v < -32000 }) {
			fits = make([]int32, n) // beyond the ceiling a gain that is on its way stays
		}
		for range 450 {
			turnWide(m, talker, listener, fits)
		}
		for i, v := range turnWide(m, talker, listener, fits) {
			if int32(v) != fits[i] {
				t.Fatalf("9 s later sample %d is %d, want %d", i, v, fits[i])
			}
		}
	})
}

func turnWide(m *mixer.Mixer, talker, listener *mixer.Strip, sum []int32) []int16 {
	talker.PutSum(sum)
	m.Sum()
	got, _ := listener.Mix(make([]int16, len(sum)))
	got = slices.Clone(got)
	m.Clear()
	return got
}

// 300 voices at full scale are a mix at the ceiling, of the right sign.
func TestLimiter_doesNotWrap(t *testing.T) {
	for _, level := range []int16{32767, -32768} {
		t.Run(fmt.Sprint(level), func(t *testing.T) {
			m := mixer.New(160)
			for range 300 {
				m.Add().Put(slices.Repeat([]int16{level}, 160))
			}
			m.Sum()
			want := int16(32000)
			if level < 0 {
				want = -want
			}
			for i, v := range m.Shared() {
				if d := int(v) - int(want); d < -1 || d > 1 {
					t.Fatalf("sample %d is %d, want %d", i, v, want)
				}
			}
		})
	}
}

// A prompt of one's own is added before the limit, and exactly while it fits.
func TestMixOnto_isTheSumWithThePrompt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		voices := frames(t, 3)
		m := mixer.New(size)
		a, listener := m.Add(), m.Add()
		a.Put(voices[0])
		if rapid.Bool().Draw(t, "talks") {
			listener.Put(voices[1])
		}
		m.Sum()
		want := sum([][]int16{voices[0], voices[2]}, -1)
		got := slices.Clone(voices[2])
		if listener.MixOnto(got); !slices.Equal(got, want) {
			t.Fatalf("hears %v, want %v", got, want)
		}
	})
}

// In a crowd that is too loud each talker hears all the others as loud as the
// listeners do, without itself, and nothing is cut off. One that is as loud as all of
// them together, whose absence makes the sum larger, has a limiter of its own.
func TestLimiter_inACrowdOneGainIsForAll(t *testing.T) {
	const rate, crowd = 8000, 40
	m := mixer.New(rate / 50)
	var talkers []*mixer.Strip
	for range crowd {
		talkers = append(talkers, m.Add())
	}
	against, listener := m.Add(), m.Add()
	var mixed, heard, contrary []int16
	dst := make([]int16, rate/50)
	for n := range 100 {
		all := make([]int32, rate/50)
		for i, s := range talkers {
			voice := sine(rate, 150+50*float64(i%4), 3000, n)
			s.Put(voice)
			for i, v := range voice {
				all[i] += int32(v)
			}
		}
		loud := make([]int16, rate/50)
		for i, v := range all {
			loud[i] = int16(max(min(-v/2, math.MaxInt16), math.MinInt16))
		}
		if n < 50 {
			against.Put(loud)
		}
		m.Sum()
		frame, shared := talkers[0].Mix(dst)
		if shared {
			t.Fatal("a talker hears itself")
		}
		if mixed = append(mixed, frame...); n < 50 {
			mixed = mixed[:0]
		}
		if frame, _ = against.Mix(dst); n < 50 {
			contrary = append(contrary, frame...)
		}
		frame, _ = listener.Mix(dst)
		if heard = append(heard, frame...); n < 50 {
			heard = heard[:0]
		}
		m.Clear()
	}
	for i, hz := range []float64{150, 200, 250, 300} {
		voices := 10.0
		if i == 0 {
			voices = 9 // its own is missing
		}
		want := 20 * math.Log10(voices/10)
		if got := 20 * math.Log10(level(mixed, rate, hz)/level(heard, rate, hz)); math.Abs(got-want) > 0.3 {
			t.Errorf("%v Hz: a talker hears it by %.2f dB louder than a listener, want %.2f", hz, got, want)
		}
	}
	for who, samples := range map[string][]int16{"a talker": mixed, "a listener": heard, "who is against all": contrary} {
		if n := flat(samples); n > 2 {
			t.Errorf("%s: %d samples in a row at the ceiling", who, n)
		}
	}
}
