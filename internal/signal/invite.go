package signal

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
	"confab/internal/token"
)

// voiceTime is how long an offer may take to be answered.
const voiceTime = 5 * time.Second

// invite takes a call of the browser, or lets it take up one that it had.
func (k *socket) invite(p payload) {
	if p.Reconnect != "" {
		k.reattach(p)
		return
	}
	if err := k.call(p); err != nil {
		k.log.Debug("call of a browser refused", "err", err)
		f := &failure{failMalformed, err.Error()}
		var refused *refusedCall
		if errors.As(err, &refused) {
			f = refused.failure
		}
		k.send(message{Type: "hangup", Payload: payload{CallSID: p.CallSID, Error: f}})
	}
}

// refusedCall is why a call is refused, in the browser's terms.
type refusedCall struct{ *failure }

func (r *refusedCall) Error() string { return r.Message }

func refuse(cause contract.Cause) error { return &refusedCall{refusalOf(cause).failure} }

// call makes a leg of an invite, and hands it over.
func (k *socket) call(p payload) error {
	s := k.s
	s.mu.Lock()
	who, twice := k.who, k.legs[p.CallSID] != nil
	s.mu.Unlock()
	switch {
	case twice:
		return nil // it was sent again
	case !who.Outgoing:
		return &refusedCall{&failure{31403, "The access token does not allow calls (voice grant, outgoing)"}}
	case p.CallSID == "" || len(p.CallSID) > 64:
		return errors.New("an invite has a callsid, of at most 64 characters")
	case p.SDP == "":
		return errors.New("an invite has an offer (sdp)")
	}
	params, err := customParams(p.Twilio, who)
	if err != nil {
		return err
	}
	to := params["To"]
	delete(params, "To")
	ctx, cancel := context.WithTimeout(context.Background(), voiceTime)
	defer cancel()
	peer, said, err := s.cfg.Peers.Answer(ctx, []byte(p.SDP))
	switch {
	case errors.Is(err, media.ErrNoPort):
		return refuse(contract.CauseOverload)
	case err != nil:
		k.log.Info("offer of a browser refused", "why", whyNot(err))
		return refuse(contract.CauseNoCodec)
	}
	l := s.newLeg(k, leg.Info{
		SID: contract.NewCallSID(), From: "client:" + who.Identity, To: to,
		Application: who.Application, Params: params,
	}, who.Identity, peer)
	l.said, l.named, l.fingerprint = said, p.CallSID, fingerprintOf(p.SDP)
	k.heard(l)
	if err := s.adopt(l); err != nil {
		peer.Close()
		if errors.Is(err, errDraining) {
			return refuse(contract.CauseShutdown)
		}
		return refuse(contract.CauseBusy)
	}
	if !s.start(func() { s.handOver(l) }) {
		l.hangup(contract.CauseShutdown)
	}
	return nil
}

// handOver gives the leg to the handler. A panic there ends this call only.
func (s *Server) handOver(l *Leg) {
	defer func() {
		if v := recover(); v != nil {
			s.recovered(v, "handler")
			l.hangup(contract.CauseFailed)
		}
	}()
	s.cfg.Handler.Accept(l)
}

// customParams are those of the page, with those of its token in their place where
// both have one: the token is signed.
func customParams(c *custom, who token.Token) (map[string]string, error) {
	params := make(map[string]string)
	if c != nil {
		if len(c.Params) > maxText {
			return nil, fmt.Errorf("the parameters of the call have %d bytes; at most %d are taken", len(c.Params), maxText)
		}
		values, err := url.ParseQuery(c.Params)
		if err != nil {
			return nil, errors.New("the parameters of the call are not form-encoded")
		}
		for name, value := range values {
			params[name] = value[0]
		}
	}
	for name, value := range who.Params {
		params[name] = value
	}
	if len(params) > maxParams {
		return nil, fmt.Errorf("the call has %d parameters; at most %d are taken", len(params), maxParams)
	}
	if to := params["To"]; len(to) > 256 || strings.ContainsFunc(to, isControl) {
		return nil, errors.New("parameter To is longer than 256 characters, or has control characters")
	}
	return params, nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// reattach gives a call its page back, which has another socket now. The description
// that comes with it is the one we have: voice goes on as it was, and is repaired by
// a reinvite.
func (k *socket) reattach(p payload) {
	s := k.s
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.legs[contract.CallSID(p.CallSID)]
	if l == nil {
		k.over(p.CallSID)
		return
	}
	// With several calls at once the SDK may give the token of another one of them:
	// any of this identity will do.
	given := s.tokens[p.Reconnect]
	if given == nil || given.identity != k.who.Identity || l.identity != k.who.Identity || fingerprintOf(p.SDP) != l.fingerprint {
		k.log.Info("call is not given to a page that asks for it", "call", l.info.SID)
		k.send(message{Type: "hangup", Payload: payload{CallSID: p.CallSID, Error: &failure{failReconnect, "This page did not have that call"}}})
		return
	}
	if old := l.socket; old != nil {
		delete(old.legs, string(l.info.SID)) // its end has not been noticed yet
	}
	l.socket = k
	k.legs[string(l.info.SID)] = l
	l.moved()
	s.reattached.Add(1)
	l.log.Info("browser came back")
	k.send(message{Type: "answer", Payload: payload{CallSID: string(l.info.SID), Reconnect: l.again}})
}
