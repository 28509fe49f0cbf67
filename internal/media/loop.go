package media

import (
	"runtime"
	"time"

	"confab/internal/audio"
	"confab/internal/rtp"
)

const (
	// tickDuration is how often a session says and hears: one frame.
	tickDuration = audio.FrameDuration
	// slotsPerTick is into how many slots a loop divides a tick, so that its
	// bridges are not all due at once.
	slotsPerTick = 8
	slotDuration = tickDuration / slotsPerTick
	// maxBehind is how many slots a loop that was held up makes up for. What
	// is older is left out: nobody wants to hear it.
	maxBehind = 3 * slotsPerTick

	ioBatch      = 64        // datagrams of one system call
	maxDatagram  = 1500      // bytes; a longer one is no voice of ours
	outSize      = 256 << 10 // bytes of packets made before they must be flushed: 1,500 of G.711
	maxFrameSize = 960       // samples, at 48 kHz
	maxPayload   = 1280      // bytes that we send: an Opus packet may have 1275
)

// loop is one media loop. Everything below the mailbox is touched by run alone.
type loop struct {
	plane      *Plane
	index      int
	sessions   int   // under Plane.mu
	securePort *port // under Plane.mu; nil: not opened yet
	mail       mailbox
	inbox      inbox
	notes      *notes
	stopped    chan struct{}

	scratch  *ioScratch
	ports    []*port
	drained  int // index of the port that was read last
	slots    [slotsPerTick]slot
	members  int              // sessions and bridges over all slots
	expected int              // secure sessions whose handshake is going on: the port is read in each slot
	clock    func() time.Time // time.Now, but in a test that keeps its own
	now      time.Duration
	wall     int64 // now as Unix time, ns
	in       []Packet
	known    [ioBatch]*Session   // of in's packets
	taken    int                 // of them
	out      []byte              // packets being made
	made     int                 // bytes of out that are used
	encodes  []*sharedVoice      // of silence
	frame    []int16             // scratch
	payload  []byte              // scratch
	voices   []int16             // frames heard in this turn of a part …
	voiced   int                 // … samples of it that are used
	block    rtp.ReceptionReport // scratch
	sent     rtp.SenderReport    // scratch
	reports  int                 // slots since RTCP was read
	slot     int64               // being done, counted since the epoch
	current  *Session            // at work, for recover
	part     *part               // at work, for recover
	saying   []*part             // large ones whose turns are under way
	untold   []*Session          // given up, and control not told yet
	count    counters
	load     load
	scaled   scaling
}

// slot is what is due in one part of the tick.
type slot struct {
	sessions []*Session // that stand at no bridge
	parts    []*part
	aligned  int // of parts, the one that has looked for a better slot last
}

func newLoop(p *Plane, index int) *loop {
	l := &loop{
		plane: p, index: index, mail: mailbox{loop: p.newSleeper()}, notes: newNotes(), stopped: make(chan struct{}),
		clock: time.Now, scratch: newScratch(), in: make([]Packet, ioBatch), out: make([]byte, outSize),
		frame: make([]int16, maxFrameSize), payload: make([]byte, 2*maxFrameSize),
	}
	for i := range l.in {
		l.in[i].Data = make([]byte, maxDatagram)
	}
	return l
}

// run turns the loop until the plane closes.
func (l *loop) run() {
	defer close(l.stopped)
	// A thread of its own is woken by the kernel, not handed about by the
	// scheduler. It is never unlocked, so it ends with the loop, and what was
	// asked for it with it.
	runtime.LockOSThread()
	sharpen()
	if pin := l.plane.cfg.Pin; len(pin) > 0 {
		if err := pinTo(pin[l.index%len(pin)]); err != nil {
			l.plane.cfg.Log.Warn("a media loop is not pinned", "loop", l.index, "cpu", pin[l.index%len(pin)], "err", err)
		}
	}
	var turn int64 = -1 // the last slot done, counted since the epoch
	for {
		next, any := l.next(turn)
		wait := time.Hour
		if any {
			wait = time.Until(l.plane.epoch.Add(time.Duration(next) * slotDuration))
		}
		l.mail.loop.sleep(wait)
		now := time.Since(l.plane.epoch)
		if any && now >= time.Duration(next)*slotDuration {
			turn = l.turn(next)
		} else { // woken by control
			l.mail.run()
			// What has passed and had nothing to do is not made up for.
			passed := int64(now / slotDuration)
			if any {
				passed = min(passed, next-1)
			}
			turn = max(turn, passed)
		}
		if l.shut() {
			return
		}
	}
}

// turn does what is due in slot n, counted since the epoch, and returns the slot
// it did: a later one if the loop was held up for too long.
func (l *loop) turn(n int64) int64 {
	l.readClock()
	l.count.late(l.now - time.Duration(n)*slotDuration)
	if behind := int64(l.now/slotDuration) - n; behind > maxBehind {
		behind -= behind % slotsPerTick // to the same slot of a later tick
		l.count.SkippedSlots += uint64(behind)
		n += behind
	}
	passed := min(max(int(n-l.slot), 1), slotsPerTick)
	l.slot = n
	l.mail.run()
	l.drain(int(n%slotsPerTick), passed)
	l.sayOn()
	l.tick(&l.slots[n%slotsPerTick])
	l.flush()
	l.alignOne(&l.slots[n%slotsPerTick])
	l.tellLost()
	l.load.worked(l.now, l.clock().Sub(l.plane.epoch))
	return n
}

