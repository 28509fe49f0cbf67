package media

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"confab/internal/codec"
)

// SessionConfig is what is known when a session is opened.
type SessionConfig struct {
	Remote netip.AddrPort // the far end's RTP address by SDP; zero if not known yet
	Signal netip.Addr     // the host that its signalling comes from; zero if not known
	Alone  bool           // a port that no other session shares
}

// Params is what offer and answer settled for a session.
type Params struct {
	Codec       codec.Codec
	PayloadType uint8          // of Codec, both ways
	DTMF        uint8          // payload type of telephone-event (RFC 4733); 0: none
	PTime       time.Duration  // of what we send: 20 ms (also if zero) or 10 ms
	Remote      netip.AddrPort // where the far end's SDP wants RTP; an unspecified IP means held (RFC 3264 §8.4)
	RTCP        netip.AddrPort // where it wants RTCP; zero: the port above Remote's
	RTCPMux     bool           // RTCP on the port of RTP (RFC 5761)
	Send        bool           // the far end wants to hear us: its direction is sendrecv or recvonly
	Receive     bool           // the far end speaks: sendrecv or sendonly
}

// Session is the media half of a leg: what it hears and says. Its methods may be
// called from any goroutine; what it does happens on its loop.
type Session struct {
	plane *Plane
	loop  *loop
	port  *port
	alone bool

	keys    keyQueue
	lost    chan struct{}
	done    chan struct{}
	closing bool // under Plane.mu

	mu         sync.Mutex
	codec      codec.Codec   // nil before Set
	negotiated chan struct{} // closed by the first Set

	// The loop's part.
	in        inlet
	out       outlet
	standsIn  *slot   // while at no bridge
	due       int     // the slot that it, or its bridge, is due in
	member    *member // while at one
	started   bool
	confirmed bool // prompts may be heard
	isLost    bool // nothing has come for too long
	ended     bool // closed, or given up by guard: it will not be due any more
	params    Params
	began     time.Duration // when it was started
	nextCheck time.Duration
	nextSR    time.Duration
	taps      []*Tap
}

// Open makes a session and gives it a local port. It is silent and deaf until
// Set and Start. Errors: ErrNoPort, ErrClosed.
func (p *Plane) Open(c SessionConfig) (*Session, error) {
	s := &Session{plane: p, alone: c.Alone, lost: make(chan struct{}), done: make(chan struct{}), negotiated: make(chan struct{}), out: newOutlet()}
	s.keys.init()
	if !c.Remote.Addr().IsValid() || c.Remote.Addr().IsUnspecified() {
		c.Remote = netip.AddrPort{}
	}
	c.Remote = netip.AddrPortFrom(c.Remote.Addr().Unmap(), c.Remote.Port())
	s.in.latch = latch{signal: c.Signal.Unmap()}
	if err := p.place(s, c); err != nil {
		return nil, fmt.Errorf("open media session: %w", err)
	}
	return s, nil
}

// Local returns our RTP address, for SDP: its port is even, RTCP is the next.
func (s *Session) Local() netip.AddrPort { return s.port.addr }

// Set adopts what was negotiated, at the answer and at each new SDP: it opens
// learning of the far end's address anew. The stream that is sent goes on.
func (s *Session) Set(p Params) error {
	switch {
	case p.Codec == nil:
		return errors.New("set media session: no codec")
	case p.PTime != 0 && p.PTime != tickDuration && p.PTime != tickDuration/2:
		return fmt.Errorf("set media session: ptime %v: want 20 ms or 10 ms", p.PTime)
	}
	if p.Remote.Addr().IsUnspecified() { // RFC 3264 §8.4: the old way of holding
		p.Send = false
		p.Remote = netip.AddrPort{}
	}
	p.Remote = netip.AddrPortFrom(p.Remote.Addr().Unmap(), p.Remote.Port())
	p.RTCP = netip.AddrPortFrom(p.RTCP.Addr().Unmap(), p.RTCP.Port())
	s.mu.Lock()
	first := s.codec == nil
	s.codec = p.Codec
	s.mu.Unlock()
	if !s.plane.reclaim(s, p.Remote) {
		return ErrClosed
	}
	var err error
	if !s.loop.do(func() { err = s.set(p) }) {
		return ErrClosed
	}
	if err != nil {
		return err
	}
	if first {
		close(s.negotiated)
	}
	return nil
}

