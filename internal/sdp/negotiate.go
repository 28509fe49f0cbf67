package sdp

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrNothingFits means that an offer, or an answer, leaves no stream that both
// sides can use. It becomes 488 (RFC 3261 §13.3.1.3).
var ErrNothingFits = errors.New("no media stream that both sides can use")

const (
	telephoneEvent = "telephone-event" // RFC 4733 §7.1.1
	dtmfEvents     = "0-15"            // the events we understand: the sixteen keys (RFC 4733 §3.2)

	defaultPTime = 20 * time.Millisecond
	leastPTime   = 10 * time.Millisecond // steps of what we can send instead
)

// Format is one way of coding voice, as an rtpmap attribute says it.
type Format struct {
	Name        string // encoding name, compared without case: "PCMU"
	Clock       int    // RTP clock, Hz
	Channels    int    // as in the rtpmap; 0 is 1
	PayloadType uint8  // to offer it with; an answer takes the offerer's
	Parameters  string // what a=fmtp says of it in an offer, and without Answer in an answer; empty: nothing
	Band        int    // Hz: an answer takes the widest that both have
	Whole       bool   // its packets are 20 ms and cannot be cut in two
	Unoffered   bool   // it is accepted of who offers it, and not offered

	// Answer returns what our a=fmtp answers to a far end whose a=fmtp says offered; ok
	// is false where that is another format than this, of the same name, or one that we
	// do not have. nil: the format fits whatever is said of it.
	Answer func(offered string) (ours string, ok bool)
}

// Fits reports whether f is what was agreed on.
func (f Format) Fits(a Agreed) bool {
	_, ok := f.answer(a.Parameters)
	return ok && f.Name == a.Name && f.Clock == a.Clock
}

// answer returns what our a=fmtp says of f to a far end whose a=fmtp says offered.
func (f Format) answer(offered string) (ours string, ok bool) {
	if f.Answer == nil {
		return f.Parameters, true
	}
	return f.Answer(offered)
}

// Local is what we say of ourselves in an offer or an answer.
type Local struct {
	Address netip.AddrPort // where we want RTP; RTCP is wanted on the next port
	Formats []Format       // that we can send and receive; in an offer in order of preference
	DTMF    uint8          // payload type of telephone-event to offer, at the clock of the first format; those for further clocks follow. 0: not offered, nor accepted in an offer
	PTime   time.Duration  // of what we like to receive; zero says nothing
	ID      uint64         // session id of the o= line: one per dialog
	Version uint64         // of the o= line: raised whenever what we say changes (RFC 3264 §8)
	Held    bool           // we do not want to hear the far end now
	Secure  *Secure        // what we say of ourselves where the stream is DTLS-SRTP; nil: it is not, and none that is fits
}

// Agreed is what offer and answer settled.
type Agreed struct {
	Name        string         // encoding name, in the spelling of Local.Formats
	Clock       int            // Hz
	PayloadType uint8          // of the codec, both ways
	Parameters  string         // what the far end's a=fmtp says of the codec
	DTMF        uint8          // payload type of telephone-event; 0: none
	DTMFClock   int            // its clock, Hz
	PTime       time.Duration  // of what we send: 20 ms, less where the far end's maxptime asks for it
	Remote      netip.AddrPort // where the far end wants RTP; zero: it gave a name, not an address; unspecified IP: held the old way (RFC 3264 §8.4)
	RTCP        netip.AddrPort // where it wants RTCP (RFC 3605); zero: Remote's port + 1
	RTCPMux     bool           // RTP and RTCP on one port (RFC 5761)
	Send        bool           // the far end wants to hear us
	Receive     bool           // the far end speaks, and we want to hear it
	Secure      *Secure        // what the far end says of itself; nil where the stream is not protected
}