// next returns the first slot after turn that has anything to do.
func (l *loop) next(turn int64) (int64, bool) {
	if l.expected > 0 || len(l.saying) > 0 {
		return turn + 1, true
	}
	if l.members == 0 {
		return 0, false
	}
	for n := turn + 1; n <= turn+slotsPerTick; n++ {
		if s := &l.slots[n%slotsPerTick]; len(s.sessions)+len(s.parts) > 0 {
			return n, true
		}
	}
	return 0, false
}

func (l *loop) shut() bool {
	l.mail.mu.Lock()
	closed := l.mail.closed
	l.mail.mu.Unlock()
	if !closed {
		return false
	}
	l.mail.run() // what was put before
	for _, t := range l.ports {
		t.close()
	}
	l.ports = nil
	return true
}

func (l *loop) readClock() {
	now := l.clock()
	l.now, l.wall = now.Sub(l.plane.epoch), now.UnixNano()
}

// do runs f on the loop and waits for it. It returns false, f not run, when the
// loop has stopped.
func (l *loop) do(f func()) bool {
	done := make(chan struct{})
	if !l.mail.put(func() { f(); close(done) }) {
		return false
	}
	select {
	case <-done:
		return true
	case <-l.stopped:
		select {
		case <-done:
			return true
		default:
			return false
		}
	}
}

// tick lets everything in a slot hear and say one frame.
func (l *loop) tick(s *slot) {
	for i, p := range s.parts {
		s.fetchParts(i)
		l.tickPart(p)
	}
	for i := 0; i < len(s.sessions); {
		session := s.sessions[i]
		l.tickSession(session)
		if i < len(s.sessions) && s.sessions[i] == session { // not given up
			i++
		}
	}
}

func (l *loop) tickPart(p *part) {
	defer l.guard("bridge")
	l.voiced = 0
	l.part = p
	p.tick(l)
	l.part = nil
}

func (l *loop) tickSession(s *Session) {
	defer l.guard("session")
	l.voiced = 0
	l.current = s
	s.tickAlone(l)
	l.current = nil
}

// voice returns memory for a frame that is heard: the loop's, until the turn of the part
// is over. All parts have the same, so that it stays in the caches; but those whose
// turns go on for longer have their own.
func (l *loop) voice(size int) []int16 {
	held := &l.voices
	if l.part != nil && l.part.turn.heard != nil {
		held = &l.part.turn.heard
	}
	makeVoices(held, l.voiced+size)
	return (*held)[l.voiced : l.voiced+size : l.voiced+size]
}

// makeVoices gets memory for so many samples. What is in use stays where it is.
func makeVoices(held *[]int16, samples int) {
	if samples > len(*held) {
		*held = make([]int16, 2*samples)
	}
}

// packet returns memory for one packet of that size to send.
func (l *loop) packet(size int) []byte {
	if l.made+size > len(l.out) {
		l.flush()
	}
	b := l.out[l.made : l.made+size : l.made+size]
	l.made += size
	return b
}

// flush sends all packets made.
func (l *loop) flush() {
	if l.made == 0 {
		return
	}
	for _, t := range l.ports {
		if len(t.out) > 0 {
			l.write(t.rtp, t.out)
			t.out = t.out[:0]
		}
		if len(t.outReports) > 0 {
			l.write(t.rtcp, t.outReports)
			t.outReports = t.outReports[:0]
		}
	}
	l.made = 0
}

func (l *loop) write(s Socket, packets []Packet) {
	n, _ := s.Write(packets) // a far end that is gone is found out by its silence
	l.count.Sent += uint64(n)
	l.count.SendErrors += uint64(len(packets) - n)
}

// standAlone lets s, which has left a bridge, be due by itself.
func (l *loop) standAlone(s *Session) {
	if s.started && !s.ended {
		l.attach(s)
	}
}

// attach puts s among those who stand at no bridge, in the emptiest slot.
func (l *loop) attach(s *Session) {
	best := &l.slots[0]
	s.due = 0
	for i := range l.slots {
		if len(l.slots[i].sessions) < len(best.sessions) {
			best, s.due = &l.slots[i], i
		}
	}
	best.sessions = append(best.sessions, s)
	s.standsIn = best
	l.members++
}

// detach takes s out of its slot or its bridge.
func (l *loop) detach(s *Session) {
	if s.member != nil {
		s.member.part.remove(s.member)
		return
	}
	if s.standsIn == nil {
		return
	}
	list := s.standsIn.sessions
	for i, other := range list {
		if other == s {
			list[i] = list[len(list)-1]
			list[len(list)-1] = nil
			s.standsIn.sessions = list[:len(list)-1]
			break
		}
	}
	s.standsIn = nil
	s.out.own() // what it was given is the loop's
	l.members--
}
