package audio

import (
	"encoding/binary"
	"fmt"
	"math"
)

// The format tags of the fmt chunk (RFC 2361 Appendix A).
const (
	wavPCM        = 0x0001
	wavFloat      = 0x0003
	wavALaw       = 0x0006
	wavULaw       = 0x0007
	wavExtensible = 0xFFFE
)

// wavGUID is what follows the format tag in an extensible format's GUID.
const wavGUID = "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"

// wavFormat is what the fmt chunk says:
//
//	 0  format tag    u16
//	 2  channels      u16
//	 4  rate          u32
//	 8  bytes/second  u32 (not needed)
//	12  block         u16: bytes of one sample of every channel
//	14  bits/sample   u16
//	16  extension     u16 size, u16 valid bits, u32 speakers, 16 GUID
type wavFormat struct {
	rate     int
	channels int
	block    int                // bytes
	decode   func([]byte) int32 // one sample of one channel, on the scale of int16
}

func parseWAVFormat(b []byte) (wavFormat, error) {
	if len(b) < 16 {
		return wavFormat{}, fmt.Errorf("%w: a fmt chunk of %d bytes", ErrFormat, len(b))
	}
	le := binary.LittleEndian
	tag := le.Uint16(b)
	bits := int(le.Uint16(b[14:]))
	rate := le.Uint32(b[4:])
	f := wavFormat{channels: int(le.Uint16(b[2:])), block: int(le.Uint16(b[12:]))}
	if tag == wavExtensible && len(b) == 40 && string(b[26:]) == wavGUID {
		tag = le.Uint16(b[24:])
	}
	if f.decode = wavDecoder(tag, bits); f.decode == nil {
		return wavFormat{}, fmt.Errorf("%w: format %#x of %d bits", ErrFormat, tag, bits)
	}
	if f.channels < 1 || f.channels > maxWAVChannels || f.block != f.channels*bits/8 {
		return wavFormat{}, fmt.Errorf("%w: %d channels of %d bits in %d bytes", ErrFormat, f.channels, bits, f.block)
	}
	if rate < minWAVRate || rate > maxWAVRate {
		return wavFormat{}, fmt.Errorf("%w: %d Hz", ErrFormat, rate)
	}
	f.rate = int(rate)
	return f, nil
}

// sample returns the mean of the channels of the block at the start of b.
func (f *wavFormat) sample(b []byte) int16 {
	width := f.block / f.channels
	var sum int32
	for c := range f.channels {
		sum += f.decode(b[c*width:])
	}
	return int16(sum / int32(f.channels))
}

// wavDecoder returns how a sample is read, or nil.
func wavDecoder(tag uint16, bits int) func([]byte) int32 {
	le := binary.LittleEndian
	switch {
	case tag == wavPCM && bits == 8: // unsigned, and the only one that is
		return func(b []byte) int32 { return (int32(b[0]) - 0x80) << 8 }
	case tag == wavPCM && bits == 16:
		return func(b []byte) int32 { return int32(int16(le.Uint16(b))) }
	case tag == wavPCM && bits == 24:
		return func(b []byte) int32 { return int32(le.Uint16(b[1:])) << 16 >> 16 }
	case tag == wavPCM && bits == 32:
		return func(b []byte) int32 { return int32(int16(le.Uint16(b[2:]))) }
	case tag == wavFloat && bits == 32:
		return func(b []byte) int32 { return fromFloat(float64(math.Float32frombits(le.Uint32(b)))) }
	case tag == wavFloat && bits == 64:
		return func(b []byte) int32 { return fromFloat(math.Float64frombits(le.Uint64(b))) }
	case tag == wavALaw && bits == 8:
		return func(b []byte) int32 { return int32(FromALaw(b[0])) }
	case tag == wavULaw && bits == 8:
		return func(b []byte) int32 { return int32(FromULaw(b[0])) }
	}
	return nil
}

// fromFloat scales v, of which ±1 is full scale; what is no number is silence.
func fromFloat(v float64) int32 {
	if math.IsNaN(v) {
		return 0
	}
	return int32(clamp(v * (fullScale + 1)))
}
