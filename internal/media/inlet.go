package media

import (
	"net/netip"
	"time"

	"confab/internal/audio"
	"confab/internal/codec"
	"confab/internal/rtp"
)

const (
	// quietBelow is the mean magnitude under which a frame is silence: about
	// −64 dBov, below the noise of a telephone line.
	quietBelow = 20
	// hangover is for how many frames somebody who spoke is still mixed, so
	// that the end of a word is not cut.
	hangover = 10

	framesPerSecond = int(time.Second / tickDuration)
)

// inlet is what a session hears of its far end, on its loop.
//
// What each packet and each tick ask for stands together, from latch.source to the
// first packets of jitter, and is fetched together.
type inlet struct {
	latch       latch
	codec       codec.Codec
	ssrc        uint32
	sequence    uint16
	payloadType uint8
	dtmf        uint8         // payload type; 0: none
	speaks      bool          // it sends at all, by the last SDP
	held        bool          // the far end does not listen to us: what it sends is its music
	confirmed   bool          // the far end hears: prompts may begin
	asked       bool          // somebody waits for a digit
	paused      bool          // there was a pause after what gaps has heard
	came        bool          // level is of a packet of this frame
	decoded     uint8         // packets, in this tick
	scaled      uint8         // times that the time scale was changed, in this tick …
	waits       bool          // … in which it may not be
	comfort     comfort       // what the far end says of that
	heard       time.Duration // when the last packet came
	from        time.Duration // what came before this is too old to be heard
	receiver    rtp.Receiver

	loud  int              // frames of hangover left
	level int              // mean magnitude of the packet heard last; 0 where none came
	floor int              // least level lately, in floorUnits
	size  int              // samples of a frame
	clock int              // of the codec, Hz
	rest  []int16          // decoded and not yet heard, where packets are no frames
	gaps  *audio.Concealer // fills them; nil until something is heard
	skim  *skim            // nil: the codec tells its level
	sound heard
	tempo tempo

	adaptive codec.Adaptive // the codec, if its packets ask for modes

	jitter rtp.Jitter // its end is not fetched

	decoder  codec.Decoder
	leveller audio.Leveller

	events      rtp.EventReceiver
	detector    *audio.DTMFDetector // in-band digits; nil until looked for
	heardReport time.Duration
	expected    time.Duration // since when something should come, by the last SDP
	reportsFrom netip.AddrPort
	presses     int    // digits told since the last check
	dropped     uint64 // packets of a payload type that was not agreed

	roundTrip      time.Duration
	remoteLost     int32
	remoteFraction uint8
}

// set adopts what was negotiated.
func (in *inlet) set(p Params, now time.Duration) {
	in.expected = now
	if in.codec != p.Codec {
		in.codec, in.decoder = p.Codec, p.Codec.NewDecoder()
		in.adaptive, _ = p.Codec.(codec.Adaptive)
		in.skim = newSkim(in.decoder)
		in.jitter.Init(p.Codec.ClockRate(), usualBytes(p.Codec))
		if in.clock != p.Codec.ClockRate() { // else it counts on
			in.clock = p.Codec.ClockRate()
			in.receiver.Init(in.clock)
		}
		in.detector = nil
		in.size = audio.FrameSize(p.Codec.SampleRate())
		in.gaps, in.rest, in.tempo = nil, nil, tempo{}
		in.floor, in.leveller = noFloor, audio.Leveller{}
	}
	in.payloadType, in.dtmf = p.PayloadType, p.DTMF
	in.speaks, in.held = p.Receive, !p.Send
}

// usualBytes returns how long the payload of 20 ms usually is. Where packets differ in
// length that is a few times what speech takes.
func usualBytes(c codec.Codec) int {
	const some = 160
	if !c.Kind().Divisible {
		return 3 * some
	}
	return audio.FrameSize(c.SampleRate()) * some / c.Samples(make([]byte, some))
}

