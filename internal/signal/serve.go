package signal

import (
	"context"
	"errors"
	"time"

	"github.com/coder/websocket"

	"confab/internal/contract"
	"confab/internal/token"
)

// checkTime is how long a token may be looked at.
const checkTime = 5 * time.Second

// serveMessage does what a browser says. What it does not know it leaves.
func (k *socket) serveMessage(m message) {
	if m.Type == "listen" {
		k.listen(m.Payload)
		return
	}
	k.s.mu.Lock()
	known, ever := k.known, k.who.Identity != ""
	k.s.mu.Unlock()
	p := m.Payload
	switch {
	case !ever:
		k.fail(p.CallSID, &failure{failToken, "Send listen, with an access token, before anything else"})
		return
	case !known && (m.Type == "register" || m.Type == "invite"):
		k.fail(p.CallSID, &failure{failExpired, "The access token has expired; give the device another"})
		return
	}
	switch m.Type {
	case "register":
		k.register(p)
	case "invite":
		k.invite(p)
	case "answer":
		k.answer(p)
	case "reject", "hangup":
		k.hangup(p)
	case "reinvite":
		k.reinvite(p)
	case "dtmf":
		k.press(p)
	case "message":
		// Deviation (Twilio Voice SDK, Call.sendMessage): nobody can subscribe to the
		// messages of a call here. It is refused rather than taken and lost.
		k.send(message{Type: "error", Payload: payload{CallSID: p.CallSID, EventID: p.EventID,
			Error: &failure{31400, "Messages of calls are not taken: there is nobody who could receive them"}}})
	default:
		k.log.Debug("unknown message", "type", cut(m.Type))
	}
}

// cut shortens what a far end says for a log.
func cut(s string) string { return s[:min(len(s), 32)] }

// listen says who the socket is, or that it is so for longer.
func (k *socket) listen(p payload) {
	ctx, cancel := context.WithTimeout(context.Background(), checkTime)
	defer cancel()
	who, err := k.s.cfg.Tokens.Check(ctx, p.Token)
	var wrong *token.Error
	switch {
	case errors.As(err, &wrong):
		k.s.denied.Add(1)
		k.log.Info("access token refused", "code", int(wrong.Code), "why", wrong.Message)
		k.fail("", failureOf(wrong))
		return
	case err != nil:
		k.s.denied.Add(1)
		k.log.Error("access token not checked", "err", err)
		k.fail("", &failure{failDown, "The access token could not be checked; try again"})
		k.end(websocket.StatusTryAgainLater, "")
		return
	}
	k.s.mu.Lock()
	defer k.s.mu.Unlock()
	if k.registered != "" && (k.registered != who.Identity || !who.Incoming) {
		k.s.unregisterLocked(k)
	}
	k.who, k.known = who, true
	select {
	case k.renewed <- struct{}{}:
	default:
	}
	k.log.Debug("browser is known", "identity", who.Identity)
	ttl := int(time.Until(who.Expires) / time.Second)
	k.send(message{Type: "connected", Payload: payload{Who: &identity{who.Identity, ttl}, ICE: k.s.cfg.ICE.Servers(who.Identity, who.Expires)}})
}

// register lets the socket be called, or not any more. Pages repeat it every 30 s.
func (k *socket) register(p payload) {
	k.s.mu.Lock()
	defer k.s.mu.Unlock()
	switch {
	case p.Media == nil || !p.Media.Audio:
		k.s.unregisterLocked(k)
		k.send(message{Type: "offline"})
	case !k.who.Incoming:
		k.fail("", &failure{failToken, "The access token does not allow calls to this client (voice grant, incoming.allow)"})
	default:
		k.s.registerLocked(k)
		k.send(message{Type: "ready"})
	}
}

// leg returns the call that a message is about: one of this socket's, or one of its
// identity that it has still to come back for.
func (k *socket) leg(callSID string) *Leg {
	k.s.mu.Lock()
	defer k.s.mu.Unlock()
	if l := k.legs[callSID]; l != nil {
		return l
	}
	if l := k.s.legs[contract.CallSID(callSID)]; l != nil && l.socket == nil && l.identity == k.who.Identity {
		return l
	}
	return nil
}

// hangup ends a call, as its far end.
func (k *socket) hangup(p payload) {
	if l := k.leg(p.CallSID); l != nil {
		l.farEnd()
	}
}

// reinvite takes a later offer: the browser restarts ICE.
func (k *socket) reinvite(p payload) {
	l := k.leg(p.CallSID)
	if l == nil {
		k.over(p.CallSID)
		return
	}
	answer, err := l.peer.Reoffer([]byte(p.SDP))
	if err != nil {
		l.log.Info("offer in a call refused", "why", whyNot(err))
		k.fail(p.CallSID, &failure{31488, "The offer cannot be answered"})
		return
	}
	k.send(message{Type: "answer", Payload: payload{CallSID: p.CallSID, SDP: string(answer)}})
}

// over tells of a call that has ended, to a page that still believes in it.
func (k *socket) over(callSID string) {
	if callSID != "" {
		k.send(message{Type: "hangup", Payload: payload{CallSID: callSID}})
	}
}

// press presses keys, of a browser that cannot send them with the voice.
func (k *socket) press(p payload) {
	l := k.leg(p.CallSID)
	if l == nil || len(p.DTMF) > 64 {
		return
	}
	for _, key := range []byte(p.DTMF) {
		switch {
		case key >= '0' && key <= '9', key >= 'A' && key <= 'D', key == '*', key == '#':
			l.peer.Session().PressINFO(key)
		}
	}
}
