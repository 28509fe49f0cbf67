package media

import (
	"math"
	"net/netip"
	"os"
	"testing"
	"time"

	"confab/internal/audio"
	"confab/internal/codec"
	"confab/internal/rtp"
)

// studio is a bridge that is turned by hand, whose members' far ends code what they say
// and decode what they hear, each with a codec of its own.
type studio struct {
	tb   testing.TB
	part *part
	far  []*singer
	by   map[netip.AddrPort]*singer
	sent []Packet // by the far ends, this tick
	read int      // of sent
	late bool     // it comes as late as it may
	next int64    // slot of the turn
}

// singer is a far end.
type singer struct {
	session *Session
	codec   codec.Codec
	enc     codec.Encoder
	dec     codec.Decoder
	sound   func(at float64) float64 // what it says at a time, in samples; nil: silence
	heard   []int16
	frame   []int16
	packet  rtp.Packet
	coded   []byte
	last    []byte // payload that it was sent last
	said    int    // samples
	away    bool   // sends nothing, and nobody listens
}

func newStudio(tb testing.TB) *studio {
	p := &Plane{cfg: Config{}.withDefaults(), epoch: time.Now()}
	l := newLoop(p, 0)
	p.loops = []*loop{l}
	t := &studio{tb: tb, by: map[netip.AddrPort]*singer{}}
	l.clock = func() time.Time { return p.epoch.Add(time.Duration(t.next) * slotDuration) }
	l.ports = []*port{{loop: l, rtp: t, rtcp: &nowhere{}, door: newSideDoor(nil, nil),

		byReports: make(map[netip.AddrPort]*Session), bySSRC: make(map[uint32]*Session),
		learners: make(map[netip.Addr]*Session)}}
	t.part = p.NewBridge().partOn(l, 8000)
	l.mail.run()
	return t
}

func (t *studio) loop() *loop { return t.part.loop }

// join lets a far end with codec c stand at the bridge.
func (t *studio) join(c codec.Codec, sound func(float64) float64) *singer {
	l := t.loop()
	i := len(t.far)
	addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 1, byte(i >> 8), byte(i)}), 4000)
	s := &Session{plane: l.plane, loop: l, port: l.ports[0], out: newOutlet(), lost: make(chan struct{})}
	s.pace.begin()
	f := &singer{session: s, sound: sound}
	t.far, t.by[addr] = append(t.far, f), f
	s.set(Params{Codec: c, PayloadType: 96, DTMF: 101, Remote: addr, Send: true, Receive: true}, false)
	f.speak(c, uint32(i))
	s.started, s.in.confirmed = true, true
	s.nextCheck, s.nextSR = time.Hour, time.Hour
	t.stand(f)
	return f
}

// stand lets f stand at the bridge, and leave lets it stand alone.
func (t *studio) stand(f *singer) {
	t.part.bridge.partOn(t.loop(), f.session.out.rate())
	t.loop().mail.run()
	if err := t.part.add(f.session, false); err != nil {
		t.tb.Fatal(err)
	}
}

func (t *studio) leave(f *singer) {
	t.part.remove(f.session.member)
	f.session.due = t.part.slot
	slot := &t.loop().slots[t.part.slot]
	slot.sessions = append(slot.sessions, f.session)
	f.session.standsIn = slot
	t.loop().members++
}

func (f *singer) speak(c codec.Codec, ssrc uint32) {
	size := audio.FrameSize(c.SampleRate())
	f.codec, f.enc, f.dec = c, c.NewEncoder(), c.NewDecoder()
	f.frame, f.coded = make([]int16, size), make([]byte, 2*size)
	f.packet = rtp.Packet{SSRC: ssrc, PayloadType: 96}
}

