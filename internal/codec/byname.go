package codec

import "strings"

// ByName returns the codec that SDP calls name at clock (Hz), as in
// a=rtpmap:0 PCMU/8000. RFC 8866 §6.6 / RFC 3551 §6: names ignore case.
func ByName(name string, clock int) (Codec, bool) {
	for _, c := range [...]Codec{PCMU, PCMA} {
		if strings.EqualFold(c.Name(), name) && c.ClockRate() == clock {
			return c, true
		}
	}
	return nil, false
}
