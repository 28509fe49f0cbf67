package codec

import "confab/internal/audio"

// The codecs of ITU-T G.711 (RFC 3551 §4.5.14).
var (
	PCMU Codec = newG711("PCMU", 0, audio.ToULaw, audio.FromULaw)
	PCMA Codec = newG711("PCMA", 8, audio.ToALaw, audio.FromALaw)
)

// g711 is one law, as tables. It keeps no state, so it is its own encoder and
// decoder.
type g711 struct {
	name        string
	payloadType int
	coded       [1 << 16]byte  // by uint16(sample)
	sample      [1 << 8]int16  // by coded byte
	magnitude   [1 << 8]uint16 // by coded byte
}

func newG711(name string, payloadType int, to func(int16) byte, from func(byte) int16) *g711 {
	c := &g711{name: name, payloadType: payloadType}
	for i := range c.coded {
		c.coded[i] = to(int16(i))
	}
	for i := range c.sample {
		v := from(byte(i))
		c.sample[i] = v
		c.magnitude[i] = uint16(max(v, -v))
	}
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
	var sum int
	for _, b := range payload {
		sum += int(c.magnitude[b])
	}
	return sum / len(payload), true
}

func (c *g711) Encode(dst []byte, frame []int16) int {
	n := min(len(dst), len(frame))
	frame, dst = frame[:n], dst[:n]
	for i, s := range frame {
		dst[i] = c.coded[uint16(s)]
	}
	return n
}

// CopyFrom has nothing to take: each sample is coded alone.
func (c *g711) CopyFrom(Encoder) {}

func (c *g711) Decode(dst []int16, payload []byte) int {
	n := min(len(dst), len(payload))
	payload, dst = payload[:n], dst[:n]
	for i, b := range payload {
		dst[i] = c.sample[b]
	}
	return n
}
