package sip

import (
	"container/list"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"confab/internal/contract"
)

// ErrEnded is the error of what is asked of a leg that has ended.
var ErrEnded = errors.New("leg has ended")

// dialogKey is how a message finds its dialog: by Call-ID and our tag.
type dialogKey struct{ callID, tag string }

// dialog is one goroutine and what it owns: the peer relationship with one far
// end (RFC 3261 §12), its transactions, and the leg upon it. Everything below
// the queue is touched by that goroutine alone.
//
// It begins with an INVITE, of ours or of the far end's; it ends when the leg
// has ended and the last transaction has absorbed what may still be repeated. That
// is waited for on a goroutine that many share (aftermath), which then owns it all.
type dialog struct {
	s    *Server
	key  dialogKey
	q    queue
	gone chan struct{} // closed when the goroutine has ended

	timers timers
	server table[serverKey, interface{ again() }]
	client table[clientKey, interface{ receive(*response) }]
	flow   flow
	used   []*conn // TCP connections that count this dialog among their users

	state    DialogState
	told     bool // OnDialog knows that it is alive
	leg      *Leg // nil: only what is left of a dialog is being ended
	phase    phase
	voice    voice
	silenced bool // the voice is lost, and a BYE is waited for

	invited   *serverInvite // the INVITE that the dialog began with, when it was the far end's
	inviting  *request      // it, until the answer to it is acknowledged
	entered   *entry        // in the tables by it
	unacked   *unacked      // a 2xx whose ACK has not come
	wantBye   bool          // to be sent when it has
	calling   *call         // the INVITE that the dialog began with, when it was ours
	confirmed chan struct{}
	ringing   *timer // repeats 180
	patience  *timer // ends a call that nobody answers
	killed    bool
	alarm     time.Time // when the aftermath looks at it
	rank      int       // among those that have an alarm; 0: it has none

	place *list.Element // in Server.lingering, under Server.mu
}

// phase is where a dialog's call is in its life.
type phase int

const (
	phaseEarly phase = iota // not answered
	phaseLive               // answered
	phaseOver               // ended
)

func newDialog(s *Server, key dialogKey, f flow) *dialog {
	d := &dialog{
		s: s, key: key, flow: f,
		gone:      make(chan struct{}),
		confirmed: make(chan struct{}),
	}
	d.q.wake = make(chan struct{}, 1)
	return d
}

// post queues f for the dialog's goroutine. It reports whether it will run.
func (d *dialog) post(f func()) bool { return d.q.push(queued{f: f}, 0) }

// deliver queues the handling of a message that came at came, unless too many wait. How
// long messages wait tells whether the machine keeps up.
func (d *dialog) deliver(came time.Time, f func()) {
	d.s.overload.wait(time.Now())
	if !d.q.push(queued{f: f, came: came}, d.s.limits.Backlog) {
		d.s.overload.drop(time.Now(), 1)
		d.s.count.overrun.Add(1)
	}
}

