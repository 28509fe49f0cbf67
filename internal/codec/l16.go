package codec

import "encoding/binary"

// L16 is linear PCM, 16 bits, most significant byte first (RFC 3551 §4.5.11), at
// a dynamic payload type: the static ones are for 44,100 Hz.
var (
	L16At8000  Codec = l16{8000}
	L16At16000 Codec = l16{16000}
	L16At48000 Codec = l16{48000}
)

// l16 is a rate. It keeps no state, so it is its own encoder and decoder.
type l16 struct{ rate int }

func (c l16) Name() string        { return "L16" }
func (c l16) ClockRate() int      { return c.rate }
func (c l16) Channels() int       { return 1 }
func (c l16) SampleRate() int     { return c.rate }
func (c l16) PayloadType() int    { return -1 }
func (c l16) Parameters() string  { return "" }
func (c l16) Kind() Kind          { return Kind{Divisible: true} }
func (c l16) NewEncoder() Encoder { return c }
func (c l16) NewDecoder() Decoder { return c }

func (c l16) Samples(payload []byte) int { return len(payload) / 2 }

func (c l16) Level(payload []byte) (level int, ok bool) {
	n := len(payload) / 2
	if n == 0 {
		return 0, true
	}
	sum := 0
	for i := range n {
		v := int(int16(binary.BigEndian.Uint16(payload[2*i:])))
		sum += max(v, -v)
	}
	return min(sum/n, 32767), true
}

func (c l16) Encode(dst []byte, frame []int16) int {
	n := min(len(dst)/2, len(frame))
	for i, s := range frame[:n] {
		binary.BigEndian.PutUint16(dst[2*i:], uint16(s))
	}
	return 2 * n
}

// CopyFrom has nothing to take: each sample is coded alone.
func (c l16) CopyFrom(Encoder) {}

func (c l16) Decode(dst []int16, payload []byte) int {
	n := min(len(dst), len(payload)/2)
	for i := range dst[:n] {
		dst[i] = int16(binary.BigEndian.Uint16(payload[2*i:]))
	}
	return n
}
