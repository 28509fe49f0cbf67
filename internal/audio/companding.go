package audio

import "math/bits"

// The two laws of ITU-T G.711, by arithmetic, over 16-bit samples. The integer
// scale is that of ITU-T G.191: the 13-bit (A) and 14-bit (µ) numbers of G.711
// stand in the high bits of the int16. A decision value belongs to the interval
// above it, on both sides of zero.

const (
	ulawBias = 33     // G.711 Table 2: makes every segment start at a power of two
	ulawMax  = 0x1FFF // largest biased magnitude
)

// ToULaw codes one sample by the µ-law (ITU-T G.711 Table 2a, 2b). Every bit is
// inverted, as on the line, so silence is 0xFF.
func ToULaw(sample int16) byte {
	sign := byte(0x80)
	v := int(sample)
	if v < 0 {
		sign, v = 0, ^v
	}
	v = min(v>>2+ulawBias, ulawMax)
	segment := bits.Len(uint(v)) - 6
	step := v >> (segment + 1) & 0x0F
	return sign | ^byte(segment<<4|step)&0x7F
}

// FromULaw returns the sample that a µ-law byte stands for (ITU-T G.711 Table
// 2a, 2b). The largest magnitude is 32124.
func FromULaw(b byte) int16 {
	b = ^b
	segment := b >> 4 & 7
	v := (int16(b&0x0F)<<1+ulawBias)<<segment - ulawBias
	v <<= 2
	if b&0x80 != 0 {
		return -v
	}
	return v
}

// ToALaw codes one sample by the A-law (ITU-T G.711 Table 1a, 1b). The even
// bits are inverted, as on the line, so silence is 0xD5.
func ToALaw(sample int16) byte {
	sign := byte(0x80)
	v := int(sample)
	if v < 0 {
		sign, v = 0, ^v
	}
	v >>= 4
	b := byte(v) // segments 0 and 1 have the same step
	if v >= 32 {
		segment := bits.Len(uint(v)) - 4
		b = byte(segment<<4 | v>>(segment-1)&0x0F)
	}
	return (sign | b) ^ 0x55
}

// FromALaw returns the sample that an A-law byte stands for (ITU-T G.711 Table
// 1a, 1b). The largest magnitude is 32256.
func FromALaw(b byte) int16 {
	b ^= 0x55
	segment := b >> 4 & 7
	v := int16(b&0x0F)<<4 + 8
	if segment > 0 {
		v = (v + 0x100) << (segment - 1)
	}
	if b&0x80 == 0 {
		return -v
	}
	return v
}
