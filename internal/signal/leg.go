package signal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
)

// ErrEnded says that a leg has ended.
var ErrEnded = errors.New("the call has ended")

// Leg is a browser in a call (leg.Leg).
//
//	early ──answer──▸ live ──▸ over
//	  └────────────────────────▸
//
// While it is live it may be without a socket, for as long as its page has to come
// back.
type Leg struct {
	s        *Server
	info     leg.Info
	identity string
	peer     Peer
	said     []byte // our answer; nil when the offer is ours
	again    string // what its page comes back with
	log      *slog.Logger
	done     chan struct{}
	how      leg.End       // set before done is closed
	change   chan struct{} // holds one: it has lost its socket, or has another

	// Under Server.mu.
	phase       phase
	socket      *socket // nil: its page is to come back
	named       string  // what its page calls it until it is told the SID; empty afterwards
	fingerprint string  // of the browser's certificate, as its SDP has it
	fork        *fork   // that it is a branch of; nil when the browser calls
}

type phase int

const (
	phaseEarly phase = iota
	phaseLive
	phaseOver
)

func (s *Server) newLeg(k *socket, info leg.Info, identity string, peer Peer) *Leg {
	info.Transport, info.Source = "webrtc", k.addr
	return &Leg{
		s: s, info: info, identity: identity, peer: peer, again: rand.Text(), socket: k,
		log: s.log.With("call", info.SID), done: make(chan struct{}), change: make(chan struct{}, 1),
	}
}

// adopt makes a leg known to its socket, which must have room for it.
func (s *Server) adopt(l *Leg) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := l.socket
	key := string(l.info.SID)
	if l.named != "" {
		key = l.named
	}
	switch {
	case s.closed || s.draining:
		return errDraining
	case k.gone:
		return ErrEnded
	case len(k.legs) >= s.limits.PerSocket:
		return errBusy
	case k.legs[key] != nil:
		return errTwice
	}
	k.legs[key] = l
	s.all[l] = struct{}{}
	s.wg.Go(l.watch)
	return nil
}

var (
	errDraining = errors.New("the server is stopping")
	errBusy     = errors.New("the browser has too many calls")
	errTwice    = errors.New("the browser has this call already")
)

// Info returns what was known when the leg was made.
func (l *Leg) Info() leg.Info { return l.info }

// Session returns the voice. It closes when the leg ends.
func (l *Leg) Session() *media.Session { return l.peer.Session() }

// Done is closed when the leg has ended.
func (l *Leg) Done() <-chan struct{} { return l.done }

// End says how the leg ended; the zero End before it has.
func (l *Leg) End() leg.End {
	select {
	case <-l.done:
		return l.how
	default:
		return leg.End{}
	}
}

// Ring tells the browser that its call is attended to. ErrEnded when it has ended.
func (l *Leg) Ring(context.Context) error {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	switch {
	case l.phase == phaseOver || l.socket == nil && l.phase == phaseEarly:
		return ErrEnded
	case l.info.Outbound || l.phase == phaseLive || l.named == "":
		return nil
	}
	l.tellLocked()
	l.socket.send(message{Type: "ringing", Payload: payload{CallSID: string(l.info.SID)}})
	return nil
}

// tellLocked notes that the browser is told the SID by what is said next: it uses
// it from then on.
func (l *Leg) tellLocked() {
	delete(l.socket.legs, l.named)
	l.named = ""
	l.socket.legs[string(l.info.SID)] = l
}

// Answer answers the browser's call, and starts the voice. ErrEnded when it has
// ended.
func (l *Leg) Answer(context.Context) error {
	if l.info.Outbound {
		return nil
	}
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	switch {
	case l.phase == phaseLive:
		return nil
	case l.phase == phaseOver, l.socket == nil: // it will be over at once
		return ErrEnded
	}
	if l.named != "" {
		l.tellLocked()
	}
	l.liveLocked()
	l.socket.send(message{Type: "answer", Payload: payload{CallSID: string(l.info.SID), SDP: string(l.said), Reconnect: l.again}})
	l.peer.Start()
	return nil
}

// liveLocked notes that the leg is answered.
func (l *Leg) liveLocked() {
	l.phase = phaseLive
	l.s.legs[l.info.SID] = l
	l.s.tokens[l.again] = l
}

// Hangup hangs the browser up, telling it why where the call was not answered. It
// returns when the leg has ended: the protocol confirms nothing.
func (l *Leg) Hangup(ctx context.Context, cause contract.Cause) error {
	l.hangup(cause)
	select {
	case <-l.done: // another call of it may have been first
		return nil
	case <-ctx.Done():
		return fmt.Errorf("hang up: %w", context.Cause(ctx))
	}
}