// receive takes one packet of the far end.
func (in *inlet) receive(s *Session, r rtp.Packet, arrival time.Duration, l *loop) {
	if in.codec == nil {
		return // before the answer
	}
	if r.SSRC != in.ssrc {
		if s.port.bySSRC[in.ssrc] == s {
			delete(s.port.bySSRC, in.ssrc)
		}
		in.ssrc = r.SSRC
		s.port.indexSSRC(s)
	}
	in.sequence, in.heard = r.Sequence, l.now
	in.confirmed = true
	switch {
	case in.dtmf != 0 && r.PayloadType == in.dtmf:
		in.receiver.Count(r) // its time stamp stands still: no measure of jitter
		if key, ok := in.events.Push(r); ok {
			l.tellDigit(s, key, false)
		}
	case r.PayloadType == comfortNoise && in.clock == 8000:
		in.takeComfort(r)
	case r.PayloadType == in.payloadType:
		in.comfort.rests = false
		in.receiver.Push(arrival, r)
		if arrival < in.from {
			return
		}
		samples := in.codec.Samples(r.Payload)
		in.jitter.Push(arrival, r, in.units(samples))
		if in.adaptive != nil && samples > 0 {
			s.out.wanted = in.adaptive.Mode(s.out.codec, r.Payload)
		}
	default:
		in.receiver.Count(r)
		in.dropped++
	}
}

// report takes one RTCP packet of the far end.
func (in *inlet) report(s *Session, data []byte, arrival time.Duration, l *loop) {
	report, err := rtp.ParseReport(data, s.out.ssrc)
	if err != nil {
		l.count.Malformed++
		return
	}
	in.heardReport = l.now
	in.sound.reported(report, s.out.packets)
	if report.HasSent {
		in.receiver.SenderReport(arrival, report.Sent)
	}
	if report.HasAbout {
		in.remoteLost, in.remoteFraction = report.About.Lost, report.About.FractionLost
		if d, ok := rtp.RoundTrip(rtp.NTP(time.Unix(0, l.wall)), report.About); ok {
			in.roundTrip = d
		}
	}
}

// units returns how long samples are on the RTP clock.
func (in *inlet) units(samples int) uint32 {
	if rate := in.size * framesPerSecond; rate != in.clock {
		samples = samples * in.clock / rate
	}
	return uint32(samples)
}

// moved reports whether r, from a source that nobody knows, goes on the stream
// of a far end that has fallen silent on its old port.
func (in *inlet) moved(source netip.AddrPort, r rtp.Packet, now time.Duration) bool {
	ahead := int16(r.Sequence - in.sequence)
	return in.latch.source.IsValid() && source.Addr() == in.latch.source.Addr() &&
		now-in.heard >= movedAfter && ahead > 0 && ahead < 3000
}

// hear returns the frame due now, at the codec's rate: dst, which is as long, filled; or
// nil for silence. wanted false means that nobody would hear
// it: the packets are used up and nothing is decoded, nor (measured false) is
// it asked how loud they are.
func (in *inlet) hear(now time.Duration, dst []int16, wanted, measured bool) []int16 {
	in.came = false
	if in.codec == nil || in.holds(now) {
		return nil
	}
	need := uint32(in.clock / framesPerSecond)
	if len(in.rest) > 0 {
		return in.hearRest(now, dst, need, wanted)
	}
	p := in.jitter.Pop(now, need)
	if p.Verdict == rtp.Play && p.Spare && (!wanted || in.quiet(p.Payload)) {
		in.jitter.Skip() // leaving out silence is how the delay shrinks unheard
		p = in.jitter.Pop(now, need)
	}
	in.adapt(p, now, wanted)
	if p.Duration != need || in.tempo.owed != 0 {
		in.keep(p, now)
		return in.hearRest(now, dst, need, wanted)
	}
	heard := false
	switch p.Verdict {
	case rtp.Play:
		heard = in.take(dst, p.Payload, wanted, measured)
	case rtp.Wait:
		in.pause()
	default:
		heard = wanted && in.makeUp(dst)
	}
	if !heard {
		return nil
	}
	return dst
}

