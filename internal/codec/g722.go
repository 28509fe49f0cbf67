package codec

// G722 is ITU-T G.722 in mode 1: 64 kbit/s, samples at 16 kHz.
//
// RFC 3551 §4.5.2: the RTP clock is 8,000 Hz, though it samples at 16,000 Hz: an
// error of RFC 1890 that is kept for ever.
var G722 Codec = g722{}

type g722 struct{}

func (g722) Name() string        { return "G722" }
func (g722) ClockRate() int      { return 8000 }
func (g722) Channels() int       { return 1 }
func (g722) SampleRate() int     { return 16000 }
func (g722) PayloadType() int    { return 9 }
func (g722) Parameters() string  { return "" }
func (g722) Kind() Kind          { return Kind{Memory: true, Divisible: true} }
func (g722) NewEncoder() Encoder { return newG722Encoder() }
func (g722) NewDecoder() Decoder { return newG722Decoder() }

func (g722) Samples(payload []byte) int { return 2 * len(payload) }

// Level cannot tell: a code says how the voice departs from what was foreseen.
func (g722) Level([]byte) (level int, ok bool) { return 0, false }

// g722Taps are the coefficients of the quadrature mirror filters that halve the
// band and join it again (ITU-T G.722 §3.1, table 11): h0, h2 … h22; h1, h3 …
// h23 are the same backwards.
var g722Taps = [12]int32{3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11}

type g722Encoder struct {
	low, high g722Band
	even, odd [12]int32 // the last 24 samples, by turns; the newest first
}

func newG722Encoder() *g722Encoder {
	return &g722Encoder{low: g722Band{scale: g722LeastLow}, high: g722Band{scale: g722LeastHigh}}
}

func (e *g722Encoder) CopyFrom(other Encoder) {
	if o, ok := other.(*g722Encoder); ok {
		*e = *o
	}
}

// Encode codes two samples into each byte: the higher band in the upper two bits,
// the lower in the other six.
func (e *g722Encoder) Encode(dst []byte, frame []int16) int {
	n := min(len(dst), len(frame)/2)
	for i := range n {
		copy(e.even[1:], e.even[:11])
		copy(e.odd[1:], e.odd[:11])
		e.odd[0], e.even[0] = int32(frame[2*i]), int32(frame[2*i+1])
		var a, b int32
		for j, h := range g722Taps {
			a += h * e.even[j]
			b += g722Taps[11-j] * e.odd[j]
		}
		dst[i] = e.high.encodeHigh(limit14((a-b)>>14))<<6 | e.low.encodeLow(limit14((a+b)>>14))
	}
	return n
}

type g722Decoder struct {
	low, high g722Band
	sum, diff [12]int32 // of what the bands gave; the newest first

	// The bands' logarithms of the scale as they would be had what was skimmed since
	// been decoded.
	skimLow, skimHigh g722Band
}

func newG722Decoder() *g722Decoder {
	return &g722Decoder{low: g722Band{scale: g722LeastLow}, high: g722Band{scale: g722LeastHigh}}
}

func (d *g722Decoder) Decode(dst []int16, payload []byte) int {
	n := min(len(dst)/2, len(payload))
	for i, code := range payload[:n] {
		low, high := d.low.decodeLow(code&0x3f), d.high.decodeHigh(code>>6)
		copy(d.sum[1:], d.sum[:11])
		copy(d.diff[1:], d.diff[:11])
		d.sum[0], d.diff[0] = low+high, low-high
		var a, b int32
		for j, h := range g722Taps {
			a += h * d.diff[j]
			b += g722Taps[11-j] * d.sum[j]
		}
		dst[2*i], dst[2*i+1] = clamp16(a>>11), clamp16(b>>11)
	}
	d.skimLow.log, d.skimHigh.log = d.low.log, d.high.log
	return 2 * n
}

// Below these logarithms of the two scales a packet is silence. A scale follows what
// the predictor does not foresee: of noise and speech that is nearly their level. The
// noise of a line at −72 dBov stays below, speech at −50 dBov does not.
const (
	g722QuietLow  = 3000
	g722QuietHigh = 7700
)

// Skim follows the scales of the quantizers, which depend on the codes alone, at
// a tenth of what decoding costs.
func (d *g722Decoder) Skim(payload []byte) (quiet bool) {
	var low, high int32
	for _, code := range payload {
		d.skimLow.adaptLow(code & 0x3f >> 2)
		d.skimHigh.adaptHigh(code >> 6)
		low, high = max(low, d.skimLow.log), max(high, d.skimHigh.log)
	}
	return low < g722QuietLow && high < g722QuietHigh
}
