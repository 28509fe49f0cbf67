package interp

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"confab/internal/audio"
	"confab/internal/call"
	"confab/internal/contract"
	"confab/internal/media"
	"confab/internal/twiml"
)

// ringMore is how much longer than it says a call may ring (Twilio <Dial> timeout:
// about five seconds are added).
const ringMore = 5 * time.Second

// ringRate is the rate of the ringing tone, Hz.
const ringRate = 8000

// dialling is one Dial that calls somebody, on the goroutine of the caller's call.
// Those who are called have calls and goroutines of their own (branch).
type dialling struct {
	*run
	doc  *document
	dial *twiml.Dial

	waiting  []*twiml.Client // still to be called
	ringing  map[*branch]bool
	answered chan *branch // who has answered, in that order
	over     chan *branch // whose call is over

	ended chan struct{}      // closed when the Dial is
	star  context.Context    // ends when the caller wants no more (hangupOnStar)
	stars context.CancelFunc // ends star
	got   outcome            // so far
}

// callClients calls the clients of a Dial, lets the caller hear it ringing, connects
// the first who answers, and returns when they no longer are. Twilio <Client>: the
// first to accept is connected, the other attempts are canceled.
func (r *run) callClients(ctx context.Context, doc *document, d *twiml.Dial) outcome {
	n := len(d.Clients)
	g := &dialling{
		run: r, doc: doc, dial: d, waiting: d.Clients, ringing: make(map[*branch]bool),
		answered: make(chan *branch, n), over: make(chan *branch, n), ended: make(chan struct{}),
		got: outcome{status: string(contract.CallFailed)},
	}
	g.star, g.stars = context.WithCancel(ctx)
	defer g.stars()
	defer close(g.ended)
	defer g.giveUp()
	if d.HangupOnStar {
		r.session.ClearDigits()
	}
	if b := g.ring(ctx); b != nil {
		g.connect(ctx, b)
	}
	return g.got
}

// ring calls until somebody has answered and is ready to be connected; nil when
// nobody does. The caller hears it ringing meanwhile.
func (g *dialling) ring(ctx context.Context) *branch {
	var beside sync.WaitGroup
	defer beside.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if g.dial.HangupOnStar {
		beside.Go(func() { g.pass(ctx, g.session, nil, g.stars) })
	}
	if !g.run.call.Ringing() { // else it is their own telephone that says so
		beside.Go(func() { _ = g.session.Play(ctx, audio.Ringing(ringRate, g.dial.RingTone)) }) // until it is stopped
	}
	b := g.first()
	if b == nil {
		return nil
	}
	close(b.chosen)
	select {
	case <-b.ready:
		return b
	case <-b.left: // declined, or gone
		g.note(b.call.Info())
	case <-g.star.Done():
		b.call.End(contract.CauseCanceled)
		g.note(b.call.Info())
	}
	return nil
}

// first calls them, all at once or one after the other (Twilio <Dial> sequential),
// and returns who answers first; nil when nobody does.
func (g *dialling) first() *branch {
	for {
		for len(g.waiting) > 0 && (!g.dial.Sequential || len(g.ringing) == 0) {
			noun := g.waiting[0]
			g.waiting = g.waiting[1:]
			g.dialOne(noun)
		}
		if len(g.ringing) == 0 {
			return nil
		}
		select {
		case b := <-g.answered:
			delete(g.ringing, b)
			g.giveUp()
			return b
		case b := <-g.over:
			delete(g.ringing, b)
			g.note(b.call.Info())
		case <-g.star.Done(): // the caller's star, or hang-up, or another script
			g.got = outcome{status: string(contract.CallCanceled)}
			return nil
		}
	}
}

