package media

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"confab/internal/audio"
	"confab/internal/mixer"
)

// Bridge is where sessions hear each other: everybody hears the sum of all
// others. It has a part on each loop that members of it live on, and each part
// has a layer for every rate that a member has; the layers of one rate are joined
// by trunk strips, so together they are one mixer.
type Bridge struct {
	plane *Plane

	heardLast atomic.Pointer[member] // whose background it has; nil: nobody's

	mu     sync.Mutex
	slot   int             // of the root
	parts  map[*loop]*part // the first is the root, to which the others are joined
	root   *part
	rates  []int // of the layers that all parts have, Hz, in the order in which they came
	closed bool
	done   chan struct{}
}

// part is what of a bridge lives on one loop; it is that loop's.
type part struct {
	bridge   *Bridge
	loop     *loop
	slot     int
	gone     bool // its bridge has closed
	layers   []*layer
	members  []*member
	crowd    crowd
	calm     calm
	asides   []*aside // to members, from other loops and other layers
	whispers bool     // a member says something to one on another loop or layer alone
	turn     turn
	align    align
}

// member is a session's place at a bridge.
type member struct {
	session *Session
	part    *part
	layer   *layer
	strip   *mixer.Strip
	muted   bool
	loud    int        // mean magnitude of late, of a costly codec
	chosen  bool       // was among the loudest of those
	only    []*Session // who alone hears it; nil: everybody
	asides  []*aside   // to those of them on other loops and layers
	heard   bool       // in the last tick
	last    bool       // it was heard last, or somebody after it

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

// partOn returns the bridge's part on l with a layer for rate, made and joined to
// the root if needed; nil if the bridge has closed. All that is done on loops is put
// into their mailboxes in order, so that what is put after it finds it there.
func (b *Bridge) partOn(l *loop, rate int) *part {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	p := b.parts[l]
	if p == nil {
		p = &part{bridge: b, loop: l, slot: b.slot, calm: calm{level: audio.Quietest}}
		if b.root != nil {
			// Half a tick from the root, so that neither has a turn while the other
			// may: a voice crosses in half a tick, and no frame is heard twice or not at all.
			p.slot = (b.slot + slotsPerTick/2) % slotsPerTick
		} else {
			b.root = p
		}
		b.parts[l] = p
		l.mail.put(func() { l.addPart(p) })
		for _, r := range b.rates {
			b.addLayer(p, r)
		}
	}
	if !slices.Contains(b.rates, rate) {
		b.rates = append(b.rates, rate)
		b.addLayer(b.root, rate)
		for _, other := range b.parts {
			if other != b.root {
				b.addLayer(other, rate)
			}
		}
	}
	return p
}

// Join lets s stand at the bridge: from its next frame it hears the others
// there, and they it, unless muted. A session stands at one bridge at a time.
func (b *Bridge) Join(s *Session, muted bool) error {
	for {
		p := b.partOn(s.loop, s.Rate())
		if p == nil {
			return ErrClosed
		}
		var err error
		if !s.loop.do(func() { err = p.add(s, muted) }) {
			return ErrClosed
		}
		if !errors.Is(err, errNoLayer) { // its codec has changed meanwhile
			return err
		}
	}
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

// Play says src to all who stand at the bridge and returns when the last sample
// has left, or with ctx's cause, or ErrClosed. Plays may overlap. With nobody
// there it takes its time all the same.
func (b *Bridge) Play(ctx context.Context, src audio.Source) error {
	b.mu.Lock()
	p := b.root
	rate := 0
	if p != nil {
		rate = slices.Max(b.rates) // what is made for less is heard no better, and who has less hears less
	}
	b.mu.Unlock()
	if p == nil {
		return errors.New("play to a bridge at which nobody stands")
	}
	v := &played{player: newPlayer(rate), frame: make([]int16, audio.FrameSize(rate))}
	return v.player.play(ctx, audio.Resample(src, rate), p.loop, b.done, func() {
		y := p.layer(rate)
		v.strip = y.mix.Add()
		y.plays = append(y.plays, v)
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
	}
	y := p.layer(s.out.rate())
	if y == nil {
		return errNoLayer
	}
	p.loop.detach(s)
	s.member = &member{session: s, part: p, layer: y, strip: y.mix.Add(), muted: muted}
	y.voice(s.out.codec) // not in the tick
	if y.members++; y.members == 1 {
		y.begin()
	}
	p.join(s.member)
	p.crowd.fits(len(p.members))
	p.widen() // not in the tick
	s.due = p.slot
	return nil
}

// samples returns how many there are if all members speak.
func (p *part) samples() (n int) {
	for _, y := range p.layers {
		n += y.members * y.mix.Size()
	}
	return n
}

func (p *part) remove(m *member) {
	if !p.leave(m) {
		return
	}
	m.endAsides()
	m.forgetBackground()
	m.layer.members--
	m.layer.mix.Remove(m.strip)
	m.session.out.own() // what it was given is the layer's
	m.session.member = nil
}