// pass lets go what was to be heard in so many ticks that the loop has left out.
// Kept, it would be delay: each time the loop is held up speech would be as much
// later, until the jitter buffer's bound.
func (in *inlet) pass(now time.Duration, ticks int) {
	if in.codec == nil {
		return
	}
	need := uint32(in.clock / framesPerSecond)
	for range min(ticks, passMost) {
		in.jitter.Pop(now, need)
	}
	in.loud, in.paused, in.rest = 0, true, in.rest[:0] // what comes next does not go on from what was
}

// passMost is how many ticks of speech a jitter buffer holds at the most.
const passMost = int(rtp.MaxDelay / tickDuration)

// hearRest is hear for packets that are longer or shorter than a frame: they are
// decoded into rest, of which a frame is taken.
func (in *inlet) hearRest(now time.Duration, dst []int16, need uint32, wanted bool) []int16 {
	for tries := 0; len(in.rest) < in.size && tries < 16; tries++ {
		p := in.jitter.Pop(now, need-in.units(len(in.rest)))
		in.adapt(p, now, wanted)
		in.keep(p, now)
	}
	n := copy(dst, in.rest)
	clear(dst[n:])
	in.rest = in.rest[:copy(in.rest, in.rest[n:])]
	in.tidy()
	if in.loud == 0 || !wanted {
		return nil
	}
	return dst
}

// keep appends what p stands for to rest.
func (in *inlet) keep(p rtp.Popped, now time.Duration) {
	samples := int(p.Duration) * in.codec.SampleRate() / in.codec.ClockRate()
	if cap(in.rest) < len(in.rest)+samples+max(in.tempo.owed, in.codec.SampleRate()/100) {
		in.rest = append(make([]int16, 0, len(in.rest)+2*samples+in.size), in.rest...)
	}
	at := len(in.rest)
	in.rest = in.rest[:at+samples]
	tail := in.rest[at:]
	switch p.Verdict {
	case rtp.Play:
		heard := in.take(tail, p.Payload, true, true) // wanted or not: some of it is heard later
		if !heard {
			clear(tail)
		}
		in.scale(at, heard, now)
	case rtp.Wait:
		in.pause()
		clear(tail)
		in.scale(at, false, now)
	default:
		in.makeUp(tail)
		if in.tempo.tape != nil {
			in.tempo.before = in.tempo.before[:0]
		}
	}
}

// take hears payload, decoded into dst if it is to be heard, which it reports.
func (in *inlet) take(dst []int16, payload []byte, wanted, measured bool) (heard bool) {
	if in.skim != nil {
		return in.takeSkimming(dst, payload, wanted, measured)
	}
	if heard = in.listen(payload, wanted, measured); heard {
		in.decode(dst, payload)
		in.sound.decoded(dst)
	}
	return heard
}

// pause takes note of a frame's time in which nothing was said, nor lost.
func (in *inlet) pause() {
	in.level, in.paused = 0, true
	in.loud = max(in.loud-1, 0)
}

// listen takes note of how loud payload is and reports whether it is to be heard.
func (in *inlet) listen(payload []byte, wanted, measured bool) bool {
	if !wanted && !measured {
		in.loud, in.paused = 0, true
		return false
	}
	in.level, _ = in.codec.Level(payload)
	in.came = true
	in.learnFloor(in.level)
	switch {
	case !wanted:
		in.loud = 0 // what is not decoded cannot be gone on with
	case in.level >= quietBelow:
		in.loud = hangover
	case in.loud > 0:
		in.loud--
	}
	if in.loud == 0 {
		in.paused = true
	}
	in.sound.listened(in.level, in.level >= quietBelow)
	return in.loud > 0
}

// tones returns the detector of in-band digits, or nil while none are looked for:
// nobody waits for one, or the far end has better means, or it is on hold.
func (in *inlet) tones() *audio.DTMFDetector {
	if !in.asked || in.dtmf != 0 || in.held || in.codec == nil {
		return nil
	}
	if in.detector == nil {
		in.detector = audio.NewDTMFDetector(in.codec.SampleRate())
	}
	return in.detector
}

// quiet reports whether payload is silence, by its coded bytes.
func (in *inlet) quiet(payload []byte) bool {
	if in.skim != nil {
		return in.loud == 0
	}
	level, ok := in.codec.Level(payload)
	return ok && level < quietBelow
}
