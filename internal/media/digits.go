package media

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"confab/internal/audio"
)

// keypad holds all keys that there are.
const keypad = "0123456789*#ABCD"

// keysBacklog is how many digits wait to be read. More than that nobody keys by
// hand before being listened to; what is too much is dropped.
const keysBacklog = 64

// transport is how a digit came. Many far ends send each digit in two ways.
type transport uint8

const (
	byInBand transport = iota
	byINFO
	byEvent // RFC 4733
)

// keyQueue holds digits until they are read.
type keyQueue struct {
	waiting atomic.Int32 // readers

	mu      sync.Mutex
	keys    []byte
	via     transport // the best seen: others are ignored from then on
	closed  bool
	changed chan struct{} // closed and replaced at each change
}

func (q *keyQueue) init() { q.changed = make(chan struct{}) }

func (q *keyQueue) signalLocked() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// press adds a key that came by via, unless a better transport is in use: a far
// end that sends telephone-events also lets the tones be heard, and a time
// window would take two quick presses for one.
func (q *keyQueue) press(key byte, via transport) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if via < q.via || q.closed {
		return
	}
	q.via = via
	if len(q.keys) < keysBacklog {
		q.keys = append(q.keys, key)
		q.signalLocked()
	}
}

func (q *keyQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		q.signalLocked()
	}
}

// Digit returns the next key pressed at the far end: '0'-'9', '*', '#' or
// 'A'-'D'. It waits for one until ctx ends. Keys wait in a queue until they are
// read or cleared, whichever way they came (RFC 4733, SIP INFO, in-band tones);
// each press counts once.
func (s *Session) Digit(ctx context.Context) (byte, error) {
	s.listenInBand(+1)
	defer s.listenInBand(-1)
	q := &s.keys
	for {
		q.mu.Lock()
		if len(q.keys) > 0 {
			key := q.keys[0]
			q.keys = q.keys[1:]
			q.mu.Unlock()
			return key, nil
		}
		closed, changed := q.closed, q.changed
		q.mu.Unlock()
		if closed {
			return 0, ErrClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// listenInBand lets the loop look for tones while somebody waits for a digit of
// a far end that sends no telephone-events.
func (s *Session) listenInBand(by int32) {
	if n := s.keys.waiting.Add(by); n == 0 || n == 1 && by > 0 {
		s.loop.mail.put(func() { s.in.asked = s.keys.waiting.Load() > 0 })
	}
}

// ClearDigits forgets the keys that have not been read, and returns how many they
// were.
func (s *Session) ClearDigits() (forgotten int) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	forgotten, s.keys.keys = len(s.keys.keys), nil
	return forgotten
}

// PressINFO takes a key that came by SIP INFO. It is ignored once the far end
// has sent one by RFC 4733.
func (s *Session) PressINFO(key byte) {
	if strings.IndexByte(keypad, key) >= 0 {
		s.keys.press(key, byINFO)
	}
}

// SendDigits presses keys at the far end, in order, and returns when the last
// has been sent: '0'-'9', 'A'-'D', '*', '#'; 'w' waits half a second, 'W' a
// second (Twilio <Play> digits). They go as telephone-events (RFC 4733), or as
// tones to a far end that takes none.
func (s *Session) SendDigits(ctx context.Context, digits string) error {
	rate, err := s.rate(ctx)
	if err != nil {
		return err
	}
	var todo []dialled
	var tones []audio.Source
	for _, c := range []byte(digits) {
		switch {
		case c == 'w' || c == 'W':
			d := 500 * time.Millisecond
			if c == 'W' {
				d = time.Second
			}
			todo = append(todo, dialled{pause: d})
			tones = append(tones, audio.Silence(rate, d))
		case strings.IndexByte(keypad, c) >= 0:
			todo = append(todo, dialled{key: c})
			tones = append(tones, audio.Digit(rate, c, keyDuration), audio.Silence(rate, keyGap))
		default:
			return fmt.Errorf("send digits: %q is no key: want 0-9, A-D, *, #, w or W", c)
		}
	}
	if len(todo) == 0 {
		return nil
	}
	d := &dialling{done: make(chan struct{})}
	for i := range todo {
		todo[i].of, todo[i].last = d, i == len(todo)-1
	}
	inBand := false
	if !s.loop.do(func() {
		if inBand = s.out.dtmf == 0; !inBand {
			s.out.dialled = append(s.out.dialled, todo...)
		}
	}) {
		return ErrClosed
	}
	if inBand {
		return s.Play(ctx, audio.Concat(tones...))
	}
	select {
	case <-d.done:
		return d.err
	case <-s.done:
		return ErrClosed
	case <-ctx.Done():
		cause := context.Cause(ctx)
		s.loop.mail.put(func() { s.out.hangUp(d, cause) })
		return cause
	}
}

// maxPresses is how many digits of a session may be told between two checks:
// more than a dialler sends, and no flood for others to drown in.
const maxPresses = 32

// tellDigit tells control of a key.
func (l *loop) tellDigit(s *Session, key byte, inBand bool) {
	if s.in.presses++; s.in.presses > maxPresses || !l.notes.put(note{kind: noteDigit, session: s, digit: key, inBand: inBand}) {
		l.notes.lost.Add(1)
	}
}

// tellNotes passes on what the loop has to tell, until the loop stops.
func (l *loop) tellNotes() {
	for {
		n, ok := l.notes.take()
		if !ok {
			select {
			case <-l.notes.wake:
				continue
			case <-l.stopped:
				return
			}
		}
		switch s := n.session; n.kind {
		case noteDigit:
			via := byEvent
			if n.inBand {
				via = byInBand
			}
			s.keys.press(n.digit, via)
		case noteLatched:
			l.plane.settled(s, n.addr)
		case noteLost:
			s.tellLost()
		case noteTalks, noteQuiet:
			s.tellSpeech(n.kind == noteTalks)
		}
	}
}

// tellLost closes lost, once.
func (s *Session) tellLost() {
	select {
	case <-s.lost:
	default:
		close(s.lost)
	}
}
