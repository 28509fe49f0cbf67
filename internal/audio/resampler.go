package audio

import (
	"io"
	"math"
)

const (
	// kernelZeros is how many zero crossings of the sinc stand on each side of
	// the middle of the kernel.
	kernelZeros = 56
	// kernelBeta is the Kaiser window's parameter: 85 dB of stop-band.
	kernelBeta = 8.5
	// kernelPhases is how finely a kernel is tabled for each of its zero
	// crossings, where the ratio of the rates has no table of its own.
	kernelPhases = 512
)

// resampler is a polyphase FIR low-pass: output k is the input, convolved with
// a windowed sinc centred at input time k·in/out. So the output neither leads
// nor lags, and has as many samples as the input's duration holds.
type resampler struct {
	src  Source
	rate int

	up, down int       // out/in in lowest terms
	half     int       // taps on each side
	phases   int       // rows of the table
	exact    bool      // phases == up, so that no row is interpolated
	table    []float32 // (phases+1) × 2·half

	window []float32 // input not yet left behind
	chunk  []int16
	at     int // index in window of the first tap
	phase  int // in up-ths of an input sample

	given, taken int64 // samples out, in
	err          error // of src, once it has ended
}

func newResampler(src Source, rate int) *resampler {
	g := gcd(src.Rate(), rate)
	r := &resampler{src: src, rate: rate, up: rate / g, down: src.Rate() / g}
	ratio := min(1, float64(r.up)/float64(r.down)) // of the lower rate to that of the input
	r.half = int(math.Ceil(kernelZeros / ratio))
	r.phases, r.exact = r.up, true
	if limit := int(math.Ceil(kernelPhases * ratio)); r.up > limit {
		r.phases, r.exact = limit, false
	}
	r.tabulate(ratio)
	r.window = make([]float32, r.half-1, 2*r.half+1024) // silence before the first sample
	r.chunk = make([]int16, 512)
	return r
}

// tabulate fills the kernel's rows: row p holds the taps for an output that
// stands p/phases of a sample after the tap at half−1.
func (r *resampler) tabulate(ratio float64) {
	taps := 2 * r.half
	// The pass-band ends where the transition must begin for the stop-band to
	// start at half the lower rate: nothing folds back.
	cutoff := ratio * (1 - transition/2)
	r.table = make([]float32, (r.phases+1)*taps)
	row := make([]float64, taps)
	for p := range r.phases/2 + 1 {
		var sum float64
		for j := range row {
			t := float64(j-r.half+1) - float64(p)/float64(r.phases)
			row[j] = sinc(t*cutoff) * kaiser(kernelBeta, t/float64(r.half))
			sum += row[j]
		}
		for j, v := range row { // every row passes DC alike
			r.table[p*taps+j] = float32(v / sum)
			r.table[(r.phases-p+1)*taps-1-j] = float32(v / sum) // the kernel is symmetric
		}
	}
}

func (r *resampler) Rate() int { return r.rate }

func (r *resampler) Read(dst []int16) (int, error) {
	for i := range dst {
		if !r.fill() {
			return i, r.err
		}
		dst[i] = clamp(float64(r.convolve()))
		r.given++
		r.phase += r.down
		r.at += r.phase / r.up
		r.phase %= r.up
	}
	return len(dst), nil
}

// fill makes the window hold every tap of the next sample, and tells whether
// there is a next one.
func (r *resampler) fill() bool {
	taps := 2 * r.half
	for idle := 0; r.err == nil && r.at+taps > len(r.window); {
		if r.at > 0 && len(r.window)+len(r.chunk) > cap(r.window) {
			left := max(0, len(r.window)-r.at)
			copy(r.window, r.window[len(r.window)-left:])
			r.at -= len(r.window) - left
			r.window = r.window[:left]
		}
		n, err := r.src.Read(r.chunk)
		r.taken += int64(n)
		for _, s := range r.chunk[:n] {
			r.window = append(r.window, float32(s))
		}
		if idle = idleReads(idle, n); idle > maxIdle {
			err = io.ErrNoProgress
		}
		if err != nil {
			r.err = err
			r.window = append(r.window, make([]float32, taps+r.down/r.up+1)...)
		}
	}
	// Input time given·down/up must lie before the end of the input.
	return r.err == nil || r.given*int64(r.down) < r.taken*int64(r.up)
}

func (r *resampler) convolve() float32 {
	taps := 2 * r.half
	in := r.window[r.at : r.at+taps]
	if r.exact {
		return dot(in, r.table[r.phase*taps:][:taps])
	}
	at := float64(r.phase) / float64(r.up) * float64(r.phases)
	p := int(at)
	a := dot(in, r.table[p*taps:][:taps])
	b := dot(in, r.table[(p+1)*taps:][:taps])
	return a + float32(at-float64(p))*(b-a)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