// dialOne calls one client.
func (g *dialling) dialOne(noun *twiml.Client) {
	b := &branch{
		dialling: g, whisper: address{URL: g.at("url", noun.URL), Method: noun.Method},
		chosen: make(chan struct{}), ready: make(chan struct{}), bridge: make(chan *media.Bridge, 1), left: make(chan struct{}),
	}
	order := call.Order{
		To: "client:" + noun.Identity, From: g.dial.CallerID, Handler: b,
		Callback: contract.Callback{URL: g.at("statusCallback", noun.StatusCallback), Method: noun.StatusCallbackMethod},
		Events:   strings.Join(noun.StatusCallbackEvents, " "),
		Timeout:  g.dial.Timeout + ringMore, TimeLimit: g.dial.TimeLimit,
		Over: func(contract.CallInfo) { g.over <- b },
	}
	for _, p := range noun.Parameters {
		if order.Params == nil {
			order.Params = make(map[string]string)
		}
		order.Params[p.Name] = p.Value
	}
	c, err := g.run.call.Dial(order)
	if err != nil {
		g.notCalled(noun, err)
		return
	}
	b.call = c
	g.ringing[b] = true
}

func (g *dialling) notCalled(noun *twiml.Client, err error) {
	code := contract.CodeConcurrency
	if errors.Is(err, call.ErrUnreachable) {
		code = contract.CodeUnsupportedVerb
	}
	g.warn(g.doc, code, "the client "+short(noun.Identity)+" was not called: "+err.Error())
}

// at is an address that a noun names, absolute; empty when it names none.
func (g *dialling) at(attribute, ref string) string {
	if ref == "" {
		return ""
	}
	at, err := g.doc.resolve(ref)
	if err != nil {
		g.warn(g.doc, contract.CodeURL, attribute+" of <Client> leads nowhere: "+err.Error())
	}
	return at
}

// giveUp cancels all who still ring.
func (g *dialling) giveUp() {
	for b := range g.ringing {
		b.call.End(contract.CauseCanceled)
		delete(g.ringing, b)
	}
}

// telling are the words of DialCallStatus by how much they tell: of several who were
// called, the first of these.
var telling = []string{"completed", "no-answer", "busy", "canceled", "failed"}

// note keeps what has become of one who was called, unless more is known of another.
func (g *dialling) note(c contract.CallInfo) {
	status := string(c.Status)
	if !c.Status.Terminal() {
		status = string(contract.CallCompleted) // as seen from here
	}
	if g.got.call == "" || slices.Index(telling, status) < slices.Index(telling, g.got.status) {
		g.got = outcome{status: status, call: c.SID, duration: c.Duration(time.Now())}
	}
}

// connect lets the caller and the one who answered talk until either leaves.
func (g *dialling) connect(ctx context.Context, b *branch) {
	bridged, redirected := g.together(ctx, b)
	g.got = outcome{}
	g.note(b.call.Info())
	g.got.bridged, g.got.redirected = bridged, redirected
}

// together brings both to a bridge of two, and says whether they were at it and
// whether the called left it for another script.
func (g *dialling) together(ctx context.Context, b *branch) (bridged, redirected bool) {
	if err := g.run.call.Answer(ctx); err != nil { // Twilio <Dial> answerOnBridge
		return false, false
	}
	bridge := g.cfg.Plane.NewBridge()
	defer bridge.Close()
	if err := bridge.Join(g.session, false); err != nil {
		return false, false // the voice has gone, and the call is about to say so
	}
	defer bridge.Leave(g.session)
	b.bridge <- bridge
	var keys sync.WaitGroup
	defer keys.Wait()
	passing, stop := context.WithCancel(ctx)
	defer stop()
	far, star := b.call.Session(), g.stars
	if !g.dial.HangupOnStar {
		star = nil
	}
	keys.Go(func() { g.pass(passing, g.session, far, star) })
	keys.Go(func() { g.pass(passing, far, g.session, nil) })
	select {
	case <-b.left:
		return true, b.call.Info().Ended.IsZero()
	case <-g.star.Done():
		return true, false
	}
}

// pass hands on the keys that one presses to the other, who may not be there yet. A
// star does star, unless that is nil.
func (g *dialling) pass(ctx context.Context, from, to *media.Session, star func()) {
	for {
		key, err := from.Digit(ctx)
		switch {
		case err != nil:
			return
		case key == '*' && star != nil: // Twilio <Dial> hangupOnStar
			star()
			return
		case to != nil:
			_ = to.SendDigits(ctx, string(key)) // who has gone hears none
		}
	}
}
