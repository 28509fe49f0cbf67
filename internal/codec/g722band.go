package codec

// g722Band is one of the two bands of G.722, on either side: an adaptive
// predictor of two poles and six zeros, and the scale of the quantizer for what
// the predictor does not foresee. The names in brackets are those of ITU-T G.722
// §3.5 and §3.6 and of its fixed-point blocks; all values are 16-bit ones.
type g722Band struct {
	log   int32    // logarithm of the scale (NABLA)
	scale int32    // of the quantizer (DELTA)
	next  int32    // what the predictor foresees (S)
	zeros int32    // the zeros' part of it (SZ)
	pole  [2]int32 // coefficients (A1, A2)
	zero  [6]int32 // coefficients (B1 … B6)
	diff  [6]int32 // quantized differences, the newest first (D1 … D6)
	full  [2]int32 // reconstructed signal (R1, R2)
	part  [2]int32 // the same without the poles' part (P1, P2)
}

const (
	g722LeastLow  = 32
	g722LeastHigh = 8
)

// Tables of ITU-T G.722 §6.2.
var (
	// g722Decisions are the decision levels of the lower band (Q6), from the first above 0.
	g722Decisions = [29]int32{
		35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121,
		1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
	}
	// g722Levels are the lower band's values by all six bits of a code: what is heard.
	g722Levels = [64]int32{
		-17, -17, -17, -17, -3101, -2738, -2376, -2088, -1873, -1689, -1535, -1399, -1279, -1170, -1072, -982,
		-899, -822, -750, -682, -618, -558, -501, -447, -396, -347, -300, -254, -211, -170, -130, -91,
		3101, 2738, 2376, 2088, 1873, 1689, 1535, 1399, 1279, 1170, 1072, 982, 899, 822, 750, 682,
		618, 558, 501, 447, 396, 347, 300, 254, 211, 170, 130, 91, 54, 17, -54, -17,
	}
	// g722Coarse are the values by the upper four bits alone, which the predictor
	// goes by, so that a code may lose its lower bits on the way.
	g722Coarse = [16]int32{0, -2557, -1612, -1121, -786, -530, -323, -150, 2557, 1612, 1121, 786, 530, 323, 150, 0}
	// g722High are the higher band's values.
	g722High = [4]int32{-926, -202, 926, 202}

	// How the logarithm of the scale is led by a code (WL, WH).
	g722LeadLow  = [16]int32{-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60}
	g722LeadHigh = [4]int32{798, -214, 798, -214}

	// g722Antilog is 2,048·2^(i/32) (ILB).
	g722Antilog = [32]int32{
		2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
		2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
	}
)

// encodeLow codes one value of the lower band in six bits.
func (b *g722Band) encodeLow(x int32) byte {
	e := clamp32(x - b.next)
	size := e
	if e < 0 {
		size = -1 - e
	}
	at := 0 // how many decision levels are not above size
	for at < len(g722Decisions) && size >= g722Decisions[at]*b.scale>>12 {
		at++
	}
	// ITU-T G.722 table 15: codes count down from 61 for positive differences,
	// and for negative ones from 31, but for the two smallest.
	code := byte(61 - at)
	if e < 0 {
		if code = byte(33 - at); at < 2 {
			code = byte(63 - at)
		}
	}
	d := g722Coarse[code>>2] << 3 * b.scale >> 15
	b.adaptLow(code >> 2)
	b.scaleLow()
	b.predict(d)
	return code
}

// decodeLow returns what a code of the lower band stands for.
func (b *g722Band) decodeLow(code byte) int32 {
	heard := limit14(clamp32(b.next + g722Levels[code]<<3*b.scale>>15))
	d := g722Coarse[code>>2] << 3 * b.scale >> 15
	b.adaptLow(code >> 2)
	b.scaleLow()
	b.predict(d)
	return heard
}

