package signal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"confab/internal/codec"
	"confab/internal/contract"
	"confab/internal/leg"
	"confab/internal/media"
	"confab/internal/token"
)

// fork is one call to an identity: a branch for each of its tabs, of which the first
// that answers wins. All of it is under Server.mu.
type fork struct {
	branches map[*Leg]struct{}
	ringing  bool // there may come more branches
	decided  bool
	worst    leg.End // how the branches ended, the strongest reason of them
	result   chan forked
}

// forked is what becomes of a fork.
type forked struct {
	leg *Leg
	end leg.End // when leg is nil
}

// decideLocked says how the fork ends, unless that is decided; it reports whether it
// was this call that did.
func (f *fork) decideLocked() bool {
	first := !f.decided
	f.decided = true
	return first
}

// lostLocked notes that a branch has ended.
func (f *fork) lostLocked(l *Leg) {
	delete(f.branches, l)
	if f.worst.Code == 0 || l.how.Cause == contract.CauseBusy {
		f.worst = l.how
	}
	f.emptyLocked()
}

// emptyLocked ends a fork that has no branch left.
func (f *fork) emptyLocked() {
	if len(f.branches) == 0 && !f.ringing && f.decideLocked() {
		f.result <- forked{end: f.worst}
	}
}

// Dial calls client:IDENTITY, which may have custom parameters after a question mark
// (leg.Dialer). All tabs that are registered as that identity ring; the first that
// answers has the call, and the others are told that it is cancelled. A refusal is a
// *leg.Refused: nobody is registered, nobody answers in time (contract.CauseNoAnswer),
// or all have rejected it (CauseBusy). When ctx ends, the call is cancelled and ctx's
// error returned.
func (s *Server) Dial(ctx context.Context, target leg.Target, progress func(leg.Progress)) (leg.Leg, error) {
	identity, params, err := parseTarget(target.URI)
	if err != nil {
		return nil, err
	}
	codecs, err := named(target.Codecs)
	if err != nil {
		return nil, fmt.Errorf("call client:%s: %w", identity, err)
	}
	if target.SID == "" {
		target.SID = contract.NewCallSID()
	}
	f := &fork{branches: make(map[*Leg]struct{}), ringing: true, result: make(chan forked, 1)}
	if refused := s.ring(ctx, f, target, identity, params, codecs); refused != nil {
		return nil, refused
	}
	if progress != nil {
		progress(leg.Progress{Code: 180})
	}
	patience := time.NewTimer(cmp.Or(target.Timeout, defaultRing))
	defer patience.Stop()
	select {
	case r := <-f.result:
		return s.settled(f, r)
	case <-patience.C:
		if r, late := s.giveUp(f, contract.CauseNoAnswer); late {
			return s.settled(f, r)
		}
		return nil, &leg.Refused{End: leg.End{Cause: contract.CauseNoAnswer, Code: 487}, Reason: "Nobody answered"}
	case <-ctx.Done():
		if r, late := s.giveUp(f, contract.CauseCanceled); late && r.leg != nil {
			r.leg.hangup(contract.CauseCanceled)
		}
		return nil, fmt.Errorf("call client:%s: %w", identity, context.Cause(ctx))
	}
}

// settled is what Dial returns of a fork that is decided.
func (s *Server) settled(f *fork, r forked) (leg.Leg, error) {
	if r.leg == nil {
		return nil, &leg.Refused{End: r.end, Reason: r.end.Cause.String()}
	}
	s.drop(f, r.leg, contract.CauseCanceled)
	return r.leg, nil
}

// drop cancels the branches of a fork but one.
func (s *Server) drop(f *fork, but *Leg, cause contract.Cause) {
	s.mu.Lock()
	var losers []*Leg
	for l := range f.branches {
		if l != but {
			losers = append(losers, l)
		}
	}
	s.mu.Unlock()
	for _, l := range losers {
		l.hangup(cause)
	}
}

// giveUp cancels a fork; late is true when it was decided before.
func (s *Server) giveUp(f *fork, cause contract.Cause) (r forked, late bool) {
	s.mu.Lock()
	first := f.decideLocked()
	s.mu.Unlock()
	if !first {
		return <-f.result, true
	}
	s.drop(f, nil, cause)
	return forked{}, false
}

