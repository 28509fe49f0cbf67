package transcript

import (
	"context"
	"sync"
	"time"

	"confab/internal/audio"
	"confab/internal/media"
)

// ear keeps all that a person hears in one call, as samples at soundRate.
type ear struct {
	mu      sync.Mutex
	samples []int16
	closed  bool
	changed chan struct{} // closed and replaced at each change

	// For utterances, which are heard one after the other.
	mark int // what was heard before it has been judged, or does not matter
	cut  int // until here the rest of what was heard before may go on
}

func newEar() *ear { return &ear{changed: make(chan struct{})} }

// listen fills the ear until the tap ends.
func (e *ear) listen(tap *media.Tap) {
	frame := make([]int16, audio.FrameSize(tap.Rate()))
	buf := make([]int16, audio.FrameSize(soundRate))
	var down *audio.Converter // of a wider band the ear hears what a telephone carries
	if tap.Rate() != soundRate {
		down = audio.NewConverter(tap.Rate(), soundRate)
	}
	for {
		n, err := readFrame(tap, frame)
		switch {
		case down == nil:
			copy(buf, frame)
		case n == len(frame):
			down.Voice(buf, frame)
			n = len(buf)
		default:
			n = 0
		}
		e.mu.Lock()
		e.samples = append(e.samples, buf[:n]...)
		e.closed = err != nil
		close(e.changed)
		e.changed = make(chan struct{})
		e.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// readFrame reads a frame, or what is left before the tap ends.
func readFrame(tap *media.Tap, frame []int16) (n int, err error) {
	for n < len(frame) && err == nil {
		var k int
		k, err = tap.Read(context.Background(), frame[n:])
		n += k
	}
	return n, err
}

// now returns how many samples have been heard.
func (e *ear) now() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.samples)
}

// heard waits until n samples have been heard and returns all there are; fewer
// when the call has ended, or its voice has stopped for a second.
func (e *ear) heard(n int) []int16 {
	patience := time.NewTimer(time.Second)
	defer patience.Stop()
	for {
		e.mu.Lock()
		samples, closed, changed := e.samples, e.closed, e.changed
		e.mu.Unlock()
		if len(samples) >= n || closed {
			return samples
		}
		select {
		case <-changed:
			patience.Reset(time.Second)
		case <-patience.C:
			return samples
		}
	}
}

// act notes that the person has done something: what is being said may be cut
// off by it, and does not matter any more.
func (e *ear) act() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mark = len(e.samples)
	e.cut = e.mark + samplesIn(settle)
}

// judged notes until where what was heard has been judged. For as long as rest
// some more of it may be heard.
func (e *ear) judged(until int, rest time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mark = max(e.mark, until)
	e.cut = max(e.cut, until+samplesIn(rest))
}

func (e *ear) marks() (mark, cut int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.mark, e.cut
}

func samplesIn(d time.Duration) int   { return int(d * soundRate / time.Second) }
func samplesTime(n int) time.Duration { return time.Duration(n) * time.Second / soundRate }
