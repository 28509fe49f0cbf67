package codec

// Frame types that are no speech (RFC 4867 §4.3.2; 3GPP TS 26.201 table 1a).
const (
	amrwbSID    = 9 // what the comfort noise is like
	amrwbLost   = 14
	amrwbNoData = 15

	maxAMRWB      = 10 // frames of a packet: as long as the jitter buffer takes
	amrwbLongest  = 60 // bytes of a frame, in mode 8
	amrwbSpeech   = 1 << 7
	amrwbUnasked  = amrwbNoData << 4
	amrwbReserved = -1
)

// amrwbBits is how many bits a frame has, by its type (RFC 4867 §3.6, 3GPP TS 26.201 table 2).
var amrwbBits = [16]int{132, 177, 253, 285, 317, 365, 397, 461, 477, 40,
	amrwbReserved, amrwbReserved, amrwbReserved, amrwbReserved, 0, 0}

// amrwbReader goes through the frames of a payload (RFC 4867 §4.3, §4.4).
//
//	bandwidth-efficient, in bits:          octet-aligned, in octets:
//	| CMR 4 | F FT Q 1+4+1 | … | frames |  | CMR 4, 0 | F FT Q 0 0 | … | frames |
//
// F says that another entry follows. Frames stand one behind another as bits, or
// each from a whole octet on; what is left of the last octet is 0.
type amrwbReader struct {
	payload []byte
	aligned bool
	frames  int // in all
	read    int // of them
	at      int // bit at which the next frame begins
}

// readAMRWB looks at a payload; it has no frames where it makes no sense.
//
// RFC 4867 §4.3.2: a packet with a frame type that is reserved is discarded whole. So is
// one all of which came damaged (Q) or was lost before: it is made up as if it had not come.
func readAMRWB(payload []byte, aligned bool) (r amrwbReader) {
	r = amrwbReader{payload: payload, aligned: aligned}
	n, bits, good := 0, 0, false
	for more := true; more; n++ {
		entry, ok := r.entry(n)
		if !ok || n == maxAMRWB || amrwbBits[entry>>1&15] == amrwbReserved {
			return amrwbReader{}
		}
		bits += r.room(entry)
		good = good || amrwbGood(entry)
		more = entry>>5 == 1
	}
	r.at = 4 + 6*n
	if aligned {
		r.at = 8 + 8*n
	}
	if !good || (r.at+bits+7)/8 != len(payload) {
		return amrwbReader{}
	}
	r.frames = n
	return r
}

// amrwbFrames returns how many frames, of 20 ms each, payload holds.
func amrwbFrames(payload []byte, aligned bool) int { return readAMRWB(payload, aligned).frames }

// entry returns entry n of the table of contents: F, FT and Q in six bits.
func (r *amrwbReader) entry(n int) (entry byte, ok bool) {
	first, bits := 4+6*n, 6
	if r.aligned {
		first, bits = 8+8*n, 8
	}
	if (first+bits+7)/8 > len(r.payload) {
		return 0, false
	}
	return r.octet(first) >> 2, true
}

// amrwbGood reports whether the frame of an entry can be used.
func amrwbGood(entry byte) bool {
	frameType, undamaged := entry>>1&15, entry&1 == 1
	return frameType == amrwbNoData || frameType != amrwbLost && undamaged
}

// room returns how many bits the frame of an entry takes.
func (r *amrwbReader) room(entry byte) int {
	bits := amrwbBits[entry>>1&15]
	if r.aligned {
		bits = (bits + 7) &^ 7
	}
	return bits
}

// octet returns the eight bits from bit at on; there is 0 behind the end.
func (r *amrwbReader) octet(at int) byte {
	i, shift := at/8, at%8
	v := r.payload[i] << shift
	if i+1 < len(r.payload) {
		v |= byte(uint16(r.payload[i+1]) >> (8 - shift))
	}
	return v
}

// next returns the type of the next frame, and in dst its bits, from the first octet
// on. What cannot be used is no data.
func (r *amrwbReader) next(dst []byte) (frameType byte) {
	entry, _ := r.entry(r.read)
	frameType = entry >> 1 & 15
	bits := amrwbBits[frameType]
	for i := range (bits + 7) / 8 {
		dst[i] = r.octet(r.at + 8*i)
	}
	if rest := bits % 8; rest > 0 {
		dst[bits/8] &= 0xff << (8 - rest)
	}
	r.at += r.room(entry)
	r.read++
	if !amrwbGood(entry) {
		return amrwbNoData
	}
	return frameType
}

// putAMRWB packs one undamaged frame, and asks for no mode. dst must hold two bytes more than
// the frame. It returns how many bytes there are.
func putAMRWB(dst []byte, aligned bool, frameType byte, frame []byte) int {
	frame = frame[:(amrwbBits[frameType]+7)/8]
	if aligned {
		dst[0], dst[1] = amrwbUnasked, frameType<<3|1<<2
		return 2 + copy(dst[2:], frame)
	}
	dst[0], dst[1] = amrwbUnasked|frameType>>1, frameType<<7|1<<6
	for i, v := range frame {
		dst[1+i] |= v >> 2
		dst[2+i] = v << 6
	}
	return (4 + 6 + amrwbBits[frameType] + 7) / 8
}

// amrwbQuiet reports whether nobody speaks in payload: all that is in it is comfort
// noise, or speech frames in which their encoder has found no voice, for which it could
// as well have sent comfort noise (3GPP TS 26.194: VAD_flag; TS 26.201: the first bit of every
// mode).
func amrwbQuiet(payload []byte, aligned bool) bool {
	r := readAMRWB(payload, aligned)
	var frame [amrwbLongest]byte
	for range r.frames {
		if r.next(frame[:]) < amrwbModes && frame[0]&amrwbSpeech != 0 {
			return false
		}
	}
	return true
}
