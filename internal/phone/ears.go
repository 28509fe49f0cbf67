package phone

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"confab/internal/audio"
	"confab/internal/media"
)

// memory is how much of what was heard the ears remember.
const memory = 2 * time.Second

// Ears are what a call hears: how loud it is, which pitches there are, which
// keys were pressed. Their methods may be called from any goroutine.
type Ears struct {
	tap     *media.Tap
	rate    int
	pitches []float64
	record  *audio.WAVWriter // nil: none

	mu      sync.Mutex
	heard   int64   // samples, since the answer
	recent  []int16 // the last of them, up to memory
	level   float64
	peak    float64
	keys    []byte
	changed chan struct{} // closed and replaced after each Sound
	deaf    bool          // nothing more will be heard
}

func newEars(tap *media.Tap, o Options) (*Ears, error) {
	e := &Ears{tap: tap, rate: tap.Rate(), pitches: o.Pitches, level: audio.Quietest, peak: audio.Quietest, changed: make(chan struct{})}
	if o.Record != nil {
		w, err := audio.NewWAVWriter(o.Record, e.rate)
		if err != nil {
			tap.Close()
			return nil, fmt.Errorf("record: %w", err)
		}
		e.record = w
	}
	return e, nil
}

// Rate returns the sample rate of what is heard, Hz.
func (e *Ears) Rate() int { return e.rate }

// Level returns how loud the last tenth of a second was, in dBov.
func (e *Ears) Level() float64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.level
}

// Loudest returns how loud the loudest tenth of a second has been, in dBov.
func (e *Ears) Loudest() float64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.peak
}

// Keys returns the keys that the far end has pressed.
func (e *Ears) Keys() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return string(e.keys)
}

// Last returns a copy of the last d of what was heard, less if less has been;
// the ears remember two seconds.
func (e *Ears) Last(d time.Duration) []int16 {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := min(len(e.recent), int(int64(d)*int64(e.rate)/int64(time.Second)))
	return append([]int16(nil), e.recent[len(e.recent)-n:]...)
}

// Hears returns how loud the pitch hz was in the last fifth of a second, in dBov.
func (e *Ears) Hears(hz float64) float64 { return audio.LevelAt(e.Last(2*SoundLength), e.rate, hz) }

// Listen waits until another d has been heard (two seconds at most) and returns
// it. The error is ctx's, or media.ErrClosed when the call ends first.
func (e *Ears) Listen(ctx context.Context, d time.Duration) ([]int16, error) {
	d = min(d, memory)
	e.mu.Lock()
	from := e.heard
	e.mu.Unlock()
	want := int64(d) * int64(e.rate) / int64(time.Second)
	if err := e.Await(ctx, func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.heard-from >= want
	}); err != nil {
		return nil, err
	}
	return e.Last(d), nil
}

// Await waits until cond is true, asking it now and after each tenth of a
// second that is heard. The error is ctx's, or media.ErrClosed when the call
// ends first.
func (e *Ears) Await(ctx context.Context, cond func() bool) error {
	for {
		e.mu.Lock()
		changed, deaf := e.changed, e.deaf
		e.mu.Unlock()
		switch {
		case cond():
			return nil
		case deaf:
			return media.ErrClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// listen reads the tap until it ends, and tells of every tenth of a second.
func (e *Ears) listen(tell func(Sound)) error {
	defer e.stop()
	var failed error
	sound := make([]int16, e.rate/int(time.Second/SoundLength))
	filled := 0
	for {
		n, err := e.tap.Read(context.Background(), sound[filled:])
		if filled += n; filled == len(sound) {
			if failed == nil && e.record != nil {
				failed = e.record.Write(sound)
			}
			tell(e.hear(sound))
			filled = 0
		}
		if errors.Is(err, media.ErrClosed) {
			break
		}
		if err != nil {
			return fmt.Errorf("listen: %w", err)
		}
	}
	if e.record != nil {
		if failed == nil {
			failed = e.record.Write(sound[:filled])
		}
		failed = errors.Join(failed, e.record.Close())
	}
	return failed
}

// hear takes in a tenth of a second.
func (e *Ears) hear(samples []int16) Sound {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := Sound{
		At:    time.Duration(e.heard * int64(time.Second) / int64(e.rate)),
		Level: audio.Level(samples),
	}
	e.heard += int64(len(samples))
	e.recent = append(e.recent, samples...)
	if most := int(int64(memory) * int64(e.rate) / int64(time.Second)); len(e.recent) > 2*most {
		e.recent = append(e.recent[:0], e.recent[len(e.recent)-most:]...)
	}
	if len(e.pitches) > 0 {
		s.Pitches = make([]float64, len(e.pitches))
		over := e.recent[max(0, len(e.recent)-2*len(samples)):]
		for i, hz := range e.pitches {
			s.Pitches[i] = audio.LevelAt(over, e.rate, hz)
		}
	}
	e.level, e.peak = s.Level, max(e.peak, s.Level)
	close(e.changed)
	e.changed = make(chan struct{})
	return s
}

func (e *Ears) key(k byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.keys = append(e.keys, k)
}

// stop says that nothing more will be heard.
func (e *Ears) stop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.deaf = true
	close(e.changed)
	e.changed = make(chan struct{})
}
