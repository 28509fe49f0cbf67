package codec

import (
	"encoding/binary"

	"confab/internal/audio"
)

// The codecs of ITU-T G.711 (RFC 3551 §4.5.14).
var (
	PCMU Codec = newG711("PCMU", 0, audio.ToULaw, audio.FromULaw, &ulawVector)
	PCMA Codec = newG711("PCMA", 8, audio.ToALaw, audio.FromALaw, &alawVector)
)

// g711 is one law, as tables, and for the vector unit where there is one. It keeps no
// state, so it is its own encoder and decoder.
type g711 struct {
	name        string
	payloadType int
	vector      *lawVector     // nil: there is no vector unit
	coded       [1 << 14]byte  // by uint16(sample)/4: neither law tells samples apart that differ in the last two bits alone
	sample      [1 << 8]int16  // by coded byte
	magnitude   [1 << 8]uint16 // by coded byte
	zeros       uint64         // eight coded zeros
	ofZeros     int            // and the sum of their magnitudes
}

func newG711(name string, payloadType int, to func(int16) byte, from func(byte) int16, vector *lawVector) *g711 {
	c := &g711{name: name, payloadType: payloadType, vector: byVector(vector)}
	for i := range c.coded {
		c.coded[i] = to(int16(i << 2))
	}
	for i := range c.sample {
		v := from(byte(i))
		c.sample[i] = v
		c.magnitude[i] = uint16(max(v, -v))
	}
	zero := to(0)
	c.zeros, c.ofZeros = uint64(zero)*0x0101010101010101, 8*int(c.magnitude[zero])
	return c
}

func (c *g711) Name() string        { return c.name }
func (c *g711) ClockRate() int      { return 8000 }
func (c *g711) Channels() int       { return 1 }
func (c *g711) SampleRate() int     { return 8000 }
func (c *g711) PayloadType() int    { return c.payloadType }
func (c *g711) Parameters() string  { return "" }
func (c *g711) Kind() Kind          { return Kind{Divisible: true} }
func (c *g711) NewEncoder() Encoder { return c }
func (c *g711) NewDecoder() Decoder { return c }

func (c *g711) Samples(payload []byte) int { return len(payload) }

func (c *g711) Level(payload []byte) (level int, ok bool) {
	if len(payload) == 0 {
		return 0, true
	}
	// Eight at a time, since a pause is often all zeros.
	var sum int
	rest, m := payload, &c.magnitude
	for ; len(rest) >= 8 && binary.NativeEndian.Uint64(rest) == c.zeros; rest = rest[8:] {
		sum += c.ofZeros
	}
	if blocks := len(rest) / vectorBlock; c.vector != nil && blocks > 0 {
		sum += sumVector(c.vector, &rest[0], blocks)
		rest = rest[blocks*vectorBlock:]
	}
	for ; len(rest) >= 8; rest = rest[8:] {
		w := binary.NativeEndian.Uint64(rest)
		if w == c.zeros {
			sum += c.ofZeros
			continue
		}
		sum += int(m[byte(w)]) + int(m[byte(w>>8)]) + int(m[byte(w>>16)]) + int(m[byte(w>>24)]) +
			int(m[byte(w>>32)]) + int(m[byte(w>>40)]) + int(m[byte(w>>48)]) + int(m[byte(w>>56)])
	}
	for _, b := range rest {
		sum += int(m[b])
	}
	return sum / len(payload), true
}

func (c *g711) Encode(dst []byte, frame []int16) int {
	n := min(len(dst), len(frame))
	frame, dst = frame[:n], dst[:n]
	if blocks := n / vectorBlock; c.vector != nil && blocks > 0 {
		encodeVector(c.vector, &dst[0], &frame[0], blocks)
		frame, dst = frame[blocks*vectorBlock:], dst[blocks*vectorBlock:]
	}
	for i, s := range frame {
		dst[i] = c.coded[uint16(s)>>2]
	}
	return n
}

// CopyFrom has nothing to take: each sample is coded alone.
func (c *g711) CopyFrom(Encoder) {}

func (c *g711) Decode(dst []int16, payload []byte) int {
	n := min(len(dst), len(payload))
	payload, dst = payload[:n], dst[:n]
	if blocks := n / vectorBlock; c.vector != nil && blocks > 0 {
		decodeVector(c.vector, &dst[0], &payload[0], blocks)
		payload, dst = payload[blocks*vectorBlock:], dst[blocks*vectorBlock:]
	}
	for i, b := range payload {
		dst[i] = c.sample[b]
	}
	return n
}
