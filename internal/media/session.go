package media

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"confab/internal/codec"
)

// SessionConfig is what is known when a session is opened.
type SessionConfig struct {
	Remote netip.AddrPort // the far end's RTP address by SDP; zero if not known yet
	Signal netip.Addr     // the host that its signalling comes from; zero if not known
	Alone  bool           // a port that no other session shares
	Secure bool           // SRTP alone, on the secure port of its loop; Remote, Signal and Alone do not count. See SetKeys and SetPath
}

// Params is what offer and answer settled for a session.
type Params struct {
	Codec       codec.Codec
	PayloadType uint8          // of Codec, both ways
	DTMF        uint8          // payload type of telephone-event (RFC 4733); 0: none
	DTMFClock   int            // its clock, Hz; 0: the codec's
	PTime       time.Duration  // of what we send: 20 ms (also if zero) or 10 ms
	Remote      netip.AddrPort // where the far end's SDP wants RTP; an unspecified IP means held (RFC 3264 §8.4)
	RTCP        netip.AddrPort // where it wants RTCP; zero: the port above Remote's
	RTCPMux     bool           // RTCP on the port of RTP (RFC 5761)
	Send        bool           // the far end wants to hear us: its direction is sendrecv or recvonly
	Receive     bool           // the far end speaks: sendrecv or sendonly
}

// Session is the media half of a leg: what it hears and says. Its methods may be
// called from any goroutine; what it does happens on its loop.
//
// What each packet and each tick ask for stands first and together: with a
// thousand sessions none of it is in the caches, and what is fetched from memory
// is most of what a session costs.
type Session struct {
	// The loop's part.
	nextCheck time.Duration
	pace      pace
	talk      talk
	taps      []*Tap
	member    *member // while at a bridge
	started   bool
	ended     bool // closed, or given up by guard: it will not be due any more
	isLost    bool // nothing has come for too long
	unsettled bool // control has not been told where latching ended
	port      *port
	plane     *Plane
	secure    *secure // nil: its packets are not protected
	out       outlet
	in        inlet
	due       int   // the slot that it, or its bridge, is due in
	standsIn  *slot // while at no bridge
	nextSR    time.Duration
	params    Params
	read      *lastRead

	loop  *loop
	alone bool
	keys  keyQueue
	lost  chan struct{}
	done  chan struct{}

	// Under Plane.mu.
	closing bool
	claimed [2]netip.AddrPort // at its port: named by SDP, and latched

	onSpeech atomic.Pointer[func(talking bool)]

	mu         sync.Mutex
	codec      codec.Codec   // nil before Set
	negotiated chan struct{} // closed by the first Set
}

// Open makes a session and gives it a local port. It is silent and deaf until
// Set and Start. Errors: ErrNoPort, ErrClosed.
func (p *Plane) Open(c SessionConfig) (*Session, error) {
	s := &Session{plane: p, alone: c.Alone, lost: make(chan struct{}), done: make(chan struct{}), negotiated: make(chan struct{}), out: newOutlet()}
	p.inHugePages(unsafe.Pointer(s))
	s.keys.init()
	c.Remote = reachable(c.Remote)
	s.in.latch = latch{signal: c.Signal.Unmap()}
	place := func() error { return p.place(s, c) }
	if c.Secure {
		s.secure, s.in.latch = new(secure), latch{}
		place = func() error { return p.placeSecure(s) }
	}
	if err := place(); err != nil {
		return nil, fmt.Errorf("open media session: %w", err)
	}
	return s, nil
}

// Local returns our RTP address, for SDP: its port is even, RTCP is the next.
func (s *Session) Local() netip.AddrPort { return s.port.addr }

// SSRC returns that of the stream that is sent, for SDP. It never changes.
func (s *Session) SSRC() uint32 { return s.out.ssrc }

// Set adopts what was negotiated, at the answer and at each new SDP: it opens
// learning of the far end's address anew. The stream that is sent goes on.
func (s *Session) Set(p Params) error {
	switch {
	case p.Codec == nil:
		return errors.New("set media session: no codec")
	case p.PTime != 0 && p.PTime != tickDuration && p.PTime != tickDuration/2:
		return fmt.Errorf("set media session: ptime %v: want 20 ms or 10 ms", p.PTime)
	}
	// RFC 3264 §8.4: the old way of holding. It names no other address.
	held := p.Remote.Addr().IsUnspecified() && s.secure == nil
	p.Send = p.Send && !held
	p.Remote, p.RTCP = reachable(p.Remote), reachable(p.RTCP)
	if s.secure != nil { // ICE says where it is
		p.Remote, p.RTCP, p.RTCPMux = netip.AddrPort{}, netip.AddrPort{}, true
	}
	s.mu.Lock()
	first := s.codec == nil
	s.codec = p.Codec
	s.mu.Unlock()
	if !s.plane.reclaim(s, p.Remote, held) {
		return ErrClosed
	}
	if err := s.adopt(p, held); err != nil {
		return err
	}
	if first {
		close(s.negotiated)
	}
	return nil
}