// encodeHigh codes one value of the higher band in two bits.
func (b *g722Band) encodeHigh(x int32) byte {
	e := clamp32(x - b.next)
	size, code := e, byte(3)
	if e < 0 {
		size, code = -1-e, 1
	}
	if size >= 564*b.scale>>12 {
		code--
	}
	b.takeHigh(code)
	return code
}

// decodeHigh returns what a code of the higher band stands for.
func (b *g722Band) decodeHigh(code byte) int32 { return limit14(b.takeHigh(code)) }

func (b *g722Band) takeHigh(code byte) (full int32) {
	d := g722High[code] << 3 * b.scale >> 15
	full = clamp32(b.next + d)
	b.adaptHigh(code)
	b.scaleHigh()
	b.predict(d)
	return full
}

// adaptLow leads the logarithm of the scale by the upper four bits of a code (LOGSCL).
func (b *g722Band) adaptLow(code byte) {
	b.log = min(max(b.log*32512>>15+g722LeadLow[code], 0), 18432)
}

// adaptHigh is adaptLow for the higher band (LOGSCH).
func (b *g722Band) adaptHigh(code byte) {
	b.log = min(max(b.log*32512>>15+g722LeadHigh[code], 0), 22528)
}

// scaleLow takes the scale from its logarithm (SCALEL).
func (b *g722Band) scaleLow() { b.scale = antilog(b.log, 8) }

// scaleHigh is scaleLow for the higher band (SCALEH).
func (b *g722Band) scaleHigh() { b.scale = antilog(b.log, 10) }

func antilog(log int32, down int32) int32 {
	v := g722Antilog[log>>6&31]
	if shift := down - log>>11; shift >= 0 {
		return v >> shift << 2
	} else {
		return v << -shift << 2
	}
}

// predict adapts the predictor to a quantized difference and foresees the next value.
func (b *g722Band) predict(d int32) {
	full := clamp32(b.next + d)  // RECONS
	part := clamp32(b.zeros + d) // PARREC

	// UPZERO and the shift of the differences.
	step := int32(128)
	if d == 0 {
		step = 0
	}
	for i := len(b.zero) - 1; i >= 0; i-- {
		by := step
		if (b.diff[i] < 0) != (d < 0) {
			by = -step
		}
		b.zero[i] = clamp32(by + b.zero[i]*32640>>15)
	}
	copy(b.diff[1:], b.diff[:5])
	b.diff[0] = d

	// UPPOL2.
	by := clamp32(b.pole[0] << 2)
	if (part < 0) == (b.part[0] < 0) {
		by = clamp32(-by)
	}
	by >>= 7
	if (part < 0) == (b.part[1] < 0) {
		by += 128
	} else {
		by -= 128
	}
	second := min(max(by+b.pole[1]*32512>>15, -12288), 12288)

	// UPPOL1.
	by = 192
	if (part < 0) != (b.part[0] < 0) {
		by = -192
	}
	most := 15360 - second
	b.pole = [2]int32{min(max(by+b.pole[0]*32640>>15, -most), most), second}
	b.part = [2]int32{part, b.part[0]}

	// FILTEZ, FILTEP and PREDIC.
	var zeros int32
	for i := len(b.zero) - 1; i >= 0; i-- {
		zeros = clamp32(zeros + clamp32(2*b.diff[i])*b.zero[i]>>15)
	}
	b.zeros = zeros
	b.full = [2]int32{full, b.full[0]}
	poles := clamp32(b.pole[0]*clamp32(2*b.full[0])>>15 + b.pole[1]*clamp32(2*b.full[1])>>15)
	b.next = clamp32(poles + zeros)
}

// clamp32 keeps a value within 16 bits.
func clamp32(v int32) int32 { return min(max(v, -32768), 32767) }

func clamp16(v int32) int16 { return int16(clamp32(v)) }

// limit14 is LIMIT of ITU-T G.722 §6.2: the range of a band's values.
func limit14(v int32) int32 { return min(max(v, -16384), 16383) }
