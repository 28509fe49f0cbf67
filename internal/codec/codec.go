// Package codec turns frames of linear PCM into coded bytes and back, behind
// one small interface. It is the only home of codec libraries.
package codec

// Codec is one way of coding voice, at one rate. Values are immutable, shared,
// and can be compared.
type Codec interface {
	Name() string       // as in SDP (RFC 3551 §6): "PCMU"
	ClockRate() int     // RTP clock, Hz
	Channels() int      // as in SDP; what is coded is mono whatever it says
	SampleRate() int    // rate of the PCM that it codes, Hz: 8000, 16000 or 48000
	PayloadType() int   // static payload type (RFC 3551 §6), or -1 if dynamic
	Parameters() string // what a=fmtp says of it when we offer or answer; empty: nothing
	Kind() Kind
	NewEncoder() Encoder
	NewDecoder() Decoder

	// Samples returns how many samples at SampleRate payload stands for, 0 for a
	// payload that makes no sense.
	Samples(payload []byte) int

	// Level returns the mean magnitude (0 to 32767) of the voice in payload,
	// read from the coded bytes without decoding them; ok is false where the
	// codec cannot tell. It does not allocate.
	Level(payload []byte) (level int, ok bool)
}

// Kind is what those who share encoders and cut packets must know of a codec.
type Kind struct {
	Memory    bool // what a packet says depends on those before it, so a decoder cannot change encoders unheard
	Divisible bool // a packet may be cut in two at any sample
	Costly    bool // coding a frame costs as much as sending several dozens
}

// Encoder codes one voice. It is used by one goroutine at a time and does not
// allocate.
type Encoder interface {
	// Encode codes frame (20 ms of linear PCM at SampleRate, mono; of a codec that
	// is Divisible, any even number of samples) into dst and returns how many bytes
	// it wrote. dst must be large enough: 2 bytes per sample always is.
	Encode(dst []byte, frame []int16) int

	// CopyFrom takes the state of other, an encoder of the same codec, so that
	// a listener can go on from a shared encoder without a discontinuity: what it
	// says next is what other would have said or, where a library keeps its state to
	// itself, differs from that by no more than the codec's own noise.
	CopyFrom(other Encoder)
}

// Decoder decodes one voice. It is used by one goroutine at a time and does
// not allocate.
type Decoder interface {
	// Decode writes the samples of payload to dst and returns how many. A
	// payload that makes no sense gives 0. dst must hold Samples(payload).
	Decode(dst []int16, payload []byte) int
}

// Skimmer is a Decoder that tells silence from the coded bytes, for codecs that
// have no Level, so that who is silent costs next to nothing. Packets skimmed are
// not decoded; when a voice begins, those just before it should be, for the
// decoder to find its way back.
type Skimmer interface {
	// Skim passes over payload and reports whether it is certainly silence.
	Skim(payload []byte) (quiet bool)
}

// Concealer is a Decoder that makes up what was lost better than somebody can
// who knows the samples alone.
type Concealer interface {
	// Conceal makes up the next len(dst) samples, 20 ms at the most. next, if not
	// empty, is the packet after the missing one, which may say what was in it.
	Conceal(dst []int16, next []byte)
}

// Negotiable is a Codec whose a=fmtp is agreed on, and not only said.
type Negotiable interface {
	Codec

	// Forms are the ways of packing it that are offered, each at a payload type of its
	// own, the best first.
	Forms() []Codec

	// Answer returns what our a=fmtp answers to a far end whose a=fmtp says offered
	// ("": it says nothing). ok is false where that asks for what this is not.
	Answer(offered string) (ours string, ok bool)
}

// Adaptive is a Codec of several modes, in one of which the far end asks to be spoken
// to by what it sends.
type Adaptive interface {
	Codec

	// Mode returns the codec to code with for a far end that has sent payload (nil:
	// nothing yet), and to which we speak with now (nil: not yet). An encoder of it may
	// take over from one of another mode (Encoder.CopyFrom). It does not allocate.
	Mode(now Codec, payload []byte) Codec
}
