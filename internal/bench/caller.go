package bench

import (
	"bytes"
	"net/netip"
	"time"

	"confab/internal/rtp"
)

// caller is one far end of the generator. Only the generator touches it.
type caller struct {
	index int // of its address
	batch *batch
	addr  netip.Addr
	load  Load
	room  int
	place int // in the room

	dialog dialog
	tries  int           // that were refused before
	stay   time.Duration // hang up so long after the answer; zero: when told

	// What it says.
	live      bool
	due       int // slot of the tick
	sip, rtp  sender
	header    [rtp.HeaderSize]byte
	sequence  uint16
	timestamp uint32
	format    *format
	voice     [][]byte // a loop of payloads; nil: silence
	at        int      // in it
	sent      uint64

	// What it hears.
	in     stream
	listen [][]byte                     // payloads that are kept, up to its capacity
	heed   func(p rtp.Packet, at int64) // looks at each packet that counts; nil: nobody
	says   func(silence []byte) []byte  // what it says next instead of voice; nil: voice
}

// talks reports whether it says anything.
func (c *caller) talks() bool { return c.place < c.load.Talkers }

// next returns the header and the payload of the next packet.
func (c *caller) next(silence []byte) (head, body []byte) {
	rtp.Packet{PayloadType: c.format.payloadType, Sequence: c.sequence, Timestamp: c.timestamp, SSRC: uint32(c.index)}.PutHeader(c.header[:])
	c.sequence++
	c.timestamp += c.format.step
	c.sent++
	switch {
	case c.says != nil:
		return c.header[:], c.says(silence)
	case c.voice == nil:
		return c.header[:], silence
	}
	body = c.voice[c.at]
	c.at = (c.at + 1) % len(c.voice)
	return c.header[:], body
}

// hush lets the time of a packet pass without one.
func (c *caller) hush() { c.timestamp += c.format.step }

// hear takes a packet of the switch and returns how late it was.
func (c *caller) hear(data []byte, at int64) (late time.Duration, ok bool) {
	p, err := rtp.Parse(data)
	if err != nil {
		c.in.count.foreign++
		return 0, false
	}
	late, ok = c.in.take(p, at)
	if !ok {
		return 0, false
	}
	if len(c.listen) < cap(c.listen) {
		c.listen = append(c.listen, bytes.Clone(p.Payload))
	}
	if c.heed != nil {
		c.heed(p, at)
	}
	return late, true
}