// set is Set on the loop.
func (s *Session) set(p Params) error {
	l, t := s.loop, s.port
	if s.ended {
		return ErrClosed
	}
	l.readClock()
	t.forget(s)
	if s.alone && s.started {
		t.solo = s
	}
	s.params = p
	s.in.latch.reopen(p.Remote, l.now)
	s.in.set(p)
	s.out.set(p)
	for _, addr := range []netip.AddrPort{p.Remote, s.in.latch.source} {
		// An address that another session listens to stays its own.
		if addr.IsValid() && addr.Port() != 0 && t.bySource[addr] == nil {
			t.bySource[addr] = s
		}
	}
	if !s.in.latch.source.IsValid() && t.learner == nil {
		t.learner = s
	}
	if s.in.ssrc != 0 {
		t.bySSRC[s.in.ssrc] = s
	}
	s.in.reportsFrom = s.reportsTo()
	if addr := s.in.reportsFrom; addr.IsValid() && !p.RTCPMux && t.byReports[addr] == nil {
		t.byReports[addr] = s
	}
	return nil
}

// reclaim notes in control's half of the port which address s's far end now
// names. It returns false when s has been closed.
func (p *Plane) reclaim(s *Session, remote netip.AddrPort) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.closing {
		return false
	}
	if s.port.waiting == nil {
		s.port.waiting = s
	}
	if remote.IsValid() && s.port.claims[remote] == nil {
		s.port.claims[remote] = s
	}
	return true
}

// Start begins to say: from now on one packet per ptime until Close, silence
// where there is nothing else. Set comes before it.
func (s *Session) Start() {
	s.loop.mail.put(func() {
		if s.started || s.in.codec == nil || s.ended {
			return
		}
		s.loop.readClock()
		s.started = true
		s.in.jitter.Reset() // what came before nobody has taken out
		s.began, s.in.heard = s.loop.now, s.loop.now
		s.nextSR = s.loop.now + reportEvery/2
		s.loop.attach(s)
		if s.alone {
			s.port.solo = s
		}
	})
}

// Confirm tells that the far end has acknowledged the answer: prompts may be
// heard from now on. The first packet heard from it does the same.
func (s *Session) Confirm() { s.loop.mail.put(func() { s.confirmed = true }) }

// Lost is closed when nothing has been heard for Config.MediaTimeout, RTCP and
// holding taken into account.
func (s *Session) Lost() <-chan struct{} { return s.lost }

// Done is closed by Close.
func (s *Session) Done() <-chan struct{} { return s.done }

// Close ends the session: it leaves its bridge, stops sending and gives its
// port back. Plays, Taps and Digits that wait return ErrClosed. It may be
// repeated.
func (s *Session) Close() {
	p := s.plane
	p.mu.Lock()
	if s.closing {
		p.mu.Unlock()
		<-s.done
		return
	}
	s.closing = true
	p.mu.Unlock()
	s.loop.do(func() {
		s.loop.detach(s)
		s.port.forget(s)
		s.ended = true
		for _, t := range s.taps {
			t.end()
		}
		s.taps = nil
		s.out.players = nil
	})
	p.release(s)
	s.keys.close()
	close(s.done)
}

// tickAlone lets a session that stands at no bridge hear and say one frame.
func (s *Session) tickAlone(l *loop) {
	s.check(l)
	s.hear(l, false)
	frame := l.zero(s.out.rate())
	if !s.confirmed || !s.out.play(frame) {
		s.say(l, l.silence(s.out.codec), true)
		return
	}
	n := s.out.encoder.Encode(l.payload, frame)
	s.say(l, l.payload[:n], false)
}

// hear takes the frame that is due, for the taps and (wanted) for a bridge. A
// held far end is not heard: it plays its own wait music.
func (s *Session) hear(l *loop, wanted bool) []int16 {
	in := &s.in
	wanted = wanted && !in.held
	looking := in.inBand && in.detector != nil
	frame := in.hear(l.now, wanted || len(s.taps) > 0 || looking)
	if looking && frame != nil {
		if key, ok := in.detector.Write(frame); ok {
			l.notes.put(note{kind: noteDigit, session: s, digit: key, inBand: true})
		}
	}
	if len(s.taps) > 0 {
		heard := frame
		if heard == nil {
			heard = l.zero(in.codec.SampleRate())
		}
		for _, t := range s.taps {
			t.put(heard)
		}
	}
	if !wanted {
		return nil
	}
	return frame
}

// check looks after time-outs and reports, a few times a second.
func (s *Session) check(l *loop) {
	if l.now < s.nextCheck {
		return
	}
	s.nextCheck = l.now + 250*time.Millisecond
	a := &s.in.latch
	if s.port.learner == s && l.now >= a.until {
		s.port.learner = nil
		l.notes.put(note{kind: noteLatched, session: s, addr: a.source})
	}
	if timeout := s.plane.cfg.MediaTimeout; timeout > 0 && s.in.speaks && !s.in.held && !s.isLost &&
		l.now-max(s.in.heard, s.in.heardReport) >= timeout {
		s.isLost = true
		l.notes.put(note{kind: noteLost, session: s})
	}
	if l.now >= s.nextSR {
		s.nextSR = l.now + reportEvery
		s.report(l)
	}
}