// Answer answers offer (RFC 3264 §6): the first voice stream that fits is
// taken, with telephone-event and the one of its formats that we have whose band is
// widest: of those that are alike the first, since the offerer's order is its
// preference (§6.1). Every other stream is refused in its place with port 0.
// ErrNothingFits when none does.
func Answer(offer Description, l Local) ([]byte, Agreed, error) {
	taken, a, err := agree(offer, l)
	if err != nil {
		return nil, Agreed{}, err
	}
	w := newWriter(l, offer.timing)
	if offer.bundles {
		w.secureSession(l, offer.streams[taken].mid)
	} else {
		w.secureSession(l, "")
	}
	for i, s := range offer.streams {
		if i != taken {
			// RFC 3264 §6: a refused stream keeps its place, with port 0.
			w.line("m=", s.media, " 0 ", s.proto, " ", s.formats[0])
			if l.Secure != nil && s.mid != "" {
				w.line("a=mid:", s.mid) // RFC 8829 §5.3.1
			}
			continue
		}
		w.line("m=audio ", port(l), " ", s.proto, " ", w.formats(a))
		w.agreed(a, l)
		w.secureStream(l, s.Answers(l.Secure), s.mid)
	}
	return w.bytes(), a, nil
}

// Agree returns what Answer would agree to, without writing the answer:
// l.Address need not be known yet.
func Agree(offer Description, l Local) (Agreed, error) {
	_, a, err := agree(offer, l)
	return a, err
}

// agree finds the stream that is taken.
func agree(offer Description, l Local) (taken int, a Agreed, err error) {
	for i, s := range offer.streams {
		if a, ok := s.agree(l, true); ok {
			a.Receive = a.Receive && !l.Held
			return i, a, nil
		}
	}
	return 0, Agreed{}, ErrNothingFits
}

// Offer makes an offer of one voice stream (RFC 3264 §5) with all of
// l.Formats, and telephone-event when l.DTMF says so.
func Offer(l Local) []byte {
	w := newWriter(l, "")
	l.Formats = l.offered()
	var list []string
	for _, f := range l.Formats {
		list = append(list, strconv.Itoa(int(f.PayloadType)))
	}
	clocks := l.clocks()
	for i := range clocks {
		list = append(list, strconv.Itoa(int(l.DTMF)+i))
	}
	proto := " RTP/AVP "
	if l.Secure != nil {
		proto = " UDP/TLS/RTP/SAVPF "
		w.secureSession(l, offeredMid)
	}
	w.line("m=audio ", port(l), proto, strings.Join(list, " "))
	for _, f := range l.Formats {
		w.format(f.PayloadType, f)
	}
	for i, clock := range clocks {
		w.telephoneEvent(l.DTMF+uint8(i), clock)
	}
	w.ptime(l)
	if l.Secure != nil {
		w.line("a=rtcp-mux")
	}
	w.line("a=", directionFor(true, !l.Held).String())
	w.secureStream(l, "actpass", offeredMid)
	return w.bytes()
}

// offeredMid names the one stream of our offers.
const offeredMid = "0"

// offered are the formats to offer.
func (l Local) offered() []Format {
	return slices.DeleteFunc(slices.Clone(l.Formats), func(f Format) bool { return f.Unoffered })
}

// clocks are those to offer telephone-event at: one for each that a format has (RFC 4733
// §2.1: both are on one timestamp line).
func (l Local) clocks() (clocks []int) {
	if l.DTMF == 0 {
		return nil
	}
	for _, f := range l.Formats {
		if !slices.Contains(clocks, f.Clock) {
			clocks = append(clocks, f.Clock)
		}
	}
	return clocks
}

// Accept reads the answer to an offer made of l (RFC 3264 §7). ErrNothingFits
// when the far end refused the stream, or took a format that was not offered.
func Accept(l Local, answer Description) (Agreed, error) {
	if len(answer.streams) == 0 {
		return Agreed{}, ErrNothingFits
	}
	l.Formats = l.offered()
	a, ok := answer.streams[0].agree(l, false)
	if !ok {
		return Agreed{}, ErrNothingFits
	}
	a.RTCPMux = l.Secure != nil // else it was not offered (RFC 5761 §5.1.1)
	a.Receive = a.Receive && !l.Held
	return a, nil
}