// ring makes a branch for each tab.
func (s *Server) ring(ctx context.Context, f *fork, target leg.Target, identity, params string, codecs []codec.Codec) *leg.Refused {
	tabs := s.registered(identity)
	if len(tabs) == 0 {
		return &leg.Refused{End: leg.End{Cause: contract.CauseNoAnswer, Code: 480}, Reason: "client:" + identity + " is not registered"}
	}
	refused := &leg.Refused{End: leg.End{Cause: contract.CauseBusy, Code: 486}, Reason: "client:" + identity + " has too many calls"}
	rung := 0
	for _, k := range tabs {
		peer, offer, err := s.cfg.Peers.Offer(ctx, codecs...)
		switch {
		case errors.Is(err, media.ErrNoPort):
			refused = &leg.Refused{End: leg.End{Cause: contract.CauseOverload, Code: 503}, Reason: "no port is left"}
			continue
		case err != nil:
			s.log.Error("offer to a browser", "err", err)
			refused = &leg.Refused{End: leg.End{Cause: contract.CauseFailed, Code: 500}, Reason: "no offer could be made"}
			continue
		}
		l := s.newLeg(k, leg.Info{
			SID: target.SID, From: cmp.Or(target.From, "anonymous"), To: "client:" + identity, Caller: target.Name, Outbound: true,
		}, identity, peer)
		switch err := s.adopt(l); {
		case errors.Is(err, errDraining):
			peer.Close()
			refused = &leg.Refused{End: leg.End{Cause: contract.CauseShutdown, Code: 503}, Reason: err.Error()}
			continue
		case err != nil:
			peer.Close()
			continue
		}
		if s.alert(f, l, target, params, offer) {
			rung++
		}
	}
	if rung == 0 {
		return refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f.ringing = false
	f.emptyLocked() // all have rejected it, or gone, meanwhile
	return nil
}

// alert sends the invite of a branch; false: it has gone, or another has answered.
func (s *Server) alert(f *fork, l *Leg, target leg.Target, params string, offer []byte) bool {
	s.mu.Lock()
	if f.decided || l.phase != phaseEarly || l.socket == nil {
		s.mu.Unlock()
		l.end(contract.CauseCanceled, 487, nil)
		return false
	}
	defer s.mu.Unlock()
	l.fork = f
	f.branches[l] = struct{}{}
	l.socket.send(message{Type: "invite", Payload: payload{
		CallSID: string(target.SID), SDP: string(offer), Reconnect: l.again,
		Parameters: &parameters{
			From: l.info.From, To: l.info.To, CallSID: string(target.SID), Account: string(s.cfg.Account), Params: params,
		},
	}})
	return true
}

// answer takes the answer of a browser that was called.
func (k *socket) answer(p payload) {
	l := k.leg(p.CallSID)
	if l == nil {
		k.over(p.CallSID)
		return
	}
	k.s.mu.Lock()
	won := l.phase == phaseEarly && l.fork != nil && l.fork.decideLocked()
	if won {
		l.fingerprint = fingerprintOf(p.SDP)
	}
	k.s.mu.Unlock()
	if !won {
		return // another tab was quicker: it has been told, or will be
	}
	f := l.fork
	if err := l.peer.Accept([]byte(p.SDP)); err != nil {
		l.log.Info("answer of a browser refused", "why", whyNot(err))
		f.result <- forked{end: leg.End{Cause: contract.CauseNoCodec, Code: 488}}
		l.end(contract.CauseNoCodec, 488, &message{Type: "hangup", Payload: payload{CallSID: p.CallSID, Error: &failure{31488, "The answer cannot be understood"}}})
		k.s.drop(f, nil, contract.CauseCanceled)
		return
	}
	k.s.mu.Lock()
	over, how := l.phase == phaseOver, l.how
	if !over {
		l.liveLocked()
		delete(f.branches, l)
		l.fork = nil
	}
	k.s.mu.Unlock()
	if over {
		f.result <- forked{end: how}
		return
	}
	l.peer.Start()
	f.result <- forked{leg: l}
}

// parseTarget reads client:IDENTITY?key=value&…
func parseTarget(uri string) (identity, params string, err error) {
	rest, ok := strings.CutPrefix(uri, "client:")
	if !ok {
		return "", "", fmt.Errorf("%.64q is not the address of a client, such as client:alice", uri)
	}
	identity, params, _ = strings.Cut(rest, "?")
	if err := token.CheckIdentity(identity); err != nil {
		return "", "", fmt.Errorf("%.64q is not the address of a client: %w", uri, err)
	}
	if len(params) > maxText {
		return "", "", fmt.Errorf("the parameters of client:%s have %d bytes; at most %d are taken", identity, len(params), maxText)
	}
	values, err := url.ParseQuery(params)
	if err != nil {
		return "", "", fmt.Errorf("the parameters of client:%s are not form-encoded", identity)
	}
	return identity, values.Encode(), nil
}

// named are the codecs called names; none are all.
func named(names []string) ([]codec.Codec, error) {
	var codecs []codec.Codec
	for _, name := range names {
		c, err := codec.Named(name)
		if err != nil {
			return nil, err
		}
		codecs = append(codecs, c)
	}
	return codecs, nil
}
