package audio

import (
	"math"
	"time"
)

// The converter's filter. Telephony's own bands leave room: what G.711 and G.722 carry
// ends at 85 % of their Nyquist frequency, so the filter may take until 115 % of it.
const (
	convertPass = 0.85 // of the lower Nyquist frequency: unchanged up to here
	convertBeta = 6.2  // of the Kaiser window: 65 dB of stop-band from 1.15 on
)

// Converter turns frames of one rate into frames of another in the tick: sums of
// voices or one voice, frame by frame, each as long as the other in time. It is a
// polyphase FIR, linear in phase: up to 85 % of the lower Nyquist frequency passes within
// 0.1 dB, beyond 115 % is 60 dB down. It delays by less than 2 ms, and does not
// allocate. One goroutine at a time uses it.
type Converter struct {
	from, to int
	delay    int         // in samples of the higher rate
	taps     int         // of each phase
	phases   [][]float32 // by output sample, modulo their number; each is in the order of time
	step     int         // input samples per output sample, on the way down; 1 on the way up
	window   []float32   // the last input samples, then the present frame
	idle     bool        // the window holds silence alone
}

// NewConverter returns a converter from one of the rates 8000, 16000 and 48000 Hz to
// another. The higher is a multiple of the lower.
func NewConverter(from, to int) *Converter {
	low, high := min(from, to), max(from, to)
	ratio := high / low
	// Kaiser: the stop-band and the width of the transition, in cycles per sample of the
	// higher rate, give the length.
	width := (1 - convertPass) * float64(low) / float64(high)
	half := int(math.Ceil(65 / (14.36 * width) / 2))
	kernel := make([]float64, 2*half+1)
	var sum float64
	for i := range kernel {
		t := float64(i - half)
		kernel[i] = sinc(t/float64(ratio)) * kaiser(convertBeta, t/float64(half))
		sum += kernel[i]
	}
	c := &Converter{from: from, to: to, delay: half, step: 1, idle: true}
	if from > to { // one phase, as long as the kernel
		c.step, c.taps = ratio, len(kernel)
		c.phases = [][]float32{make([]float32, c.taps)}
		for i, v := range kernel {
			c.phases[0][i] = float32(v / sum)
		}
	} else {
		c.taps = (len(kernel) + ratio - 1) / ratio
		for p := range ratio {
			row := make([]float32, c.taps)
			var sum float64 // every phase passes DC alike
			for i := p; i < len(kernel); i += ratio {
				sum += kernel[i]
			}
			for i := p; i < len(kernel); i += ratio {
				row[c.taps-1-i/ratio] = float32(kernel[i] / sum)
			}
			c.phases = append(c.phases, row)
		}
	}
	c.window = make([]float32, c.taps-1+FrameSize(from))
	return c
}

// Delay returns by how much what comes out is later than what went in.
func (c *Converter) Delay() time.Duration {
	return time.Duration(c.delay) * time.Second / time.Duration(max(c.from, c.to))
}

// Idle reports whether silence in is silence out: what went in before has come out.
func (c *Converter) Idle() bool { return c.idle }

// Reset forgets what went in.
func (c *Converter) Reset() {
	clear(c.window)
	c.idle = true
}

// Sum turns src, a frame of unclamped sums at the one rate, into dst, a frame at the
// other. A nil src is silence.
func (c *Converter) Sum(dst, src []int32) {
	in := c.next(src == nil)
	for i, v := range src {
		in[i] = float32(v)
	}
	for i, n := 0, 0; i < len(dst); n += c.step {
		in := c.window[n : n+c.taps]
		for _, phase := range c.phases {
			dst[i] = int32(math.Round(float64(dot(in, phase))))
			i++
		}
	}
}

// Voice is Sum for one voice; what exceeds full scale is clamped.
func (c *Converter) Voice(dst, src []int16) {
	in := c.next(src == nil)
	for i, v := range src {
		in[i] = float32(v)
	}
	for i, n := 0, 0; i < len(dst); n += c.step {
		in := c.window[n : n+c.taps]
		for _, phase := range c.phases {
			dst[i] = clamp(float64(dot(in, phase)))
			i++
		}
	}
}

// next moves the window on and returns its part for the next frame, cleared for silence.
func (c *Converter) next(silence bool) []float32 {
	size := FrameSize(c.from)
	copy(c.window, c.window[size:])
	in := c.window[c.taps-1:]
	if silence {
		clear(in)
	}
	c.idle = silence
	return in
}
