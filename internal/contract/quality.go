package contract

import "time"

// Quality is what the voice of one call is, or was, like: what of the far end's
// was heard here, and what it says of ours. Times and counts are over the call.
type Quality struct {
	Codec    string // as in SDP; empty: nothing was negotiated
	Received uint64 // RTP packets of the far end
	Sent     uint64
	Lost     int64         // packets of the far end that never came (RFC 3550 A.3)
	Late     uint64        // that came too late to be played
	Jitter   time.Duration // interarrival, at the end (RFC 3550 §6.4.1)
	Delay    time.Duration // mean time that packets waited in the jitter buffer
	MaxDelay time.Duration
	// Concealed and Skipped are the time made up for what did not come, and left
	// out to lessen the delay.
	Concealed, Skipped time.Duration

	RoundTrip  time.Duration // by RTCP; 0: not known
	RemoteLost int32         // packets of ours that the far end says it missed

	// Speech and Noise are the mean levels, in dBov, of what was loud enough to be
	// mixed and of the rest; 0: there was none, or nobody listened.
	Speech, Noise float64
	Clipped       float64 // part of the speech that is at full scale, 0 to 1

	OneWay OneWay `json:",omitempty"`
}

// OneWay says that a call was heard on one side only.
type OneWay string

// The ways of being heard on one side only.
const (
	NothingHeard  OneWay = "nothing-heard"  // by us, though the far end was to speak
	NothingPasses OneWay = "nothing-passes" // by the far end, as it reports
)

// LostPart returns which part of the far end's voice did not come in time: 0 to 1.
func (q Quality) LostPart() float64 {
	lost := float64(max(q.Lost, 0)) + float64(q.Late)
	if lost == 0 {
		return 0
	}
	return min(lost/(float64(q.Received)+float64(max(q.Lost, 0))), 1)
}

// MOS estimates how good the far end sounded here, 1 (bad) to 4.4 (as good as a
// telephone gets), from loss and delay: ITU-T G.107 (E-model) with its defaults
// for everything else and G.113's figures for G.711 with concealment.
func (q Quality) MOS() float64 {
	const (
		best       = 93.2 // G.107 §7.7, R with all defaults
		robustness = 25.1 // G.113 Appendix I, Bpl
		packet     = 20   // ms; one to speak, one to be mixed
	)
	delay := float64((q.RoundTrip/2 + q.Delay).Milliseconds()) + 2*packet
	impaired := 0.024 * delay
	if delay > 177.3 {
		impaired += 0.11 * (delay - 177.3)
	}
	lost := 100 * q.LostPart()
	r := min(max(best-impaired-95*lost/(lost+robustness), 0), 100)
	return 1 + 0.035*r + r*(r-60)*(100-r)*7e-6
}