// ask runs f on the dialog's goroutine and returns its error.
func (d *dialog) ask(ctx context.Context, f func() error) error {
	result := make(chan error, 1)
	if !d.post(func() { result <- f() }) {
		return ErrEnded
	}
	select {
	case err := <-result:
		return err
	case <-d.gone:
		select {
		case err := <-result:
			return err
		default:
			return ErrEnded
		}
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// run is the goroutine.
func (d *dialog) run() {
	wake := time.NewTimer(0)
	defer wake.Stop()
	for {
		d.work()
		switch {
		case d.over():
			d.bury()
			return
		case d.rest():
			return
		}
		// Without a timer the dialog waits for as long as it takes.
		wake.Stop()
		if at, ok := d.timers.next(); ok {
			wake.Reset(time.Until(at))
		}
		select {
		case <-d.q.wake:
		case <-wake.C:
		case <-d.lost():
			d.guard(d.loseVoice)
		}
	}
}

// work does what is to be done now.
func (d *dialog) work() {
	for _, x := range d.q.take() {
		if x.message() {
			d.s.overload.turn(time.Now(), x.came)
		}
		d.guard(x.f)
	}
	for x := d.timers.due(time.Now()); x != nil; x = d.timers.due(time.Now()) {
		d.guard(x.f)
	}
}

// over reports whether nothing is left to be done, and nothing more will come.
func (d *dialog) over() bool { return d.finished() && d.q.shut() }

// rest leaves what remains of an ended call to the aftermath, and reports whether it
// did. Over TCP, where to send may take its time, little remains.
func (d *dialog) rest() bool {
	if d.phase != phaseOver || d.flow.network != networkUDP || len(d.used) > 0 {
		return false
	}
	a := d.s.aftermath
	if !d.q.handOver(func() { a.add(d) }) {
		return false
	}
	d.s.calls.Add(1) // as long as its own goroutine still counts
	a.add(d)
	return true
}

// beforeBye is how long a far end that has closed its protected voice, or seems to
// have, is waited for to say what it means by that: who hangs up closes it together with the BYE.
const beforeBye = 500 * time.Millisecond

// loseVoice ends a call that has no voice any more.
func (d *dialog) loseVoice() {
	if d.voice.peer == nil {
		d.hangup(d.voice.why())
		return
	}
	d.silenced = true
	d.timers.after(beforeBye, func() {
		if d.phase == phaseLive {
			d.hangup(d.voice.why())
		}
	})
}

// lost returns the channel that tells of a media time-out, nil when there is
// no voice that could be lost.
func (d *dialog) lost() <-chan struct{} {
	if d.phase != phaseLive || d.silenced {
		return nil
	}
	return d.voice.lost()
}

// finished reports whether nothing is left to be done.
func (d *dialog) finished() bool {
	return d.killed || d.phase == phaseOver && len(d.server) == 0 && len(d.client) == 0 && d.unacked == nil && !d.wantBye
}

// bury takes the dialog out of the server's tables.
func (d *dialog) bury() {
	d.s.overload.drop(time.Now(), d.q.close())
	d.finishConfirm()
	d.s.remove(d)
	close(d.gone)
}

// guard runs f; a panic in it ends the dialog, and nothing else.
func (d *dialog) guard(f func()) {
	if d.killed {
		return
	}
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		d.s.recovered(p, d.key.callID)
		defer func() {
			d.killed = true
			if p := recover(); p != nil {
				d.s.recovered(p, d.key.callID)
			}
		}()
		d.abort(contract.CauseFailed)
	}()
	f()
}

// kill ends the dialog's goroutine, whatever it still waits for.
func (d *dialog) kill() { d.killed = true }

// abort ends the call and the dialog at once: the far end is told, but not
// waited for.
func (d *dialog) abort(cause contract.Cause) {
	defer d.kill()
	switch {
	case d.phase == phaseOver && d.wantBye, d.phase == phaseLive:
		d.sendBye()
		d.end(cause, 200)
	case d.phase == phaseEarly && d.calling != nil:
		d.giveUp(cause)
	case d.phase == phaseEarly:
		d.refuse(cause, 503)
	}
}

// end ends the leg, once: cause and code are what it ended with. What remains
// of the dialog absorbs retransmissions.
func (d *dialog) end(cause contract.Cause, code int) {
	if d.phase == phaseOver {
		return
	}
	d.phase = phaseOver
	d.ringing.stop()
	d.patience.stop()
	if d.told {
		d.told = false
		d.tell(false)
	}
	d.s.linger(d)
	// Last: whoever has waited for the end finds everything else done.
	switch {
	case d.leg != nil:
		d.leg.end(cause, code)
	case d.voice.session != nil:
		d.voice.close()
	}
	d.leg, d.voice = nil, voice{} // what remains may last 32 s, and needs none of it
}

// alive tells OnDialog of the dialog's state.
func (d *dialog) alive() {
	d.told = true
	d.tell(true)
}

func (d *dialog) tell(alive bool) {
	if f := d.s.cfg.OnDialog; f != nil {
		state := d.state
		state.Network, state.Flow = d.flow.network, d.flow.remote
		f(state, alive)
	}
}

// finishConfirm tells those who wait in Hangup that the far end knows.
func (d *dialog) finishConfirm() {
	select {
	case <-d.confirmed:
	default:
		close(d.confirmed)
	}
}

// path is what a transaction of the dialog sends on: one flow.
type path struct {
	d *dialog
	f flow
}

func (p *path) reliable() bool { return p.f.reliable() }

func (p *path) send(b []byte) error {
	err := p.d.s.transmit(&p.f, b)
	if c := p.f.conn; c != nil {
		p.d.use(c)
	}
	return err
}

// use counts the dialog among the users of a connection, so that it is not
// closed for being idle.
func (d *dialog) use(c *conn) {
	for _, have := range d.used {
		if have == c {
			return
		}
	}
	d.used = append(d.used, c)
	d.s.mu.Lock()
	c.users[d] = struct{}{}
	d.s.mu.Unlock()
}

// flowLost is told that a connection is gone: requests that may not have
// arrived fail at once.
func (d *dialog) flowLost(c *conn) {
	for _, x := range slices.Clone(d.client) { // who fails is removed
		switch x := x.value.(type) {
		case *clientInvite:
			if p, ok := x.out.(*path); ok && p.f.conn == c {
				x.lost(errConnectionLost)
			}
		case *clientOther:
			if p, ok := x.out.(*path); ok && p.f.conn == c {
				x.lost(errConnectionLost)
			}
		}
	}
}

// queue is what waits for a dialog: messages and whatever else is asked of it,
// in the order in which they came.
type queue struct {
	wake chan struct{}

	mu     sync.Mutex
	items  []queued
	closed bool
	tell   func() // instead of wake, once somebody else waits
}

type queued struct {
	f    func()
	came time.Time // of the message that it handles; zero: it handles none
}

func (x queued) message() bool { return !x.came.IsZero() }

// push adds x, unless the queue is closed or has bound items (0: no bound).
func (q *queue) push(x queued, bound int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || bound > 0 && len(q.items) >= bound {
		return false
	}
	q.items = append(q.items, x)
	if q.tell != nil {
		q.tell()
		return true
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return true
}

// handOver has tell called from now on when something has come, if nothing waits.
func (q *queue) handOver(tell func()) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) > 0 {
		return false
	}
	q.tell = tell
	return true
}

// take empties the queue.
func (q *queue) take() []queued {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items = nil
	return items
}

// shut closes the queue if it is empty, and reports whether it did.
func (q *queue) shut() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) > 0 {
		return false
	}
	q.closed = true
	return true
}

// close closes the queue for good, and returns how many messages it had.
func (q *queue) close() (messages int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for _, x := range q.items {
		if x.message() {
			messages++
		}
	}
	q.items = nil
	return messages
}
