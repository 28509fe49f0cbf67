package phone

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"confab/internal/audio"
	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
)

const (
	hangupPatience = 5 * time.Second // for the far end to confirm that we hang up
	causeOurs      = contract.CauseDocument
)

// Options say whom to call and what to tell of it.
type Options struct {
	leg.Target

	// Record, if not nil, gets what is heard as a WAV file, from the answer to
	// the end. The caller closes it, after Done.
	Record io.WriteSeeker

	// Pitches, in Hz, are listened for: see Sound.
	Pitches []float64

	// OnEvent, if not nil, is told what happens, one event after the other. It
	// must not block for long, or the ears miss what is said meanwhile.
	OnEvent func(Event)
}

func (o Options) tell(e Event) {
	if o.OnEvent != nil {
		o.OnEvent(e)
	}
}

// Call is an answered call. Its methods may be called from any goroutine.
type Call struct {
	leg      leg.Leg
	session  *media.Session
	options  Options
	ears     *Ears
	answered time.Time
	keys     chan byte
	sounds   chan Sound
	done     chan struct{}

	mu  sync.Mutex
	err error // of the recording
}

// take makes a call of an answered leg and opens its ears.
func (p *Phone) take(l leg.Leg, o Options) (*Call, error) {
	c := &Call{
		leg: l, session: l.Session(), options: o, answered: time.Now(),
		keys: make(chan byte), sounds: make(chan Sound), done: make(chan struct{}),
	}
	tap, err := c.session.Tap()
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if c.ears, err = newEars(tap, o); err != nil {
		return nil, err
	}
	o.tell(Event{Kind: Answered, At: c.answered, Code: 200})
	if !p.start(c, c.listen, c.hearKeys, func() { c.live(p) }) {
		tap.Close()
		return nil, ErrClosed
	}
	return c, nil
}

// Play says src and returns when its last sample has left, or ctx's error, or
// media.ErrClosed when the call ends first.
func (c *Call) Play(ctx context.Context, src audio.Source) error { return c.session.Play(ctx, src) }

// Press presses keys ('0'-'9', '*', '#', 'A'-'D'; 'w' waits half a second, 'W'
// a second) and returns when the last has been sent, or ctx's error, or
// media.ErrClosed when the call ends first.
func (c *Call) Press(ctx context.Context, keys string) error { return c.session.SendDigits(ctx, keys) }

// Ears returns what is heard.
func (c *Call) Ears() *Ears { return c.ears }

// Stats returns what the network did to the voice.
func (c *Call) Stats() media.Stats { return c.session.Stats() }

// Answered returns when the call was answered.
func (c *Call) Answered() time.Time { return c.answered }

// Hangup ends the call and returns when the far end has confirmed, or ctx ends.
func (c *Call) Hangup(ctx context.Context) error { return c.leg.Hangup(ctx, causeOurs) }

// Done is closed when the call is over, whoever ended it, the recording is
// complete and the last event told.
func (c *Call) Done() <-chan struct{} { return c.done }

// End says how the call ended: the zero End until Done is closed. A call that
// we hung up has the cause contract.CauseDocument.
func (c *Call) End() leg.End { return c.leg.End() }

// Err returns what went wrong with the recording, after Done.
func (c *Call) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// live tells the call's events, one after the other, until it is over.
func (c *Call) live(p *Phone) {
	defer p.forget(c)
	defer close(c.done)
	keys, sounds, lost := c.keys, c.sounds, c.session.Lost()
	for keys != nil || sounds != nil {
		select {
		case <-lost:
			lost = nil
			ctx, cancel := context.WithTimeout(context.Background(), hangupPatience)
			_ = c.leg.Hangup(ctx, contract.CauseMediaTimeout) // the leg ends at once, confirmed or not
			cancel()
		case k, ok := <-keys:
			if !ok {
				keys = nil
				continue
			}
			c.options.tell(Event{Kind: Key, At: time.Now(), Key: k})
		case s, ok := <-sounds:
			if !ok {
				sounds = nil
				continue
			}
			c.options.tell(Event{Kind: Heard, At: c.answered.Add(s.At), Sound: s})
		}
	}
	<-c.leg.Done()
	end := c.leg.End()
	c.options.tell(Event{Kind: Ended, At: time.Now(), Code: end.Code, Cause: end.Cause})
}

// listen hears until the session ends.
func (c *Call) listen() {
	defer close(c.sounds)
	err := c.ears.listen(func(s Sound) { c.sounds <- s })
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

// hearKeys notes the far end's keys until the session ends.
func (c *Call) hearKeys() {
	defer close(c.keys)
	for {
		key, err := c.session.Digit(context.Background())
		if err != nil {
			return // the session has closed
		}
		c.ears.key(key)
		c.keys <- key
	}
}
