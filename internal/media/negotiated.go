package media

import (
	"fmt"

	"confab/internal/codec"
	"confab/internal/sdp"
)

// dynamicPayload is the payload type of the first codec that is offered and has none
// of its own (RFC 3551 §6: dynamic ones are 96 to 127).
const dynamicPayload = 110

// ParamsOf are the parameters of a session for which this was agreed on. The error is
// of a codec that we do not have.
func ParamsOf(a sdp.Agreed) (Params, error) {
	c, ok := codec.ByName(a.Name, a.Clock, a.Parameters)
	if !ok {
		return Params{}, fmt.Errorf("no codec %s/%d", a.Name, a.Clock)
	}
	return Params{
		Codec: c, PayloadType: a.PayloadType, DTMF: a.DTMF, DTMFClock: a.DTMFClock, PTime: a.PTime,
		Remote: a.Remote, RTCP: a.RTCP, RTCPMux: a.RTCPMux, Send: a.Send, Receive: a.Receive,
	}, nil
}

// Formats are codecs as SDP has them, and those that are accepted and not offered.
func Formats(codecs, accepted []codec.Codec) []sdp.Format {
	offered, besides := forms(codecs), forms(accepted)
	list := make([]sdp.Format, 0, len(offered)+len(besides))
	next := uint8(dynamicPayload)
	for i, c := range append(offered, besides...) {
		f := sdp.Format{Name: c.Name(), Clock: c.ClockRate(), Channels: c.Channels(), Parameters: c.Parameters(),
			Band: c.SampleRate(), Whole: !c.Kind().Divisible, Unoffered: i >= len(offered)}
		if n, ok := c.(codec.Negotiable); ok {
			f.Answer = n.Answer
		}
		if pt := c.PayloadType(); pt >= 0 {
			f.PayloadType = uint8(pt)
		} else {
			f.PayloadType = next
			next++
		}
		list = append(list, f)
	}
	return list
}

// forms are codecs in each of the ways in which they are offered.
func forms(codecs []codec.Codec) (list []codec.Codec) {
	for _, c := range codecs {
		if n, ok := c.(codec.Negotiable); ok {
			list = append(list, n.Forms()...)
		} else {
			list = append(list, c)
		}
	}
	return list
}
