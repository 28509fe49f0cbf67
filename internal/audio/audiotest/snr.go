package audiotest

import "math"

// SNR returns how far what was added to in, on its way to out, lies below it, in
// dB, and by how many samples (at most most) out comes later; the delay and the
// gain that fit best are not taken for noise.
func SNR(in, out []int16, most int) (decibels float64, delay int) {
	decibels = math.Inf(-1)
	for d := range most + 1 {
		n := min(len(in), len(out)-d)
		var xx, xy, yy float64
		for i, v := range in[:n] {
			x, y := float64(v), float64(out[i+d])
			xx, xy, yy = xx+x*x, xy+x*y, yy+y*y
		}
		if xx == 0 || yy == 0 || xy <= 0 {
			continue
		}
		rest := max(yy-xy*xy/xx, 1e-9*yy/1e3)
		if v := 10 * math.Log10((yy-rest)/rest); v > decibels {
			decibels, delay = v, d
		}
	}
	return decibels, delay
}

// Tonal returns how loud (dBov) the tone of hz is in samples, and how far all else
// lies below it, in dB: noise, distortion, clicks.
func Tonal(samples []int16, rate int, hz float64) (dbov, above float64) {
	w := 2 * math.Pi * hz / float64(rate)
	// The tone that fits best: least squares for its two parts.
	var cc, cs, ss, xc, xs float64
	for i, v := range samples {
		s, c := math.Sincos(w * float64(i))
		cc, cs, ss = cc+c*c, cs+c*s, ss+s*s
		xc, xs = xc+float64(v)*c, xs+float64(v)*s
	}
	det := cc*ss - cs*cs
	a, b := (xc*ss-xs*cs)/det, (xs*cc-xc*cs)/det
	var rest float64
	for i, v := range samples {
		s, c := math.Sincos(w * float64(i))
		d := float64(v) - a*c - b*s
		rest += d * d
	}
	power := (a*a + b*b) / 2
	return 10 * math.Log10(power/(32767*32767)), 10 * math.Log10(power/max(rest/float64(len(samples)), 1e-9))
}
