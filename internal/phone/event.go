package phone

import (
	"time"

	"confab/internal/contract"
)

// Kind is what an Event is of.
type Kind int

// The kinds of event, in the order of a call's life.
const (
	Ringing  Kind = iota + 1 // a provisional answer other than 100: Code
	Answered                 // the call is up
	Heard                    // a tenth of a second has been heard: Sound
	Key                      // the far end pressed a key: Key
	Ended                    // the call is over: Code, Cause; the last event
)

var kinds = [...]string{"none", "ringing", "answered", "heard", "key", "ended"}

// String returns the kind in a word.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kinds) {
		return "unknown"
	}
	return kinds[k]
}

// Event is something that happens to a call.
type Event struct {
	Kind  Kind
	At    time.Time
	Code  int            // Ringing, Ended: the SIP status
	Cause contract.Cause // Ended
	Key   byte           // Key: '0'-'9', '*', '#', 'A'-'D'
	Sound Sound          // Heard
}

// SoundLength is how long each Sound is.
const SoundLength = 100 * time.Millisecond

// Sound is what was heard in a tenth of a second.
type Sound struct {
	At    time.Duration // when it began, since the answer
	Level float64       // dBov (RFC 6464): 0 loudest, −127 silence
	// Pitches are the levels, in dBov, of the pitches in Options.Pitches, in
	// their order. They are measured over this and the Sound before it.
	Pitches []float64
}
