package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"confab/internal/audio"
)

// playAhead is how much of a prompt is made before it is heard.
const playAhead = 240 * time.Millisecond

// player carries a prompt from the goroutine that reads it to the loop that
// says it: a ring of samples with one writer and one reader, without a lock.
type player struct {
	ring       []int16
	head, tail atomic.Uint32 // samples said, samples made
	made       atomic.Bool   // no more will come
	stopped    atomic.Bool   // the writer has gone: be silent at once
	space      chan struct{} // holds a token when some of the ring was said
	done       chan struct{} // closed by the loop after the last sample
}

func newPlayer(rate int) *player {
	return &player{
		ring:  make([]int16, int(playAhead.Seconds()*float64(rate))),
		space: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

// fill reads src into the ring until it is full or src has ended.
func (p *player) fill(src audio.Source) error {
	for {
		head, tail := p.head.Load(), p.tail.Load()
		free := uint32(len(p.ring)) - (tail - head)
		if free == 0 {
			return nil
		}
		at := tail % uint32(len(p.ring))
		n, err := src.Read(p.ring[at:min(at+free, uint32(len(p.ring)))])
		p.tail.Store(tail + uint32(n))
		if err != nil {
			p.made.Store(true)
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("read prompt: %w", err)
		}
	}
}

// add adds the next frame to frame, on the loop. some is false when there was
// nothing to add, more is false when the prompt is over.
func (p *player) add(frame []int16) (some, more bool) {
	if p.stopped.Load() {
		return false, false
	}
	made := p.made.Load() // before tail: what was made before it is there
	head, tail := p.head.Load(), p.tail.Load()
	n := min(tail-head, uint32(len(frame)))
	if n == 0 && made {
		close(p.done)
		return false, false
	}
	for i := range n {
		v := int32(frame[i]) + int32(p.ring[(head+i)%uint32(len(p.ring))])
		frame[i] = int16(min(max(v, -32768), 32767))
	}
	p.head.Store(head + n)
	select {
	case p.space <- struct{}{}:
	default:
	}
	return n > 0, true
}

// play feeds p from src until the last sample has been said, ctx ends or
// something closes.
func (p *player) play(ctx context.Context, src audio.Source, closed <-chan struct{}, attach func() bool) error {
	defer p.stopped.Store(true)
	if err := p.fill(src); err != nil {
		return err
	}
	if !attach() {
		return ErrClosed
	}
	for {
		select {
		case <-p.done:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-closed:
			return ErrClosed
		case <-p.space:
			if p.made.Load() {
				continue
			}
			if err := p.fill(src); err != nil {
				return err
			}
		}
	}
}

// Play says src to the far end, over whatever it hears at a bridge, and returns
// when the last sample has left, or with ctx's cause, or ErrClosed. When it
// returns early the prompt is silent at once. The first prompt waits for
// Confirm, or for the first packet heard. src is read on the caller's goroutine.
func (s *Session) Play(ctx context.Context, src audio.Source) error {
	rate, err := s.rate(ctx)
	if err != nil {
		return err
	}
	p := newPlayer(rate)
	return p.play(ctx, audio.Resample(src, rate), s.done, func() bool {
		return s.loop.mail.put(func() {
			if !s.isLost {
				s.out.players = append(s.out.players, p)
			}
		})
	})
}

// rate returns the sample rate of the session's codec. It waits for the first Set:
// where the far end answers an offer of ours, that is after the call was answered.
func (s *Session) rate(ctx context.Context) (int, error) {
	select {
	case <-s.negotiated:
	case <-s.done:
		return 0, ErrClosed
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.codec.SampleRate(), nil
}
