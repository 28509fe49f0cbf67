package media

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"confab/internal/audio"
	"confab/internal/codec"
	"confab/internal/mixer"
)

// bridgeRate is the rate at which bridges mix, Hz.
const bridgeRate = 8000

// Bridge is where sessions hear each other: everybody hears the sum of all
// others. It has a part on each loop that members of it live on; parts are
// joined by trunk strips, so together they are one mixer.
type Bridge struct {
	plane *Plane
	slot  int

	heardLast atomic.Pointer[member] // whose background it has; nil: nobody's

	mu     sync.Mutex
	parts  map[*loop]*part // the first is the root, to which the others are joined
	root   *part
	closed bool
	done   chan struct{}
}

// part is what of a bridge lives on one loop; it is that loop's.
type part struct {
	bridge  *Bridge
	loop    *loop
	slot    int
	gone    bool // its bridge has closed
	mix     *mixer.Mixer
	members []*member
	plays   []*played
	trunks  []*trunkEnd
	shared  []*sharedVoice
	asides  []*aside // to members, from other loops
	calm    calm
}

// member is a session's place at a bridge.
type member struct {
	session *Session
	part    *part
	strip   *mixer.Strip
	muted   bool
	private bool     // says with its own encoder, since it hears something of its own
	heard   bool     // in the last tick
	last    bool     // it was heard last, or somebody after it
	asides  []*aside // to sessions of other loops, while it is heard only by some

	background atomic.Int32 // dBov, of its line; read on all loops of the bridge
}

// played is a prompt to all at the bridge.
type played struct {
	player *player
	strip  *mixer.Strip
	frame  []int16
}

// NewBridge makes an empty bridge. Close it when its last session has left.
func (p *Plane) NewBridge() *Bridge {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bridges++
	return &Bridge{plane: p, slot: p.bridges % slotsPerTick, parts: make(map[*loop]*part), done: make(chan struct{})}
}

// partOn returns the bridge's part on l, made and joined to the root if needed.
// All that is done on loops is put into their mailboxes in order, so that what
// is put after it finds it there.
func (b *Bridge) partOn(l *loop) *part {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	if p := b.parts[l]; p != nil {
		return p
	}
	p := &part{bridge: b, loop: l, slot: b.slot, mix: mixer.New(audio.FrameSize(bridgeRate)), calm: calm{level: audio.Quietest}}
	if b.root != nil {
		// Half a tick from the root, so that neither has a turn while the other
		// may: a voice crosses in half a tick, and no frame is heard twice or not at all.
		p.slot = (b.slot + slotsPerTick/2) % slotsPerTick
	}
	b.parts[l] = p
	l.mail.put(func() { l.addPart(p) })
	if b.root == nil {
		b.root = p
		return p
	}
	up, down := newTrunk(p.mix.Size())
	root := b.root
	l.mail.put(func() { p.join(up) })
	root.loop.mail.put(func() { root.join(down) })
	return p
}

// Join lets s stand at the bridge: from its next frame it hears the others
// there, and they it, unless muted. A session stands at one bridge at a time.
func (b *Bridge) Join(s *Session, muted bool) error {
	p := b.partOn(s.loop)
	if p == nil {
		return ErrClosed
	}
	var err error
	if !s.loop.do(func() { err = p.add(s, muted) }) {
		return ErrClosed
	}
	return err
}

// Leave takes s away from the bridge; when it returns s neither hears the others
// nor is heard. A session that does not stand there is left alone.
func (b *Bridge) Leave(s *Session) {
	b.onMember(s, func(m *member) {
		m.part.remove(m)
		s.loop.standAlone(s)
	})
}

// SetMuted says whether s, who stands at the bridge, is heard there.
func (b *Bridge) SetMuted(s *Session, muted bool) {
	b.onMember(s, func(m *member) { m.muted = muted })
}

// onMember runs f on s's loop if s stands at b, and waits for it.
func (b *Bridge) onMember(s *Session, f func(*member)) {
	s.loop.do(func() {
		if m := s.member; m != nil && m.part.bridge == b {
			f(m)
		}
	})
}

// HeardOnlyBy lets s be heard by listeners alone (a coach); with none given,
// everybody hears it again. All stand at the bridge; otherwise it is an error
// and nothing is changed. A listener who leaves hears s no more, and if there is
// no other, nobody does.
func (b *Bridge) HeardOnlyBy(s *Session, listeners ...*Session) error {
	var near []*Session
	var asides []*aside
	err := errNotHere
	defer func() {
		if err != nil {
			for _, a := range asides {
				a.silent.Store(true)
			}
		}
	}()
	for _, other := range listeners {
		if other.loop == s.loop {
			near = append(near, other)
			continue
		}
		a, failed := b.asideTo(other)
		if failed != nil {
			return failed
		}
		asides = append(asides, a)
	}
	b.onMember(s, func(m *member) {
		var only []*mixer.Strip
		for _, other := range near {
			if other.member == nil || other.member.part != m.part {
				return
			}
			only = append(only, other.member.strip)
		}
		m.endAsides()
		for _, a := range asides {
			a.from = m.part.mix.Add()
			only = append(only, a.from)
		}
		m.strip.Only(only...)
		m.asides, err = asides, nil
	})
	return err
}