// agree settles what we and the far end, who wrote s, do with the stream; ok
// is false when nothing. choose lets us choose among its formats, as who answers
// does; otherwise it has chosen.
func (s *stream) agree(l Local, choose bool) (a Agreed, ok bool) {
	if s.media != "audio" || s.port == 0 {
		return a, false
	}
	switch {
	case l.Secure == nil && s.proto != "RTP/AVP" && s.proto != "RTP/AVPF", l.Secure != nil && !s.protected():
		return a, false
	}
	// A multicast stream is no conversation; without a c= line there is nobody to talk to.
	if (!s.given || s.addr.IsMulticast()) && l.Secure == nil {
		return a, false
	}
	a.PTime = s.sendPTime()
	band := 0
	for _, f := range s.formats {
		have, pt, fits := s.match(f, l.Formats)
		if !fits || have.Whole && a.PTime < defaultPTime || ok && have.Band <= band {
			continue
		}
		a.Name, a.Clock, a.PayloadType, a.Parameters = have.Name, have.Clock, pt, s.fmtps[f]
		if ok, band = true, have.Band; !choose {
			break
		}
	}
	if !ok {
		return a, false
	}
	if l.DTMF != 0 {
		a.DTMF, a.DTMFClock = s.telephoneEvent(a.Clock)
	}
	a.RTCPMux = s.rtcpMux
	if s.addr.IsValid() {
		a.Remote = netip.AddrPortFrom(s.addr, uint16(s.port))
		if s.rtcpPort != 0 {
			host := s.addr
			if s.rtcpAddr.IsValid() {
				host = s.rtcpAddr
			}
			a.RTCP = netip.AddrPortFrom(host, uint16(s.rtcpPort))
		}
	}
	// RFC 3264 §8.4: an address of 0.0.0.0 asks us to send nothing.
	a.Send = s.direction.receives() && !(s.addr.IsValid() && s.addr.IsUnspecified())
	a.Receive = s.direction.sends()
	if l.Secure != nil {
		a.Send = s.direction.receives() // an offer without candidates has that address (RFC 8829 §5.2.1)
		far := s.Secure
		a.Secure = &far
	}
	return a, true
}

// match finds the one of have that format f of the stream is.
func (s *stream) match(f string, have []Format) (Format, uint8, bool) {
	pt, ok := payloadType(f)
	if !ok {
		return Format{}, 0, false
	}
	m, ok := s.rtpmaps[f]
	if !ok {
		// RFC 3551 §6: the static payload types need no rtpmap.
		if m, ok = static(pt); !ok {
			return Format{}, 0, false
		}
	}
	i := slices.IndexFunc(have, func(h Format) bool {
		if !strings.EqualFold(h.Name, m.name) || h.Clock != m.clock || m.channels > max(h.Channels, 1) {
			return false
		}
		_, fits := h.answer(s.fmtps[f])
		return fits
	})
	if i < 0 {
		return Format{}, 0, false
	}
	return have[i], pt, true
}

// telephoneEvent returns the payload type of telephone-event and its clock: that of the
// codec (RFC 4733 §2.1: both are on one timestamp line).
//
// Deviation (RFC 4733 §2.1): where there is none at the codec's clock, the one at
// 8,000 Hz is taken, because many phones that speak Opus offer no other, and without
// it no key of theirs would be understood.
func (s *stream) telephoneEvent(clock int) (payload uint8, at int) {
	for _, f := range s.formats {
		m, ok := s.rtpmaps[f]
		if !ok || !strings.EqualFold(m.name, telephoneEvent) {
			continue
		}
		pt, ok := payloadType(f)
		switch {
		case !ok:
		case m.clock == clock:
			return pt, clock
		case m.clock == 8000 && payload == 0:
			payload, at = pt, m.clock
		}
	}
	return payload, at
}

// sendPTime returns the duration of the packets that we send. A wish (ptime)
// is not followed: 20 ms is what everybody takes. A bound (maxptime) is.
func (s *stream) sendPTime() time.Duration {
	most := time.Duration(s.maxptime) * time.Millisecond
	if most == 0 || most >= defaultPTime {
		return defaultPTime
	}
	return leastPTime
}

// payloadType reads a format of a media line, in the one way of writing it.
func payloadType(f string) (uint8, bool) {
	pt, err := strconv.ParseUint(f, 10, 7)
	return uint8(pt), err == nil && strconv.FormatUint(pt, 10) == f
}

// static returns what a static payload type means (RFC 3551 §6): those that a
// telephone may offer without an rtpmap and that we might have.
func static(pt uint8) (rtpmap, bool) {
	switch pt {
	case 0:
		return rtpmap{"PCMU", 8000, 1}, true
	case 8:
		return rtpmap{"PCMA", 8000, 1}, true
	case 9:
		return rtpmap{"G722", 8000, 1}, true
	}
	return rtpmap{}, false
}