// adopt lets the loop set p. The bridge at which s stands has a layer for its rate by
// then.
func (s *Session) adopt(p Params, held bool) error {
	for {
		var err error
		var moved *Bridge
		if !s.loop.do(func() {
			if s.member != nil && s.out.rate() != p.Codec.SampleRate() {
				moved = s.member.part.bridge
			}
			err = s.set(p, held)
		}) {
			return ErrClosed
		}
		switch {
		case errors.Is(err, errNoLayer):
			moved.partOn(s.loop, p.Codec.SampleRate())
			continue
		case err == nil && moved != nil:
			moved.settle(s)
		}
		return err
	}
}

// Rate returns the rate of the samples of the codec that was set last, Hz: what is
// played is best made at it. It is 8000 before the first Set.
func (s *Session) Rate() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.codec == nil {
		return 8000 // it stands nowhere yet
	}
	return s.codec.SampleRate()
}

// reachable returns addr as what packets can be sent to and come from; the zero
// AddrPort if there are no such.
func reachable(addr netip.AddrPort) netip.AddrPort {
	if !addr.IsValid() || addr.Addr().IsUnspecified() || addr.Port() == 0 {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
}

// set is Set on the loop.
func (s *Session) set(p Params, held bool) error {
	l, t := s.loop, s.port
	if s.ended {
		return ErrClosed
	}
	if s.in.codec != nil && s.out.rate() != p.Codec.SampleRate() {
		if m := s.member; m != nil && m.part.layer(p.Codec.SampleRate()) == nil {
			return errNoLayer
		}
		defer s.retune()
	}
	l.readClock()
	t.forget(s)
	if s.alone && s.started {
		t.solo = s
	}
	if held {
		p.Remote = s.in.latch.sdp
	}
	s.params = p
	s.in.latch.reopen(p.Remote, l.now)
	s.in.set(p, l.now)
	s.out.set(p)
	s.unsettled = true
	t.index(s)
	s.settle(l)
	return nil
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
		s.in.expected, s.in.from = s.loop.now, s.loop.now
		s.nextSR = s.loop.now + reportEvery/2
		s.pace.begin()
		s.loop.attach(s)
		s.expect()
		if s.alone {
			s.port.solo = s
		}
	})
}

// Confirm tells that the far end has acknowledged the answer: prompts may be
// heard from now on. The first packet heard from it does the same.
func (s *Session) Confirm() { s.loop.mail.put(func() { s.in.confirmed = true }) }

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
		s.loop.readClock()
		s.loop.detach(s)
		s.port.forget(s)
		s.port.depart(s, s.loop.now)
		s.ended = true
		s.expect()
		for _, t := range s.taps {
			t.end()
		}
		s.taps = nil
		s.out.players = nil
	})
	p.release(s)
	close(s.done) // before those who wait for a key are told: they ask whether it is
	s.keys.close()
}

// tickAlone lets a session that stands at no bridge hear and say one frame.
func (s *Session) tickAlone(l *loop) {
	s.check(l)
	if !s.takesTurn(l) {
		return
	}
	s.hear(l, false)
	frame := l.zero(s.out.rate())
	if !s.in.confirmed || !s.out.play(frame) {
		s.sayShared(l, saysSilence, l.silence(s.out.codec), nil)
		return
	}
	s.sayOwn(l, frame)
}

// hear takes the frame that is due, for the taps and (wanted) for a bridge. A
// far end on hold is not heard, for it plays its own wait music, nor is one that
// has said it would send nothing.
func (s *Session) hear(l *loop, wanted bool) []int16 {
	in := &s.in
	s.out.adapt()
	wanted = wanted && in.speaks && !in.held
	tones := in.tones()
	in.waits = !l.scaled.room(l.slot)
	frame := in.hear(l.now, l.voice(in.size), wanted || len(s.taps) > 0 || tones != nil, s.talk.asked)
	l.count.Decoded += uint64(in.decoded)
	l.scaled.n += int(in.scaled)
	in.decoded, in.scaled = 0, 0
	if tones != nil && frame != nil {
		if key, ok := tones.Write(frame); ok {
			l.tellDigit(s, key, true)
		}
	}
	if s.talk.asked {
		level := in.level
		if in.held {
			level = 0
		}
		s.talk.hear(l, s, level, in.came)
	}
	if frame != nil {
		l.voiced += len(frame)
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
	if frame != nil && s.plane.cfg.AutoLevel {
		in.leveller.Write(frame, in.level, in.floor/floorUnit)
	}
	return frame
}

// check looks after time-outs and reports, a few times a second.
func (s *Session) check(l *loop) {
	if l.now < s.nextCheck {
		return
	}
	s.nextCheck = l.now + 250*time.Millisecond
	s.in.presses = 0
	if s.in.codec != nil && s.in.speaks && !s.in.held {
		s.in.sound.waited(s.in.jitter.Stats().Delay)
	}
	s.settle(l)
	if timeout := s.plane.cfg.MediaTimeout; timeout > 0 && s.in.speaks && !s.in.held && !s.isLost &&
		l.now-max(s.in.heard, s.in.heardReport, s.in.expected) >= timeout {
		s.isLost = l.notes.put(note{kind: noteLost, session: s}) // else again, a little later
	}
	if l.now >= s.nextSR {
		s.nextSR = l.now + reportEvery
		s.report(l)
	}
}
