package codec

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"
)

// Sequences of ITU-T G.722 Appendix II, by the check sums that come with them:
// they are not ours to copy. They go around the filters, straight into both bands.
const (
	ituT1C2    = 0x2D604685 // in, for the encoder
	ituT2R2    = 0x344EA5D0 // what the encoder makes of it, and in, for the decoder
	ituT3L2RC1 = 0xAF00F31F // what the decoder's lower band makes of that in mode 1
	ituT3H2RC0 = 0x5330AE2E // and its higher band
)

// ituSequence is words as ITU's files have them: between marks, whose lowest bit
// says "reset".
func ituSequence(words []uint16) []byte {
	var b bytes.Buffer
	mark := bytes.Repeat([]byte{1, 0}, 16)
	b.Write(mark)
	for _, w := range words {
		b.Write(binary.LittleEndian.AppendUint16(nil, w))
	}
	b.Write(mark)
	return b.Bytes()
}

// The sequences that drive the predictors of coder and decoder into their limits,
// which is where an arithmetic that is almost right comes apart.
func TestG722_appendixII_overflow(t *testing.T) {
	var in []uint16
	for len(in) < 639 {
		in = append(in, 0x8000, 0x7ffe)
	}
	in = append(in[:639], 0, 0xb1e0, 0xc000)
	for len(in) < 768 {
		in = append(in, 0x8000, 0x7ffe, 0x8000)
	}
	check := func(name string, words []uint16, want uint32) {
		t.Helper()
		if got := crc32.ChecksumIEEE(ituSequence(words)); got != want {
			t.Errorf("%s: check sum %08X, want %08X", name, got, want)
		}
	}
	check("T1C2.XMT", in, ituT1C2)

	enc, dec := newG722Encoder(), newG722Decoder()
	var codes, low, high []uint16
	for _, w := range in {
		x := int32(int16(w)) >> 1
		code := enc.high.encodeHigh(x)<<6 | enc.low.encodeLow(x)
		codes = append(codes, uint16(code)<<8)
		low = append(low, uint16(dec.low.decodeLow(code&0x3f)<<1))
		high = append(high, uint16(dec.high.decodeHigh(code>>6)<<1))
	}
	check("T2R2.COD", codes, ituT2R2)
	check("T3L2.RC1", low, ituT3L2RC1)
	check("T3H2.RC0", high, ituT3H2RC0)
}
