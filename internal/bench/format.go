package bench

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"confab/internal/codec"
)

// format is a codec as the callers of a run speak it: all the same one, in packets
// of 20 ms.
type format struct {
	codec.Codec
	payloadType uint8
	step        uint32 // of the timestamp, per packet
}

// dynamicType is the payload type of a codec that has no own (RFC 3551 §6).
const dynamicType = 111

// formatOf returns the format of the codec that people call name; "" is PCMU. The
// error says why there is no such codec: for most it is a library that the system
// does not have.
func formatOf(name string) (format, error) {
	c, err := codec.Named(cmp.Or(name, "PCMU"))
	if err != nil {
		return format{}, err
	}
	f := format{Codec: c, payloadType: dynamicType, step: uint32(c.ClockRate() * int(tickTime) / int(time.Second))}
	if own := c.PayloadType(); own >= 0 {
		f.payloadType = uint8(own)
	}
	return f, nil
}

// media returns the m= section of an offer (RFC 8866 §5.14) of this format alone, and
// of telephone-events by its clock (RFC 4733 §2.1).
func (f format) media(port uint16) string {
	var b strings.Builder
	fmt.Fprintf(&b, "m=audio %d RTP/AVP %d 101\r\na=rtpmap:%[2]d %s/%d", port, f.payloadType, f.Name(), f.ClockRate())
	if f.Channels() > 1 {
		fmt.Fprintf(&b, "/%d", f.Channels())
	}
	b.WriteString("\r\n")
	if p := f.Parameters(); p != "" {
		fmt.Fprintf(&b, "a=fmtp:%d %s\r\n", f.payloadType, p)
	}
	fmt.Fprintf(&b, "a=rtpmap:101 telephone-event/%d\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n", f.ClockRate())
	return b.String()
}

// frame returns how many samples a packet has.
func (f format) frame() int { return f.SampleRate() * int(tickTime) / int(time.Second) }

// code codes samples, whole frames, that are to be said over and over: the encoder
// has been through them once before, so that it goes on at their beginning as it
// came to their end.
func (f format) code(samples []int16) (payloads [][]byte) {
	encoder := f.NewEncoder()
	room := make([]byte, 2*f.frame())
	for range 2 {
		payloads = payloads[:0]
		for at := 0; at < len(samples); at += f.frame() {
			n := encoder.Encode(room, samples[at:at+f.frame()])
			payloads = append(payloads, append([]byte(nil), room[:n]...))
		}
	}
	return payloads
}

// decode returns the samples of payloads that came one after another.
func (f format) decode(payloads [][]byte) (samples []int16) {
	decoder := f.NewDecoder()
	room := make([]int16, f.frame())
	for _, p := range payloads {
		if n := f.Samples(p); n > 0 && n <= len(room) {
			samples = append(samples, room[:decoder.Decode(room[:n], p)]...)
		}
	}
	return samples
}
