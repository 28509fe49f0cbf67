package media

import (
	"context"
	"math"
	"time"
)

// talk is what a loop knows of how a far end talks, while somebody asks.
type talk struct {
	activity activity
	level    int32         // mean magnitude of the frame heard last
	asked    bool          // somebody does
	tell     bool          // changes are told
	told     bool          // talking, as it was told last
	until    time.Duration // levels are asked for until then
}

// NotifySpeech lets f be told when the far end begins to talk and when it ceases
// to; nil ends that. f is called on a goroutine of the plane, in order, and must
// not wait for anything. One call of f may still be under way when NotifySpeech
// returns. What a far end on hold sends is no speech: it is its music.
func (s *Session) NotifySpeech(f func(talking bool)) {
	if f == nil {
		s.onSpeech.Store(nil)
	} else {
		s.onSpeech.Store(&f)
	}
	s.loop.mail.put(func() {
		switch {
		case f == nil:
			s.talk.tell, s.talk.told = false, false
		case f != nil:
			s.watch().tell = true
		}
	})
}

// watch is on the loop.
func (s *Session) watch() *talk {
	s.talk.asked = true
	return &s.talk
}

// hear takes the level of the next frame of s, on its loop.
func (v *talk) hear(l *loop, s *Session, level int, measured bool) {
	v.level = int32(level)
	v.activity.hear(level, measured)
	switch {
	case v.tell && v.told != v.activity.talking:
		kind := noteQuiet
		if v.activity.talking {
			kind = noteTalks
		}
		if l.notes.put(note{kind: kind, session: s}) { // else it is tried again at the next frame
			v.told = v.activity.talking
		}
	case !v.tell && l.now > v.until:
		*v = talk{}
	}
}

// tellSpeech passes a note on.
func (s *Session) tellSpeech(talking bool) {
	if f := s.onSpeech.Load(); f != nil {
		(*f)(talking)
	}
}

// Level is how loud a far end is.
type Level struct {
	Talking bool
	DBov    float64 // of the frame heard last: 0 loudest, −127 silence (RFC 6464)
}

// levelsFor is for how long a session watches who talks after it was asked.
const levelsFor = 3 * time.Second

// Levels returns how loud the far ends of sessions of p are, in their order. It
// is one request to each loop, however many the sessions, and is answered
// within a turn of the loop: cheap enough to be asked ten times a second. Of a
// session that is asked for the first time nobody knows yet whether it talks.
func (p *Plane) Levels(ctx context.Context, sessions []*Session) ([]Level, error) {
	levels := make([]Level, len(sessions))
	byLoop := make(map[*loop][]int)
	for i, s := range sessions {
		byLoop[s.loop] = append(byLoop[s.loop], i)
	}
	for l, list := range byLoop {
		done := make(chan struct{})
		if !l.mail.put(func() {
			defer close(done)
			l.readClock()
			for _, i := range list {
				v := sessions[i].watch()
				v.until = l.now + levelsFor
				levels[i] = Level{Talking: v.activity.talking, DBov: dbov(int(v.level))}
			}
		}) {
			return nil, ErrClosed
		}
		select {
		case <-done:
		case <-l.stopped:
			return nil, ErrClosed
		case <-ctx.Done():
			return nil, context.Cause(ctx) // nobody reads what is still written
		}
	}
	return levels, nil
}

// dbov is the level of a voice with that mean magnitude, as if it were a sine,
// whose RMS is π/√8 of its mean.
func dbov(mean int) float64 {
	if mean <= 0 {
		return -127
	}
	return max(-127, 20*math.Log10(float64(mean)*math.Pi/math.Sqrt(8)/32767))
}
