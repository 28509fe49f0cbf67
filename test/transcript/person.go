package transcript

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"confab/internal/audio"
	"confab/internal/contract"
	"confab/internal/leg"
)

// answerTime is how long a step that needs an answered call waits for one.
const answerTime = 2 * time.Second

// person is somebody with a telephone.
type person struct {
	name   string
	number string                            // shown to whom is called
	phone  func() (leg.Dialer, error)        // asked for with the first call
	bound  func(time.Duration) time.Duration // of the stage
	work   sync.WaitGroup

	mu       sync.Mutex
	dialer   leg.Dialer
	calls    int // made so far
	ringing  bool
	over     bool
	refused  *leg.Refused
	failure  error   // of a call that ended without any answer
	mine     bool    // hung up or cancelled by the person
	incoming leg.Leg // of a call that came in
	leg      leg.Leg // once it is answered
	ear      *ear
	keys     string // that have come from the far end
	forget   func() // ends that calls come in; nil: none do
	left     bool
	stop     context.CancelFunc // ends the dialling
	hush     context.CancelFunc // ends what is being said
	changed  chan struct{}      // closed and replaced at each change
}

// signalLocked tells those who wait that something is different.
func (p *person) signalLocked() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// call dials target with codecs (nil: those of every telephone) and returns at once.
func (p *person) call(target string, codecs []string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.calls > 0 && !p.over {
		return fmt.Errorf("%s is in a call already", p.name)
	}
	if err := p.pickUpLocked(); err != nil {
		return err
	}
	p.newCallLocked()
	ctx, cancel := context.WithCancel(context.Background())
	p.stop = cancel
	p.work.Go(func() {
		defer cancel()
		p.live(ctx, target, codecs)
	})
	return nil
}

func (p *person) newCallLocked() {
	p.calls++
	p.ringing, p.over, p.mine, p.refused, p.failure, p.leg, p.ear, p.incoming, p.keys = false, false, false, nil, nil, nil, nil, nil, ""
}

// live is one call, from dialling to the end.
func (p *person) live(ctx context.Context, target string, codecs []string) {
	l, err := p.dialer.Dial(ctx, leg.Target{URI: target, From: p.number, Name: p.name, Timeout: time.Minute, Codecs: codecs}, p.progress)
	if err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !errors.As(err, &p.refused) {
			p.failure = err
		}
		p.over = true
		p.signalLocked()
		return
	}
	e := newEar()
	tap, err := l.Session().Tap()
	if err == nil {
		p.work.Go(func() { e.listen(tap) })
		p.work.Go(func() { p.hearKeys(l) })
	}
	p.mu.Lock()
	p.leg, p.ear, p.failure = l, e, err
	p.signalLocked()
	p.mu.Unlock()
	if ctx.Err() != nil { // given up in the moment of the answer
		hangUp(l)
	}
	<-l.Done()
	p.endCall()
}

// endCall notes that a call is over.
func (p *person) endCall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hush != nil {
		p.hush()
		p.hush = nil
	}
	p.over = true
	p.signalLocked()
}

func (p *person) progress(pr leg.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pr.Code == 180 {
		p.ringing = true
		p.signalLocked()
	}
}

// until waits until seen is true, which is called under p.mu.
func (p *person) until(d time.Duration, seen func() bool) bool {
	patience := time.NewTimer(p.bound(d))
	defer patience.Stop()
	for {
		p.mu.Lock()
		ok, changed := seen(), p.changed
		p.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-changed:
		case <-patience.C:
			return false
		}
	}
}

// stateLocked says in words where the call is.
func (p *person) stateLocked() string {
	switch {
	case p.calls == 0:
		return "has called nobody, and was not called"
	case p.failure != nil:
		return "has no call: " + p.failure.Error()
	case p.refused != nil:
		return fmt.Sprintf("got %d", p.refused.End.Code)
	case p.over && p.mine:
		return "has ended it"
	case p.over && p.leg == nil:
		return "missed a call"
	case p.over:
		return "was hung up: " + p.leg.End().Cause.String()
	case p.leg != nil:
		return "is in a call"
	case p.incoming != nil:
		return "is rung"
	case p.ringing:
		return "hears it ringing"
	}
	return "has dialled and heard nothing yet"
}

func (p *person) not(what string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Errorf("%s %s, but %s", p.name, what, p.stateLocked())
}

// answered returns the call and the ear once the call is answered.
func (p *person) answered() (leg.Leg, *ear, error) {
	p.until(answerTime, func() bool { return p.leg != nil || p.over || p.calls == 0 })
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.leg == nil || p.over {
		return nil, nil, fmt.Errorf("%s %s", p.name, p.stateLocked())
	}
	return p.leg, p.ear, nil
}

// listening returns the ear of the call once it is answered. It remembers what
// was said when the call has ended since.
func (p *person) listening() (*ear, error) {
	p.until(answerTime, func() bool { return p.leg != nil || p.over || p.calls == 0 })
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ear == nil {
		return nil, fmt.Errorf("%s cannot hear: %s", p.name, p.stateLocked())
	}
	return p.ear, nil
}

// cancel gives up a call that has not been answered.
func (p *person) cancel() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.calls == 0 || p.over || p.leg != nil || p.incoming != nil {
		return fmt.Errorf("%s cannot cancel: %s", p.name, p.stateLocked())
	}
	p.mine = true
	p.stop()
	return nil
}

func (p *person) hangUp() error {
	l, _, err := p.answered()
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.mine = true
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return l.Hangup(ctx, contract.CauseFarEnd)
}

// leave ends whatever call there is, and waits for all that belongs to it.
func (p *person) leave() {
	p.mu.Lock()
	l, forget := p.leg, p.forget
	p.left = true
	switch {
	case p.over || p.calls == 0:
		l = nil
	case p.incoming != nil:
		l = p.incoming
	case l == nil:
		p.stop()
	}
	p.mu.Unlock()
	if l != nil {
		hangUp(l)
	}
	if forget != nil {
		forget()
	}
	p.work.Wait()
}

// hangUp ends a call. The stage looks whether something is left of it.
func hangUp(l leg.Leg) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_ = l.Hangup(ctx, contract.CauseFarEnd)
}

// say lets voices be heard from now on; none is silence.
func (p *person) say(voices []audio.Source) error {
	l, e, err := p.answered()
	if err != nil {
		return err
	}
	e.act()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hush != nil {
		p.hush()
		p.hush = nil
	}
	if len(voices) == 0 || p.over {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.hush = cancel
	for _, voice := range voices {
		p.work.Go(func() {
			_ = l.Session().Play(ctx, voice) // until hushed
		})
	}
	return nil
}
