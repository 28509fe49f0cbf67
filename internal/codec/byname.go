package codec

import "strings"

// ByName returns the codec that SDP calls name at clock (Hz), as in
// a=rtpmap:0 PCMU/8000, for a far end whose a=fmtp says parameters ("": nothing).
// RFC 8866 §6.6 / RFC 3551 §6: names ignore case.
func ByName(name string, clock int, parameters string) (Codec, bool) {
	for _, c := range [...]Codec{PCMU, PCMA, G722, L16At8000, L16At16000, L16At48000} {
		if strings.EqualFold(c.Name(), name) && c.ClockRate() == clock {
			return c, true
		}
	}
	if strings.EqualFold(name, "opus") && clock == 48000 {
		if all, err := theOpus(); err == nil {
			return all.forPlayback(parameters), true
		}
	}
	return nil, false
}
