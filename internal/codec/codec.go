// Package codec turns frames of linear PCM into coded bytes and back, behind
// one small interface. It is the only home of codec libraries.
package codec

// Codec is one way of coding voice. Values are immutable and shared.
type Codec interface {
	Name() string     // as in SDP (RFC 3551 §6): "PCMU"
	ClockRate() int   // RTP clock, Hz
	SampleRate() int  // rate of the PCM that it codes, Hz
	PayloadType() int // static payload type (RFC 3551 §6), or -1 if dynamic
	NewEncoder() Encoder
	NewDecoder() Decoder

	// Samples returns how many samples at SampleRate payload stands for.
	Samples(payload []byte) int

	// Level returns the mean magnitude (0 to 32767) of the voice in payload,
	// read from the coded bytes without decoding them; ok is false where the
	// codec cannot tell. It does not allocate.
	Level(payload []byte) (level int, ok bool)
}

// Encoder codes one voice. It is used by one goroutine at a time and does not
// allocate.
type Encoder interface {
	// Encode codes frame (linear PCM at SampleRate, mono) into dst and returns
	// how many bytes it wrote. dst must be large enough: 2 bytes per sample always is.
	Encode(dst []byte, frame []int16) int

	// CopyFrom takes the state of other, an encoder of the same codec, so that
	// a listener can go on from a shared encoder without a discontinuity.
	CopyFrom(other Encoder)
}

// Decoder decodes one voice. It is used by one goroutine at a time and does
// not allocate.
type Decoder interface {
	// Decode writes the samples of payload to dst and returns how many. A
	// payload that makes no sense gives 0. dst must hold Samples(payload).
	Decode(dst []int16, payload []byte) int
}
