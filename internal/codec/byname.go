package codec

import (
	"errors"
	"fmt"
	"strings"
)

// ErrUnknown is wrapped by the error of Named for what is no codec of ours.
var ErrUnknown = errors.New("no such codec")

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
	if strings.EqualFold(name, "AMR-WB") && clock == 16000 {
		if lib, err := theAMRWB(); err == nil {
			if c, ok := lib.agreed(parameters); ok {
				return c, true
			}
		}
	}
	return nil, false
}

// Named returns the codec that people call name: opus, G722, AMR-WB, PCMU, PCMA, or L16 with a
// rate (L16/16000), whatever the case. Errors: ErrUnknown; or why there is no Opus or AMR-WB.
func Named(name string) (Codec, error) {
	for known, c := range map[string]Codec{
		"PCMU": PCMU, "PCMA": PCMA, "G722": G722, "L16/8000": L16At8000, "L16/16000": L16At16000, "L16/48000": L16At48000,
	} {
		if strings.EqualFold(known, name) {
			return c, nil
		}
	}
	if strings.EqualFold(name, "opus") {
		return Opus()
	}
	if strings.EqualFold(name, "AMR-WB") {
		return AMRWB()
	}
	return nil, fmt.Errorf("codec %q: %w: want opus, G722, AMR-WB, PCMU, PCMA, L16/8000, L16/16000 or L16/48000", name, ErrUnknown)
}