// turn lets one tick pass.
func (t *studio) turn() {
	t.sent, t.read = t.sent[:0], 0
	for _, f := range t.far {
		if !f.away {
			t.speak(f)
		}
	}
	t.part.align.next = math.MaxInt64 // its packets come when it is due, whatever the slot
	// However long the machine takes, each turn comes on time.
	t.next = t.loop().slot/slotsPerTick*slotsPerTick + slotsPerTick + int64(t.part.slot)
	t.loop().turn(t.next)
	if n := t.loop().count.Panics; n != 0 {
		t.tb.Fatalf("%d panics", n)
	}
}

// speak sends what f says in a tick, in two packets where it does not fit into one.
func (t *studio) speak(f *singer) {
	for i := range f.frame {
		f.frame[i] = 0
		if f.sound != nil {
			f.frame[i] = int16(math.Round(f.sound(float64(f.said) / float64(f.codec.SampleRate()))))
		}
		f.said++
	}
	coded := f.coded[:f.enc.Encode(f.coded, f.frame)]
	split := len(coded)/maxPayload + 1
	for i := range split {
		f.packet.Payload = coded[i*len(coded)/split : (i+1)*len(coded)/split]
		f.packet.Sequence++
		f.packet.Timestamp += uint32(f.codec.ClockRate() / 50 / split)
		b := make([]byte, maxDatagram)
		t.sent = append(t.sent, Packet{Addr: f.session.in.latch.sdp, Data: b[:f.packet.Put(b)]})
	}
}

func (t *studio) turns(n int) {
	for range n {
		t.turn()
	}
}

// listen returns what f hears in the next n ticks.
func (t *studio) listen(f *singer, n int) []int16 {
	from := len(f.heard)
	t.turns(n)
	return f.heard[from:]
}

// tone is a sound of that pitch, at dBov.
func tone(hz, dbov float64) func(float64) float64 {
	a := 32767 * math.Sqrt2 * math.Pow(10, dbov/20)
	return func(at float64) float64 { return a * math.Sin(2*math.Pi*hz*at) }
}

func (t *studio) Read(packets []Packet) (int, error) {
	n := min(len(packets), len(t.sent)-t.read)
	for i, p := range t.sent[t.read : t.read+n] {
		data := packets[i].Data[:cap(packets[i].Data)]
		packets[i].Addr, packets[i].Data = p.Addr, data[:copy(data, p.Data)]
		// Some time before the tick, so that the time scale need not change.
		if packets[i].At = t.loop().wall; !t.late {
			packets[i].At -= int64(5 * time.Millisecond)
		}
	}
	t.read += n
	return n, nil
}

// Write lets the far ends decode what they are sent.
func (t *studio) Write(packets []Packet) (int, error) {
	for _, p := range packets {
		f := t.by[p.Addr]
		if f.away {
			continue // nor listens
		}
		payload := p.Data[rtp.HeaderSize:]
		n := f.codec.Samples(payload)
		if cap(f.heard) < len(f.heard)+n {
			f.heard = append(make([]int16, 0, 2*len(f.heard)+48000), f.heard...)
		}
		f.heard = f.heard[:len(f.heard)+n]
		f.dec.Decode(f.heard[len(f.heard)-n:], payload)
		f.last = append(f.last[:0], payload...)
	}
	return len(packets), nil
}
func (t *studio) Overflows() uint64 { return 0 }
func (t *studio) Close() error      { return nil }

// opusOrSkip and amrwbOrSkip return the codec, where the machine has it.
func opusOrSkip(t testing.TB) codec.Codec  { t.Helper(); return orSkip(t, codec.Opus) }
func amrwbOrSkip(t testing.TB) codec.Codec { t.Helper(); return orSkip(t, codec.AMRWB) }

func orSkip(t testing.TB, load func() (codec.Codec, error)) codec.Codec {
	t.Helper()
	c, err := load()
	if err != nil {
		if os.Getenv("CONFAB_REQUIRE_TOOLS") != "" {
			t.Fatal(err)
		}
		t.Skipf("%v; scripts/install-test installs it", err)
	}
	return c
}