// Play says src to all who stand at the bridge and returns when the last sample
// has left, or with ctx's cause, or ErrClosed. Plays may overlap. With nobody
// there it takes its time all the same.
func (b *Bridge) Play(ctx context.Context, src audio.Source) error {
	b.mu.Lock()
	p := b.root
	b.mu.Unlock()
	if p == nil {
		return errors.New("play to a bridge at which nobody stands")
	}
	v := &played{player: newPlayer(bridgeRate), frame: make([]int16, audio.FrameSize(bridgeRate))}
	return v.player.play(ctx, audio.Resample(src, bridgeRate), p.loop, b.done, func() {
		v.strip = p.mix.Add()
		p.plays = append(p.plays, v)
	})
}

// Close takes the bridge down. Sessions that still stand there stand alone again.
func (b *Bridge) Close() {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return
	}
	b.closed = true
	parts := b.parts
	b.mu.Unlock()
	close(b.done)
	for l, p := range parts {
		l.do(func() {
			for len(p.members) > 0 {
				s := p.members[0].session
				p.remove(p.members[0])
				l.standAlone(s)
			}
			l.removePart(p)
			p.gone = true
		})
	}
}

func (l *loop) addPart(p *part) {
	slot := &l.slots[p.slot]
	slot.parts = append(slot.parts, p)
	l.members++
}

func (l *loop) removePart(p *part) {
	slot := &l.slots[p.slot]
	if i := slices.Index(slot.parts, p); i >= 0 {
		slot.parts = slices.Delete(slot.parts, i, i+1)
		l.members--
	}
}

func (p *part) add(s *Session, muted bool) error {
	switch {
	case s.member != nil:
		return errors.New("join a bridge: the session stands at one already")
	case p.gone || s.isLost || s.ended || !s.started:
		return ErrClosed
	case s.in.codec.SampleRate() != bridgeRate:
		return errors.New("join a bridge: its rate is not the session's")
	}
	p.loop.detach(s)
	s.member = &member{session: s, part: p, strip: p.mix.Add(), muted: muted}
	p.members = append(p.members, s.member)
	s.due = p.slot
	return nil
}

func (p *part) remove(m *member) {
	for i, other := range p.members {
		if other == m {
			last := len(p.members) - 1
			p.members[i] = p.members[last]
			p.members[last] = nil
			p.members = p.members[:last]
			break
		}
	}
	m.endAsides()
	m.forgetBackground()
	p.mix.Remove(m.strip)
	m.session.member = nil
}

// tick lets all who stand there hear and say one frame: it collects the voices,
// adds them, and gives each the sum less their own. All who add nothing hear
// the same, so it is coded once for them.
func (p *part) tick(l *loop) {
	for _, t := range p.trunks {
		t.hear()
	}
	p.hearAsides()
	for _, m := range p.members {
		l.current = m.session
		m.session.check(l)
		if !m.session.takesTurn(l) {
			continue
		}
		frame := m.session.hear(l, !m.muted)
		if frame != nil {
			m.strip.Put(frame)
		}
		m.calms(frame != nil)
	}
	l.current = nil
	p.playAll()
	p.mix.Sum()
	for _, v := range p.shared {
		v.fresh = false
	}
	p.calm.tick(p.bridge.background())
	for _, m := range p.members {
		l.current = m.session
		if m.session.pace.takes {
			p.say(l, m)
		}
	}
	l.current = nil
	for _, t := range p.trunks {
		t.say()
	}
	p.sayAsides()
	p.mix.Clear()
}

// playAll puts the prompts' frames.
func (p *part) playAll() {
	for i := 0; i < len(p.plays); {
		v := p.plays[i]
		clear(v.frame)
		some, more := v.player.add(v.frame)
		if some {
			v.strip.Put(v.frame)
		}
		if more {
			i++
			continue
		}
		p.mix.Remove(v.strip)
		p.plays = slices.Delete(p.plays, i, i+1)
	}
}

// say gives m what it hears.
func (p *part) say(l *loop, m *member) {
	s := m.session
	if len(s.out.players) > 0 && s.confirmed {
		p.sayPlays(l, m)
		return
	}
	if m.strip.HearsNothing() {
		// G.711 has no state, so going back to the shared encoder is seamless at any time.
		m.private = false
		s.say(l, p.calm.coded(l, s.out.codec))
		return
	}
	frame, shared := m.strip.Mix(l.frame)
	if !shared {
		p.sayAlone(l, m, frame)
		return
	}
	m.private = false
	v := p.voice(s.out.codec)
	if !v.fresh {
		v.payload = v.payload[:v.encoder.Encode(v.payload[:cap(v.payload)], frame)]
		v.fresh = true
	}
	s.say(l, v.payload)
}

// sayPlays is say for somebody who hears prompts of their own over the others.
func (p *part) sayPlays(l *loop, m *member) {
	frame := l.zero(m.session.out.rate())
	m.session.out.play(frame)
	m.strip.MixOnto(frame)
	p.sayAlone(l, m, frame)
}

// sayAlone gives m what nobody else hears.
func (p *part) sayAlone(l *loop, m *member, frame []int16) {
	out := &m.session.out
	if !m.private {
		m.private = true
		out.encoder.CopyFrom(p.voice(out.codec).encoder)
	}
	m.session.say(l, l.payload[:out.encoder.Encode(l.payload, frame)])
}

// voice returns the encoder that all listeners with codec c share.
func (p *part) voice(c codec.Codec) *sharedVoice {
	for _, v := range p.shared {
		if v.codec == c {
			return v
		}
	}
	v := newSharedVoice(c)
	p.shared = append(p.shared, v)
	return v
}
