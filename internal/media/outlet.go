package media

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"confab/internal/audio"
	"confab/internal/codec"
	"confab/internal/rtp"
)

// outlet is what a session says to its far end, on its loop: one stream of
// packets with one SSRC and continuous timestamps from answer to BYE, silence
// included, since far ends latch onto it and keep their NAT open by it.
//
// What each tick asks for stands first and together, up to the encoder.
type outlet struct {
	codec       codec.Codec // that is coded with: agreed, or the mode of it that the far end wants
	wanted      codec.Codec // the mode that it has asked for last; nil: none
	memory      bool        // of the codec
	costly      bool        // the codec is
	payloadType uint8
	dtmf        uint8
	listens     bool  // the far end wants to hear us
	broken      bool  // the packet before the next one was not sent
	unread      uint8 // frames said since the level of one was looked at
	split       uint8 // packets per frame: 1 at 20 ms, 2 at 10 ms
	step        uint32
	ssrc        uint32
	sequence    uint16
	timestamp   uint32
	packets     uint32
	octets      uint32
	saying      *saying // nil: nobody reads what the level is
	players     []*player
	dialled     []dialled // digits and pauses still to be sent
	keys        rtp.EventSender

	voice    *sharedVoice // that it is given; nil: its own encoder codes. Of a codec with memory only
	coder    coder        // its own; the encoder is its first field
	beside   *sharedVoice // that has coded the same …
	along    int          // … for so many frames
	dtmfStep uint32       // of a packet, on the clock of telephone-events
	reported uint32       // of packets, by the last SR
	agreed   codec.Codec  // with the far end
}

// dialled is one thing that SendDigits has to do.
type dialled struct {
	key   byte          // 0: none, a pause only
	pause time.Duration // left, after the key
	begun bool          // the key has been started
	of    *dialling
	last  bool // of them
}

// dialling is one SendDigits that waits.
type dialling struct {
	done chan struct{} // closed by the loop when it is over
	err  error         // set before that
}

func newOutlet() outlet {
	var b [10]byte
	rand.Read(b[:])
	return outlet{
		ssrc:     binary.BigEndian.Uint32(b[0:]),
		sequence: binary.BigEndian.Uint16(b[4:]) >> 1, // RFC 3711 §3.3.1: not near the wrap
		// RFC 3550 §5.1: both start at random.
		timestamp: binary.BigEndian.Uint32(b[6:]),
		broken:    true,
	}
}

// set adopts what was negotiated. The stream goes on where it was.
func (out *outlet) set(p Params) {
	if out.agreed != p.Codec {
		out.unfollow()
		kind := p.Codec.Kind()
		out.agreed, out.codec, out.wanted = p.Codec, p.Codec, nil
		out.memory, out.costly, out.beside = kind.Memory, kind.Costly, nil
		if a, ok := p.Codec.(codec.Adaptive); ok {
			out.codec = a.Mode(nil, nil)
		}
		out.coder = coder{encoder: out.codec.NewEncoder(), quiet: calmFrames} // nothing has been said yet
	}
	out.payloadType, out.dtmf, out.listens = p.PayloadType, p.DTMF, p.Send
	out.split = 1
	switch {
	case !p.Codec.Kind().Divisible:
	case p.PTime > 0 && p.PTime < tickDuration:
		out.split = uint8(tickDuration / p.PTime)
	case p.Codec.Samples(make([]byte, maxPayload)) < audio.FrameSize(p.Codec.SampleRate()):
		out.split = 2 // a frame is too large for a datagram: L16 at 48 kHz
	}
	perTick := uint32(time.Second / tickDuration * time.Duration(out.split))
	out.step = uint32(p.Codec.ClockRate()) / perTick
	out.dtmfStep = uint32(cmp.Or(p.DTMFClock, p.Codec.ClockRate())) / perTick
	if out.dtmf == 0 && (len(out.dialled) > 0 || out.keys.Active()) {
		out.keys = rtp.EventSender{}
		out.hangUp(nil, errNoEvents)
	}
}

// errNoEvents: a new SDP has taken telephone-events back.
var errNoEvents = errors.New("send digits: the far end takes no telephone-events any more")

