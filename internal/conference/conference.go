package conference

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"confab/internal/contract"
	"confab/internal/media"
)

// Conference is one meeting, from its first participant to its end. All methods
// may be called from any goroutine.
//
//	first joins ──▶ init ── start ──▶ in-progress
//	                 │                     │
//	                 └──────── end ────────┴──▶ completed
//
// It starts when two are present, one of whom has startConferenceOnEnter. It
// ends when the last one leaves, when one with endConferenceOnExit leaves or is
// kicked (before the start too), or when it is told to. Down to one after the
// start it goes on, silent. (Twilio <Conference>, startConferenceOnEnter,
// endConferenceOnExit.)
type Conference struct {
	conferences *Conferences
	key         name
	sid         contract.ConferenceSID
	created     time.Time
	max         int
	callbacks   Callbacks
	log         *slog.Logger

	life context.Context // ends when the conference does
	kill context.CancelFunc

	mu       sync.Mutex
	info     contract.ConferenceInfo
	sequence int // of the last event
	warnings int // so far
	present  map[contract.CallSID]*participant
	invited  map[contract.CallSID]*participant // for whom a place is kept; they stand nowhere
	labels   map[string]*participant           // of both
	starters int                               // present ones with startConferenceOnEnter
	joined   int                               // so far
	inside   int                               // participants whose Join has not returned
	bridge   *media.Bridge                     // from the start on
	places   int                               // taken at the bridge so far
	manned   chan struct{}                     // closed when the first is taken
	beeping  [len(beeps)]bool

	announcements []*announcement // that are heard, by their beginning
	sounding      sync.WaitGroup  // beeps and announcements to all: started under mu before the end
}

func newConference(cs *Conferences, first Request) *Conference {
	sid, now := contract.NewConferenceSID(), time.Now()
	c := &Conference{
		conferences: cs, key: name{first.Account, first.Name}, sid: sid, created: now,
		max: cs.cfg.MaxParticipants, callbacks: first.Callbacks,
		log: cs.log.With("conf", sid),
		info: contract.ConferenceInfo{SID: sid, Account: first.Account, FriendlyName: first.Name,
			Status: contract.ConferenceInit, Created: now,
			CallbackURL: first.Callbacks.URL, CallbackMethod: first.Callbacks.Method,
			CallbackEvents: strings.Join(first.Callbacks.Events, " ")},
		present: make(map[contract.CallSID]*participant),
		invited: make(map[contract.CallSID]*participant),
		labels:  make(map[string]*participant),
		manned:  make(chan struct{}),
	}
	if first.MaxParticipants > 0 && first.MaxParticipants < c.max {
		c.max = first.MaxParticipants
	}
	c.callbacks.Events = slices.Clone(first.Callbacks.Events)
	c.life, c.kill = context.WithCancel(context.Background())
	return c
}

// SID returns the conference's SID.
func (c *Conference) SID() contract.ConferenceSID { return c.sid }

// Info returns a snapshot.
func (c *Conference) Info() contract.ConferenceInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.info
}

// Participants returns snapshots of those present, by the order of joining.
func (c *Conference) Participants() []contract.ParticipantInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]contract.ParticipantInfo, 0, len(c.present))
	for _, p := range c.inOrderLocked() {
		list = append(list, p.info)
	}
	return list
}

// Participant returns a snapshot of the one with that call who is present, or who
// is being called.
func (c *Conference) Participant(call contract.CallSID) (contract.ParticipantInfo, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.present[call]; p != nil {
		return p.info, true
	}
	if p := c.invited[call]; p != nil {
		return p.info, true
	}
	return contract.ParticipantInfo{}, false
}

// Labelled returns the call of the participant with that label who is present, or
// who is being called.
func (c *Conference) Labelled(label string) (contract.CallSID, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.labels[label]; p != nil {
		return p.info.Call, true
	}
	return "", false
}

// forgetIfEnded takes c out of the registry, whose lock comes before c's.
func (c *Conference) forgetIfEnded() {
	if c.life.Err() != nil {
		c.conferences.forget(c)
	}
}

func (c *Conference) endedLocked() bool { return c.info.Status == contract.ConferenceCompleted }

// inOrderLocked returns those present by the order of joining.
func (c *Conference) inOrderLocked() []*participant {
	list := make([]*participant, 0, len(c.present))
	for _, p := range c.present {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b *participant) int { return a.number - b.number })
	return list
}