func (l *Leg) hangup(cause contract.Cause) {
	l.s.mu.Lock()
	phase, name := l.phase, l.nameLocked()
	l.s.mu.Unlock()
	switch {
	case phase == phaseLive:
		l.end(cause, 200, &message{Type: "hangup", Payload: payload{CallSID: name}})
	case l.info.Outbound:
		l.end(cause, 487, &message{Type: "cancel", Payload: payload{CallSID: name}})
	default:
		r := refusalOf(cause)
		l.end(cause, r.code, &message{Type: "hangup", Payload: payload{CallSID: name, Error: r.failure}})
	}
}

// nameLocked is what the browser calls the leg.
func (l *Leg) nameLocked() string {
	if l.named != "" {
		return l.named
	}
	return string(l.info.SID)
}

// Refer is errors.ErrUnsupported: the protocol has nothing of the kind.
func (l *Leg) Refer(context.Context, string) error {
	return fmt.Errorf("refer a browser: %w", errors.ErrUnsupported)
}

// farEnd ends the leg as the browser wants it: it hangs up, gives up, or rejects.
func (l *Leg) farEnd() {
	l.s.mu.Lock()
	phase := l.phase
	l.s.mu.Unlock()
	switch {
	case phase == phaseLive:
		l.end(contract.CauseFarEnd, 200, nil)
	case l.info.Outbound:
		l.end(contract.CauseBusy, 486, nil) // Twilio Voice SDK, Call.reject: the caller is told busy
	default:
		l.end(contract.CauseCanceled, 487, nil)
	}
}

// gaveUp is why a call ends that was not answered and has lost its socket.
func (l *Leg) gaveUp() contract.Cause {
	if l.info.Outbound {
		return contract.CauseNoAnswer
	}
	return contract.CauseCanceled
}

// end ends the leg: the first call has the say. said, if not nil, is told the browser,
// where it has a socket.
func (l *Leg) end(cause contract.Cause, code int, said *message) {
	s := l.s
	s.mu.Lock()
	if l.phase == phaseOver {
		s.mu.Unlock()
		return
	}
	l.phase, l.how = phaseOver, leg.End{Cause: cause, Code: code}
	if k := l.socket; k != nil {
		delete(k.legs, l.nameLocked())
		if said != nil {
			k.send(*said)
		}
	}
	if s.legs[l.info.SID] == l {
		delete(s.legs, l.info.SID)
	}
	delete(s.tokens, l.again)
	delete(s.all, l)
	if l.fork != nil {
		l.fork.lostLocked(l)
	}
	s.mu.Unlock()
	if err := l.peer.Close(); err != nil {
		l.log.Debug("close the voice of a browser", "err", err)
	}
	close(l.done)
}

// moved tells watch that the leg has lost its socket or has another.
func (l *Leg) moved() {
	select {
	case l.change <- struct{}{}:
	default:
	}
}

// watch ends the leg when its voice does, or when its page does not come back.
func (l *Leg) watch() {
	connected := l.peer.Connected()
	grace := time.NewTimer(reconnectTime)
	defer grace.Stop()
	grace.Stop()
	for {
		select {
		case <-l.done:
			return
		case <-connected:
			connected = nil
			l.peer.Session().Confirm()
		case <-l.peer.Done():
			l.peerEnded()
			return
		case <-l.change:
			l.s.mu.Lock()
			lost := l.socket == nil
			l.s.mu.Unlock()
			grace.Stop()
			if lost {
				l.log.Info("browser has lost its socket", "waiting", reconnectTime)
				grace.Reset(reconnectTime)
			}
		case <-grace.C:
			l.log.Info("browser did not come back")
			l.end(contract.CauseFarEnd, 200, nil)
			return
		}
	}
}

// peerEnded ends a leg whose voice has.
func (l *Leg) peerEnded() {
	cause, told := causeOf(l.peer.Err())
	l.s.mu.Lock()
	phase, name := l.phase, l.nameLocked()
	l.s.mu.Unlock()
	code := 200
	if phase != phaseLive {
		code = 480
		if cause == contract.CauseFarEnd {
			cause = l.gaveUp()
		}
	}
	if phase != phaseOver {
		l.log.Info("voice of a browser ended", "why", l.peer.Err())
	}
	l.end(cause, code, &message{Type: "hangup", Payload: payload{CallSID: name, Error: told}})
}

// fingerprintOf returns what a description says of its certificate (RFC 8122 §5).
func fingerprintOf(sdp string) string {
	for line := range strings.Lines(sdp) {
		if value, ok := strings.CutPrefix(line, "a=fingerprint:"); ok {
			return strings.ToLower(strings.TrimSpace(value))
		}
	}
	return ""
}
