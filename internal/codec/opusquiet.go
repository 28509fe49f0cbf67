package codec

// opusQuietGain is the gain of a SILK frame, in its steps of 1.37 dB from 2 dB, below
// which it is silence.
const opusQuietGain = 18

// opusQuiet reports whether a packet is certainly silence: its encoder has found no
// voice in it, and the gain with which it begins is that of a quiet line. (A tone is no
// voice to an encoder, but not silence.) Of what CELT codes alone, music and very low
// delay, only a packet that is all but empty is silence.
func opusQuiet(payload []byte) bool {
	if len(payload) <= 2 {
		return true // RFC 6716 §2.1.9: DTX, or nothing was coded
	}
	// Mono, one frame, and SILK has a part in it (RFC 6716 §3.1), of 20 ms at the most.
	stereo, several := payload[0]&4 != 0, payload[0]&3 != 0
	config := payload[0] >> 3
	if stereo || several || config >= 16 || config < 12 && config&3 > 1 {
		return false
	}
	d := newOpusRange(payload[1:])
	// RFC 6716 §4.2.3: a flag that there is a voice, and one that frames before are repeated.
	if voice, repeats := d.symbol(2, 1), d.symbol(2, 1); voice+repeats > 0 {
		return false
	}
	d.symbol(256, 26)                                           // §4.2.7.3: the kind of quantization of a frame without a voice
	gain := 8*d.symbol(256, 32, 144, 212, 241, 253, 254, 255) + // §4.2.7.4, table 11: the upper bits
		d.symbol(8, 1, 2, 3, 4, 5, 6, 7) // table 12: and the lower
	return gain < opusQuietGain
}

// opusRange is the beginning of a range decoder (RFC 6716 §4.1).
type opusRange struct {
	data   []byte
	spare  byte // the bit of the last byte that is not yet used
	value  uint32
	length uint32
}

func newOpusRange(data []byte) opusRange {
	d := opusRange{data: data, length: 128}
	d.value = 127 - uint32(d.next()) // §4.1.1: the upper 7 bits of the first byte
	d.fill()
	return d
}

// next returns the bit that is left over and the upper 7 of the next byte.
func (d *opusRange) next() byte {
	var b byte
	if len(d.data) > 0 {
		b, d.data = d.data[0], d.data[1:]
	}
	v := d.spare<<7 | b>>1
	d.spare = b & 1
	return v
}

// fill is renormalization (§4.1.2.1).
func (d *opusRange) fill() {
	for d.length <= 1<<23 {
		d.length <<= 8
		d.value = (d.value<<8 + uint32(255-d.next())) & 0x7fffffff
	}
}

// symbol returns which of the parts of total, which end at ends and (the last) at
// total, comes next (§4.1.2).
func (d *opusRange) symbol(total uint32, ends ...uint32) int {
	unit := d.length / total
	at := total - min(d.value/unit+1, total)
	k, low, high := 0, uint32(0), total
	for k < len(ends) && ends[k] <= at {
		low = ends[k]
		k++
	}
	if k < len(ends) {
		high = ends[k]
	}
	d.value -= unit * (total - high)
	if low > 0 {
		d.length = unit * (high - low)
	} else {
		d.length -= unit * (total - high)
	}
	d.fill()
	return k
}
