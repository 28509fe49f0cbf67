package media

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"confab/internal/audio"
)

// tapBacklog is how much a tap holds for a reader who is late.
const tapBacklog = 2 * time.Second

// Tap is a ring outward: what a far end says, as linear PCM, for a recording, a
// stream, a level meter. It has one reader. A reader who is more than two
// seconds late loses frames, which are counted; the loop never waits for it.
type Tap struct {
	session *Session
	rate    int
	conv    *audio.Converter // where the session's rate has changed since; the loop's
	ring    *ring
	dropped atomic.Uint64 // frames
	more    chan struct{} // holds a token when something was put
	ended   chan struct{}
}

// Tap begins to hand out what the far end says from now on, silence included,
// a frame per tick. It comes after the first Set. Close it when done.
func (s *Session) Tap() (*Tap, error) {
	select {
	case <-s.negotiated:
	default:
		return nil, errors.New("tap a media session that is not yet negotiated")
	}
	rate, err := s.rate(context.Background())
	if err != nil {
		return nil, err
	}
	t := &Tap{
		session: s, rate: rate, ring: newRing(int(tapBacklog.Seconds()) * rate),
		more: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	if !s.loop.do(func() {
		if s.ended {
			t.end()
			return
		}
		s.taps = append(s.taps, t)
	}) {
		return nil, ErrClosed
	}
	return t, nil
}

// Rate returns the sample rate, Hz.
func (t *Tap) Rate() int { return t.rate }

// Dropped returns how many frames the reader was too late for.
func (t *Tap) Dropped() uint64 { return t.dropped.Load() }

// Read fills dst with what has been heard, at least one sample, and returns how
// many. It waits for more; ErrClosed when the session or the tap has ended and
// everything has been read.
func (t *Tap) Read(ctx context.Context, dst []int16) (int, error) {
	for {
		if n := t.ring.take(dst); n > 0 || len(dst) == 0 {
			return n, nil
		}
		select {
		case <-t.more:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		case <-t.ended:
			if n := t.ring.take(dst); n > 0 {
				return n, nil
			}
			return 0, ErrClosed
		}
	}
}

// put is for the loop.
func (t *Tap) put(frame []int16) {
	if t.conv != nil {
		var converted [maxFrameSize]int16
		t.conv.Voice(converted[:audio.FrameSize(t.rate)], frame)
		frame = converted[:audio.FrameSize(t.rate)]
	}
	if !t.ring.put(frame) {
		t.dropped.Add(1)
		return
	}
	select {
	case t.more <- struct{}{}:
	default:
	}
}

// end is for the loop.
func (t *Tap) end() { close(t.ended) }

// Close stops the tap.
func (t *Tap) Close() {
	s := t.session
	s.loop.do(func() {
		for i, other := range s.taps {
			if other == t {
				s.taps = append(s.taps[:i], s.taps[i+1:]...)
				t.end()
				return
			}
		}
	})
}
