package rtp

import (
	"encoding/binary"
	"strings"
)

// EventSize is the size of a telephone-event payload (RFC 4733 §2.3).
const EventSize = 4

// keys holds the keys by event code (RFC 4733 §3.2, table 3).
const keys = "0123456789*#ABCD"

//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|     event     |E|R| volume    |          duration             |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

// EventReceiver turns the packets of telephone-events (RFC 4733) into keys:
// one key per event, at the first of its packets that arrives, however many
// are lost, repeated or out of order. The zero value is ready.
type EventReceiver struct {
	Malformed uint64 // packets that were no event of a key

	started   bool
	ended     bool // the event's end has been seen
	code      uint8
	duration  uint16 // longest seen
	ssrc      uint32
	timestamp uint32 // of the event, or of its present segment
	sequence  uint16 // highest seen
}

// Push takes a packet whose payload type is that of telephone-event and
// returns the key ('0'-'9', '*', '#', 'A'-'D') when the packet is the first of
// its event.
func (r *EventReceiver) Push(p Packet) (key byte, ok bool) {
	if len(p.Payload) < EventSize || int(p.Payload[0]) >= len(keys) {
		r.Malformed++
		return 0, false
	}
	code := p.Payload[0]
	end := p.Payload[1]&0x80 != 0
	duration := binary.BigEndian.Uint16(p.Payload[2:])

	if r.started && p.SSRC == r.ssrc {
		switch {
		case p.Timestamp == r.timestamp:
			r.note(p.Sequence, end, duration)
			return 0, false
		case int32(p.Timestamp-r.timestamp) < 0 && int16(p.Sequence-r.sequence) <= 0:
			return 0, false // a straggler of an event before this one
		case r.continues(p, code):
			r.timestamp, r.duration = p.Timestamp, 0
			r.note(p.Sequence, end, duration)
			return 0, false
		}
	}
	*r = EventReceiver{Malformed: r.Malformed, started: true, ended: end, code: code, duration: duration,
		ssrc: p.SSRC, timestamp: p.Timestamp, sequence: p.Sequence}
	return keys[code], true
}

// continues reports whether p begins a further segment of the present event.
//
// RFC 4733 §2.5.1.3: an event longer than its duration field can say is sent
// as segments that follow one another without a gap, neither the end bit on
// the earlier nor the marker on the later one.
func (r *EventReceiver) continues(p Packet, code uint8) bool {
	gap := p.Timestamp - r.timestamp
	return !r.ended && !p.Marker && code == r.code &&
		r.duration >= 1<<15 && gap >= uint32(r.duration) && gap <= 1<<16-1
}

func (r *EventReceiver) note(sequence uint16, end bool, duration uint16) {
	r.ended = r.ended || end
	r.duration = max(r.duration, duration)
	if int16(sequence-r.sequence) > 0 {
		r.sequence = sequence
	}
}

// EventSender makes the packets of one key after another (RFC 4733). The zero
// value is ready.
type EventSender struct {
	active    bool
	code      uint8
	marker    bool
	timestamp uint32
	elapsed   uint32 // of the whole event
	total     uint32
	segment   uint32 // where the present segment begins, in elapsed
	ends      int    // end packets sent
}

// endPackets is how often the end is sent. RFC 4733 §2.5.1.4: "a total of three times".
const endPackets = 3

// Start begins to send key, pressed at RTP timestamp and held for duration
// (units of the RTP clock; at least one packet's worth is sent). It returns false for what is no key.
func (s *EventSender) Start(key byte, timestamp, duration uint32) bool {
	code := strings.IndexByte(keys, key)
	if code < 0 {
		return false
	}
	*s = EventSender{active: true, code: uint8(code), marker: true, timestamp: timestamp, total: duration}
	return true
}

// Active reports whether packets of the present key are still to be sent.
func (s *EventSender) Active() bool { return s.active }

// Next writes the payload of the next packet, step (the ptime in units of the
// RTP clock) after the one before it, to dst (EventSize bytes) and returns the
// timestamp and marker to send it with. Call it once per ptime while Active,
// in place of the voice.
func (s *EventSender) Next(dst []byte, step uint32) (timestamp uint32, marker bool) {
	if s.elapsed-s.segment+step > 1<<16-1 && s.elapsed < s.total {
		s.segment = s.elapsed // RFC 4733 §2.5.1.3: a new segment, where the last one ended
	}
	s.elapsed = min(s.elapsed+step, max(s.total, step))
	marker, s.marker = s.marker, false
	dst[0] = s.code
	dst[1] = 10 // volume −10 dBm0
	if s.elapsed >= s.total {
		dst[1] |= 0x80
		s.ends++
		s.active = s.ends < endPackets
	}
	binary.BigEndian.PutUint16(dst[2:], uint16(s.elapsed-s.segment))
	return s.timestamp + s.segment, marker
}
