package conference

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"confab/internal/audio"
	"confab/internal/contract"
	"confab/internal/media"
)

// What callers branch on.
var (
	// ErrFull: the conference has as many participants as it may have (16020).
	ErrFull = errors.New("conference is full")
	// ErrLabel: another participant has that label (16025).
	ErrLabel = errors.New("participant label is taken")
	// ErrWait: what the participant was to hear while waiting could not be had
	// (16001).
	ErrWait = errors.New("wait document failed")
	// ErrParticipant: that call is not in the conference.
	ErrParticipant = errors.New("no such participant")
	// ErrEnded: the conference has ended.
	ErrEnded = errors.New("conference has ended")
	// ErrNotStarted: the conference has not started yet (16099).
	ErrNotStarted = errors.New("conference has not started")
	// ErrCoach: a participant cannot coach itself, nor anybody before the start
	// (13240).
	ErrCoach = errors.New("coaching is not possible")
	// ErrCoachAbsent: who is to be coached is not in the conference (16028).
	ErrCoachAbsent = errors.New("who is to be coached is not in the conference")
	// ErrCoachHeld: who is to be coached is on hold (16027).
	ErrCoachHeld = errors.New("who is to be coached is on hold")
	// ErrPrompter: there is nobody to run a document.
	ErrPrompter = errors.New("nobody to run the document")
	// ErrAnnouncements: as many announcements are heard as may be at once.
	ErrAnnouncements = errors.New("too many announcements at once")
	// ErrClosed: there are no conferences any more.
	ErrClosed = errors.New("conferences are closed")
)

// DefaultMaxParticipants is the bound of a conference for which none is given
// (Twilio <Conference> maxParticipants: 250).
const DefaultMaxParticipants = 250

// Journal keeps events; store.Store is one.
type Journal interface {
	// Append takes an event without blocking and returns its position.
	Append(contract.Event) contract.Pos
}

// Config is what Conferences is made of. Plane and Journal are required.
type Config struct {
	Plane           *media.Plane
	Journal         Journal
	MaxParticipants int // of one conference; 0: DefaultMaxParticipants

	// Talks is told, when not nil, whenever a participant begins or ceases to speak,
	// as the conference hears it: of the first 100 of a conference, and of all where
	// its application asks for events of speech. It must not block.
	Talks func(conference contract.ConferenceSID, call contract.CallSID, talking bool)

	Log *slog.Logger // nil discards
}

// Ear is where a prompt is heard: a session or a bridge.
type Ear interface {
	// Play says src and returns when the last sample has left, or ctx's cause.
	Play(ctx context.Context, src audio.Source) error
}

// Prompter runs documents for somebody who waits.
type Prompter interface {
	// Prompt runs doc into an ear and returns when it has ended (nil), when it
	// cannot be run, or with ctx's cause.
	Prompt(ctx context.Context, into Ear, doc Document) error
}

// Document is what somebody who waits is to hear. URL and Method are the
// participant's; the conference adds the rest.
type Document struct {
	URL        string // absolute; empty: silence
	Method     string // GET or POST; empty means POST
	Account    contract.AccountSID
	Conference contract.ConferenceSID
	Name       string
}

// Callbacks says who is told of a conference's events, and of which (Twilio
// <Conference> statusCallback, statusCallbackEvent).
type Callbacks struct {
	URL    string // absolute; empty: nobody
	Method string // GET or POST; empty means POST
	Events []string
}

// Request is one call's wish to join. Account, Name, Call and Session are
// required, and Prompter where Wait names a document.
type Request struct {
	Account contract.AccountSID
	Name    string // friendly name: one conference of it lives at a time
	Call    contract.CallSID
	Session *media.Session // answered; it stands at no bridge

	Label        string // unique in the conference; may be empty
	Muted        bool
	StartOnEnter bool // startConferenceOnEnter
	EndOnExit    bool // endConferenceOnExit
	BeepEnter    bool
	BeepExit     bool

	// Coach is the participant who alone hears this one (Twilio <Conference>
	// coach); empty: everybody does. ErrCoach, ErrCoachAbsent and ErrCoachHeld say
	// that it cannot be.
	Coach contract.CallSID

	// Wait is what is heard until the start: nil is the house's wait music.
	Wait *Document
	// Prompter runs what this participant is to hear: the wait document, and what
	// it is given later. It is also used from other goroutines than Join's, while
	// Join lasts. With none, only the house's music is heard.
	Prompter Prompter

	HangupOnStar bool          // the star key leaves
	TimeLimit    time.Duration // of the stay; 0: none

	// MaxParticipants and Callbacks are the conference's own: those of its first
	// participant count for its whole life, others are ignored.
	MaxParticipants int // 0, or above Config's: Config's
	Callbacks       Callbacks
}

// Left says how a participation ended.
type Left struct {
	Conference contract.ConferenceSID
	Reason     contract.LeaveReason
	Started    bool // the participant stood in a conference that had started
}
