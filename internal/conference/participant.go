package conference

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"confab/internal/contract"
	"confab/internal/media"
)

// Why a participant leaves of its own, as causes of the context of its stay.
var (
	errStar      = errors.New("star was pressed")
	errTimeLimit = errors.New("time limit of the stay")
)

// participant is a call's place in a conference.
//
//	waiting ── start ──▶ at the bridge
//	   ▲ │                  ▲ │
//	   │ └─▶ on hold ◀──────┼─┘
//	   └───────┴────────────┘
//
// and gone from each of them. Its goroutine is that of Join. It lives in turns:
// at each it looks, under the conference's lock, where the participant stands,
// and does what belongs to it until something changes. Nobody else touches the
// session, but announcements, which are heard over all that.
type participant struct {
	conference *Conference
	request    Request
	number     int // 1 for the conference's first

	// Under the conference's lock.
	info     contract.ParticipantInfo
	wait     *Document // heard until the start; nil: the house's music
	hold     *Document // heard while held; nil: the house's music
	beepExit bool
	gone     *Left
	endTurn  context.CancelFunc // of the turn that is on; nil before the first
	place    place              // at the bridge; zero while not there
	speaking bool               // as the voice plane says
	talks    bool               // as events have told

	hearing sync.WaitGroup // announcements: started under the lock before it has gone

	// The goroutine's own.
	bridge   *media.Bridge // at which the session stands; nil while it waits
	muted    bool          // as the bridge knows it
	listener place         // who alone hears it, as the bridge knows it; zero: all do
	came     bool          // has stood at the bridge
	waited   bool          // has begun to wait
}

// turn is what a participant does next, and until when.
type turn struct {
	context.Context
	gone     *Left
	bridge   *media.Bridge // nil: wait
	held     bool
	document *Document // to be heard while it waits or is held
	muted    bool
	coaching bool
	listener place // who alone hears a coach; zero: nobody is there to
}

// wakeLocked ends the turn that is on.
func (p *participant) wakeLocked() {
	if p.endTurn != nil {
		p.endTurn()
	}
}

// retuneLocked lets the bridge follow a change, if p should stand there; what is
// heard by one who waits or is held is not disturbed.
func (p *participant) retuneLocked() {
	if p.conference.bridge != nil && !p.info.Hold {
		p.wakeLocked()
	}
}

// nextTurn looks where p stands.
func (p *participant) nextTurn(ctx context.Context) turn {
	c := p.conference
	c.mu.Lock()
	defer c.mu.Unlock()
	p.wakeLocked()
	t := turn{gone: p.gone, bridge: c.bridge, held: p.info.Hold, document: p.wait,
		muted: p.info.Muted, coaching: p.info.Coaching, listener: p.listenerLocked()}
	if t.held {
		t.document = p.hold
	}
	t.Context, p.endTurn = context.WithCancel(ctx)
	return t
}

// stand is the stay, from joining to having left the bridge.
func (p *participant) stand(ctx context.Context) (Left, error) {
	defer p.conference.out()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if d := p.request.TimeLimit; d > 0 { // Twilio <Dial> timeLimit
		limit := time.AfterFunc(d, func() { stop(errTimeLimit) })
		defer limit.Stop()
	}
	if p.conference.watchesSpeech() {
		p.request.Session.NotifySpeech(func(talking bool) { p.conference.speaks(p, talking) })
		defer p.request.Session.NotifySpeech(nil)
	}
	var keys sync.WaitGroup
	if p.request.HangupOnStar {
		p.request.Session.ClearDigits()
		keys.Go(func() { p.listen(ctx, stop) })
	}
	defer keys.Wait()
	defer stop(nil)
	defer p.depart()
	return p.stay(ctx)
}

// depart leaves nothing behind, whatever ended the stay.
func (p *participant) depart() {
	p.conference.leave(p, departure{contract.LeftHungUp, contract.CallCompleted}) // nothing, but after a panic
	p.endTurn()
	p.withdraw()
	p.hearing.Wait()
}

// stay takes turns until the participant has gone.
func (p *participant) stay(ctx context.Context) (Left, error) {
	var failure error
	for {
		t := p.nextTurn(ctx)
		if t.gone != nil {
			return *t.gone, failure
		}
		if err := p.take(t); err != nil && t.Err() == nil {
			how := departure{contract.LeftHungUp, contract.CallCompleted}
			if !errors.Is(err, media.ErrClosed) { // else the call has gone and is about to say so
				failure = err
				how = departure{contract.LeftAddFailed, contract.CallInProgress}
			}
			p.conference.leave(p, how)
		}
		if ctx.Err() != nil {
			p.conference.leave(p, departureOf(context.Cause(ctx)))
		}
	}
}

// take does what belongs to a turn until it ends.
func (p *participant) take(t turn) error {
	var err error
	switch {
	case t.held:
		p.withdraw()
		err = p.onHold(t)
	case t.bridge == nil:
		err = p.waiting(t)
	default:
		err = p.standAt(t)
	}
	if err == nil {
		<-t.Done()
	}
	return err
}

// standAt brings the session to the bridge.
func (p *participant) standAt(t turn) error {
	if p.bridge == nil {
		// A coach is heard by nobody before it is known by whom.
		muted := t.muted || t.coaching
		if err := t.bridge.Join(p.request.Session, muted); err != nil {
			return fmt.Errorf("join bridge: %w", err)
		}
		p.bridge, p.muted, p.listener = t.bridge, muted, place{}
		p.conference.arrived(p)
		if p.request.BeepEnter && !p.came { // Twilio <Conference> beep: onEnter
			p.conference.beep(beepEnter)
		}
		p.came = true
	}
	p.tune(t)
	return nil
}

// departureOf says how a participant goes whose context ended by cause.
func departureOf(cause error) departure {
	var ended *contract.Ended
	switch {
	case errors.Is(cause, contract.ErrRedirected):
		return departure{contract.LeftUpdatedByAPI, contract.CallInProgress}
	case errors.As(cause, &ended) && ended.Cause == contract.CauseAPI:
		return departure{contract.LeftUpdatedByAPI, contract.CallCompleted}
	case errors.Is(cause, errStar), errors.Is(cause, errTimeLimit):
		return departure{contract.LeftHungUp, contract.CallInProgress}
	}
	return departure{contract.LeftHungUp, contract.CallCompleted}
}

// listen hears the keys of somebody who may leave by one.
func (p *participant) listen(ctx context.Context, leave context.CancelCauseFunc) {
	for {
		key, err := p.request.Session.Digit(ctx)
		if err != nil {
			return
		}
		if key == '*' { // Twilio <Dial> hangupOnStar
			leave(errStar)
			return
		}
	}
}

// out is the end of a Join: the last one out of an ended conference takes the
// bridge down.
func (c *Conference) out() {
	c.mu.Lock()
	c.inside--
	c.mu.Unlock()
	c.takeDown()
}

// takeDown takes the bridge of an ended conference down, once nobody is inside.
func (c *Conference) takeDown() {
	c.mu.Lock()
	last := c.inside == 0 && c.endedLocked()
	c.mu.Unlock()
	if !last {
		return
	}
	c.sounding.Wait()
	if c.bridge != nil {
		c.bridge.Close()
	}
}
