package audio

import (
	"io"
	"time"
)

// FromSamples returns a source of samples at rate. It does not copy them.
func FromSamples(rate int, samples []int16) Source {
	return &recorded{rate: rate, left: samples}
}

type recorded struct {
	rate int
	left []int16
}

func (r *recorded) Rate() int { return r.rate }

func (r *recorded) Read(dst []int16) (int, error) {
	n := copy(dst, r.left)
	r.left = r.left[n:]
	if len(r.left) == 0 {
		return n, io.EOF
	}
	return n, nil
}

// Samples reads src to its end. An endless source never returns: Limit it. An
// error other than io.EOF comes with the samples read before it.
func Samples(src Source) ([]int16, error) {
	var all []int16
	buf := make([]int16, 4096)
	for idle := 0; ; {
		n, err := src.Read(buf)
		all = append(all, buf[:n]...)
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		if idle = idleReads(idle, n); idle > maxIdle {
			return all, io.ErrNoProgress
		}
	}
}

// maxIdle is how many empty reads in a row end a source.
const maxIdle = 100

func idleReads(before, n int) int {
	if n > 0 {
		return 0
	}
	return before + 1
}

// Limit returns the first d of src.
func Limit(src Source, d time.Duration) Source {
	return &limited{src: src, left: samplesIn(src.Rate(), d)}
}

type limited struct {
	src  Source
	left int
}

func (l *limited) Rate() int { return l.src.Rate() }

func (l *limited) Read(dst []int16) (int, error) {
	if l.left == 0 {
		return 0, io.EOF
	}
	n, err := l.src.Read(dst[:min(len(dst), l.left)])
	l.left -= n
	if l.left == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

// Concat returns the sources one after the other, at the rate of the first;
// those at another rate are resampled. No source at all is an empty one at 8 kHz.
func Concat(sources ...Source) Source {
	if len(sources) == 0 {
		return FromSamples(8000, nil)
	}
	c := &concat{rate: sources[0].Rate()}
	for _, s := range sources {
		c.left = append(c.left, Resample(s, c.rate))
	}
	return c
}

type concat struct {
	rate int
	left []Source
}

func (c *concat) Rate() int { return c.rate }

func (c *concat) Read(dst []int16) (int, error) {
	for len(c.left) > 0 {
		n, err := c.left[0].Read(dst)
		if err == io.EOF {
			c.left[0] = nil
			c.left = c.left[1:]
			err = nil
			if n == 0 {
				continue
			}
		}
		if err == nil && len(c.left) == 0 {
			err = io.EOF
		}
		return n, err
	}
	return 0, io.EOF
}
