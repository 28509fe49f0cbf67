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
// says it.
type player struct {
	rate    int
	conv    *audio.Converter // where the session's rate has changed since; the loop's
	ring    *ring            // made, and not yet said
	made    atomic.Bool      // no more will come
	stopped atomic.Bool      // the writer has gone: be silent at once
	space   chan struct{}    // holds a token when the ring is half empty
	done    chan struct{}    // closed by the loop after the last sample
}

func newPlayer(rate int) *player {
	return &player{
		rate:  rate,
		ring:  newRing(int(playAhead.Seconds() * float64(rate))),
		space: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

// maxIdleReads is how often in a row a source may give nothing and no error
// before it is taken for broken.
const maxIdleReads = 100

// fill reads src into the ring until it is full or src has ended.
func (p *player) fill(src audio.Source) error {
	for idle := 0; ; idle++ {
		space := p.ring.space()
		if len(space) == 0 {
			return nil
		}
		n, err := src.Read(space)
		p.ring.wrote(n)
		if n > 0 {
			idle = 0
		}
		if err == nil && idle >= maxIdleReads {
			err = io.ErrNoProgress
		}
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
	made := p.made.Load() // before looking into the ring: what was made before it is there
	if p.conv == nil {
		some = p.addFromRing(frame)
	} else {
		some = p.addConverted(frame)
	}
	if !some && made {
		close(p.done)
		return false, false
	}
	if p.ring.held() <= len(p.ring.samples)/2 { // not for every frame: a wake-up costs more than it
		select {
		case p.space <- struct{}{}:
		default:
		}
	}
	return some, true
}

// addFromRing adds what is made, up to a frame of the prompt's own rate.
func (p *player) addFromRing(frame []int16) (some bool) {
	for len(frame) > 0 {
		samples := p.ring.front(len(frame))
		if len(samples) == 0 {
			break
		}
		addClamped(frame, samples)
		p.ring.took(len(samples))
		frame, some = frame[len(samples):], true
	}
	return some
}

// addConverted is addFromRing for a frame of another rate.
func (p *player) addConverted(frame []int16) (some bool) {
	var own, converted [maxFrameSize]int16
	piece := own[:audio.FrameSize(p.rate)]
	if some = p.addFromRing(piece); some {
		p.conv.Voice(converted[:len(frame)], piece)
		addClamped(frame, converted[:len(frame)])
	}
	return some
}

func addClamped(frame, samples []int16) {
	for i, v := range samples {
		frame[i] = int16(min(max(int32(frame[i])+int32(v), -32768), 32767))
	}
}

// play feeds p from src until the last sample has been said, ctx ends, closed
// is closed or the loop that says it stops. attach hands p to the loop.
func (p *player) play(ctx context.Context, src audio.Source, l *loop, closed <-chan struct{}, attach func()) error {
	defer p.stopped.Store(true)
	if err := p.fill(src); err != nil {
		return err
	}
	if !l.mail.put(attach) {
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
		case <-l.stopped:
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
	return p.play(ctx, audio.Resample(src, rate), s.loop, s.done, func() {
		if !s.ended {
			p.conv = converterFor(rate, s.out.rate())
			s.out.players = append(s.out.players, p)
		}
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
