package audio

import "math"

// LevelAt returns how loud the pitch hz is in samples, in dBov (see Level): that
// of a sine of this pitch alone, −127 where there is none at all. It looks
// through a Hann window over all of samples, so that pitches do not leak into
// each other when they are at least 4 / duration apart: 20 Hz in 200 ms. In a
// line coded with G.711, what is not there measures below −60.
func LevelAt(samples []int16, rate int, hz float64) float64 {
	if len(samples) < 2 {
		return Quietest
	}
	mean := average(samples)
	step := 2 * math.Pi * hz / float64(rate)
	var re, im, sum float64
	for i, s := range samples {
		w := hann(i, len(samples))
		sin, cos := math.Sincos(step * float64(i))
		re += w * (float64(s) - mean) * cos
		im += w * (float64(s) - mean) * sin
		sum += w
	}
	return sineLevel(2 * math.Hypot(re, im) / sum)
}

// sineLevel returns the level of a sine of the given amplitude, in dBov.
func sineLevel(amplitude float64) float64 {
	if amplitude <= 0 {
		return Quietest
	}
	return max(Quietest, 20*math.Log10(amplitude/math.Sqrt2/fullScale))
}

func average(samples []int16) float64 {
	var sum float64
	for _, s := range samples {
		sum += float64(s)
	}
	return sum / float64(len(samples))
}

func hann(i, n int) float64 {
	return 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(n))
}
