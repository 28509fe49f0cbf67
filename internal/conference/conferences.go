package conference

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"confab/internal/contract"
)

// Conferences holds the conferences that live: one at most of each name in an
// account. All methods may be called from any goroutine.
type Conferences struct {
	cfg Config
	log *slog.Logger

	mu      sync.Mutex
	byName  map[name]*Conference // may hold ended ones, for a moment
	bySID   map[contract.ConferenceSID]*Conference
	invited map[contract.CallSID]*Conference // where places are kept for calls that are being made
	closed  bool
	panics  atomic.Uint64  // recovered, in announcements
	joins   sync.WaitGroup // calls of Join that are under way; raised under mu, before closed
}

// name is what there is one live conference of.
type name struct {
	account  contract.AccountSID
	friendly string
}

// New returns an empty Conferences. Close it.
func New(c Config) (*Conferences, error) {
	switch {
	case c.Plane == nil || c.Journal == nil:
		return nil, errors.New("conferences: plane and journal are required")
	case c.MaxParticipants < 0:
		return nil, errors.New("conferences: a bound is negative")
	}
	if c.MaxParticipants == 0 {
		c.MaxParticipants = DefaultMaxParticipants
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Conferences{cfg: c, log: c.Log,
		byName: make(map[name]*Conference), bySID: make(map[contract.ConferenceSID]*Conference),
		invited: make(map[contract.CallSID]*Conference)}, nil
}

// Join lets a call stand in the conference of a name, which it makes if there
// is none, and returns when the call is no longer in it: because it left (ctx
// ended, the star key, the time limit), or because it was made to. It blocks all
// the while, wherever the conference is.
//
// An error says that the call was not let in (ErrFull, ErrLabel, ErrClosed,
// ctx's cause), or that it could not be kept in (ErrWait).
func (cs *Conferences) Join(ctx context.Context, r Request) (Left, error) {
	if err := r.validate(); err != nil {
		return Left{}, err
	}
	if err := context.Cause(ctx); err != nil {
		return Left{}, err
	}
	p, err := cs.enter(r)
	if err != nil {
		return Left{}, err
	}
	defer cs.joins.Done()
	return p.stand(ctx)
}

func (r Request) validate() error {
	switch {
	case r.Account == "" || r.Name == "" || r.Call == "" || r.Session == nil:
		return errors.New("join conference: account, name, call and session are required")
	case r.Wait != nil && r.Wait.URL != "" && r.Prompter == nil:
		return errors.New("join conference: nobody to run the wait document")
	}
	return nil
}

// enter finds or makes the conference and puts the participant in it.
func (cs *Conferences) enter(r Request) (*participant, error) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.closed {
		return nil, ErrClosed
	}
	key := name{r.Account, r.Name}
	if c := cs.invited[r.Call]; c != nil && c.key == key {
		p, err := c.add(r) // ErrEnded too: it was called into that one
		if err == nil {
			delete(cs.invited, r.Call)
		}
		return cs.entered(p, err)
	}
	if c := cs.byName[key]; c != nil {
		p, err := c.add(r)
		if !errors.Is(err, ErrEnded) {
			return cs.entered(p, err)
		}
		delete(cs.bySID, c.sid)
	}
	c := newConference(cs, r)
	p, err := c.add(r)
	if err != nil {
		return nil, err
	}
	cs.byName[key], cs.bySID[c.sid] = c, c
	return cs.entered(p, nil)
}

func (cs *Conferences) entered(p *participant, err error) (*participant, error) {
	if err == nil {
		cs.joins.Add(1)
	}
	return p, err
}

// forget takes an ended conference out.
func (cs *Conferences) forget(c *Conference) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	delete(cs.bySID, c.sid)
	if cs.byName[c.key] == c {
		delete(cs.byName, c.key)
	}
}

// Find returns the live conference of that SID.
func (cs *Conferences) Find(sid contract.ConferenceSID) (*Conference, bool) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c, ok := cs.bySID[sid]
	return c, ok
}

// Named returns the live conference of that name.
func (cs *Conferences) Named(account contract.AccountSID, friendly string) (*Conference, bool) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c, ok := cs.byName[name{account, friendly}]
	return c, ok
}

// List returns the live conferences, oldest first.
func (cs *Conferences) List() []*Conference {
	cs.mu.Lock()
	list := make([]*Conference, 0, len(cs.bySID))
	for _, c := range cs.bySID {
		list = append(list, c)
	}
	cs.mu.Unlock()
	slices.SortFunc(list, func(a, b *Conference) int { return a.created.Compare(b.created) })
	return list
}

// Count returns how many conferences live, and how many participants stand in
// them.
func (cs *Conferences) Count() (conferences, participants int) {
	list := cs.List()
	for _, c := range list {
		participants += c.Info().Participants
	}
	return len(list), participants
}

// Panics returns how many announcements have ended by a panic, which is a fault
// of ours.
func (cs *Conferences) Panics() uint64 { return cs.panics.Load() }

// Close ends all conferences and waits until every Join has returned.
func (cs *Conferences) Close() {
	cs.mu.Lock()
	cs.closed = true
	cs.mu.Unlock()
	for _, c := range cs.List() {
		c.End() // an ErrEnded is as good
	}
	cs.joins.Wait()
}