// hangUp ends a SendDigits, or (nil) all of them, before it is done.
func (out *outlet) hangUp(which *dialling, err error) {
	out.dialled = slices.DeleteFunc(out.dialled, func(d dialled) bool {
		if which != nil && d.of != which {
			return false
		}
		if d.last {
			d.of.err = err
			close(d.of.done)
		}
		return true
	})
}

// rate returns the sample rate of what is said, Hz.
func (out *outlet) rate() int { return out.codec.SampleRate() }

// play adds what is being played to this session alone into frame, which holds
// a frame, and reports whether there was anything.
func (out *outlet) play(frame []int16) bool {
	played := false
	for i := 0; i < len(out.players); {
		some, more := out.players[i].add(frame)
		played = played || some
		if more {
			i++
			continue
		}
		last := len(out.players) - 1
		out.players[i] = out.players[last]
		out.players[last] = nil
		out.players = out.players[:last]
	}
	return played
}

// pass lets the time of so many frames pass without a packet.
func (out *outlet) pass(frames int) {
	out.timestamp += out.step * uint32(out.split) * uint32(frames)
	out.broken = true
}

// say sends one coded frame, or a digit in its place.
func (s *Session) say(l *loop, payload []byte) {
	out := &s.out
	if !out.listens || !s.in.latch.destination().IsValid() || s.unkeyed() {
		out.pass(1)
		return
	}
	if out.saying != nil {
		if out.unread++; out.unread == outEvery {
			out.unread = 0
			out.saying.said(s, payload)
		}
	}
	size := len(payload) / int(out.split)
	for i := range int(out.split) {
		if out.dial() {
			b := l.packet(rtp.HeaderSize + rtp.EventSize + s.overhead())
			timestamp, marker := out.keys.Next(b[rtp.HeaderSize:], out.dtmfStep)
			s.send(l, b, rtp.Packet{Marker: marker, PayloadType: out.dtmf, Timestamp: timestamp,
				Payload: b[rtp.HeaderSize : rtp.HeaderSize+rtp.EventSize]})
			continue
		}
		// RFC 3551 §4.1: the marker is for the first packet after some were not
		// sent. Silence of ours is sent.
		s.send(l, l.packet(rtp.HeaderSize+size+s.overhead()), rtp.Packet{Marker: out.broken, PayloadType: out.payloadType, Timestamp: out.timestamp,
			Payload: payload[i*size : (i+1)*size]})
		out.broken = false
	}
}

// send puts one packet on its way; b is the loop's memory for it, as it is sent.
func (s *Session) send(l *loop, b []byte, r rtp.Packet) {
	out := &s.out
	r.SSRC, r.Sequence = out.ssrc, out.sequence
	if data := s.protect(b[:r.Put(b)]); data != nil {
		s.post(s.in.latch.destination(), data)
		if len(s.port.out) == ioBatch { // while it is in the nearest cache
			l.flush()
		}
	}
	out.sequence++
	out.timestamp += out.step
	out.packets++
	out.octets += uint32(len(r.Payload))
}

const (
	keyDuration = 160 * time.Millisecond // how long a key that we send is held
	keyGap      = 80 * time.Millisecond  // and how long it is silent after it
)

// dial goes on with the digits to send by one packet, and reports whether this
// packet is one of a digit.
func (out *outlet) dial() bool {
	step := tickDuration / time.Duration(out.split)
	for len(out.dialled) > 0 {
		d := &out.dialled[0]
		switch {
		case out.keys.Active():
			return true
		case d.key != 0 && !d.begun:
			d.begun = true
			units := out.dtmfStep * uint32(keyDuration/step)
			if out.keys.Start(d.key, out.timestamp, units) {
				d.pause = keyGap
				return true
			}
			d.pause = 0
		case d.pause > 0:
			d.pause -= step
			return false
		}
		if d.last {
			close(d.of.done)
		}
		out.dialled[0] = dialled{}
		out.dialled = out.dialled[1:]
	}
	return out.keys.Active()
}

// zero returns a silent frame at rate, the loop's scratch.
func (l *loop) zero(rate int) []int16 {
	f := l.frame[:audio.FrameSize(rate)]
	clear(f)
	return f
}
