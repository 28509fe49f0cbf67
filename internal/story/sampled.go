package story

import "time"

// sampled is a Sample as it is held until it is written, for there are a dozen of each
// call. It comes out as it went in, where no number has more than six digits.
type sampled struct {
	at                         int64 // nanoseconds since 1970
	received, sent, late, lost int32
	seconds                    float32
	lostPart, clipped, mos     float32
	jitter, delay, roundTrip   float32 // ms
	speech, noise, out         float32 // dBov; 0: none, for nothing is that loud
}

func pack(s Sample) sampled {
	return sampled{
		at: s.At.UnixNano(), received: int32(s.Received), sent: int32(s.Sent), late: int32(s.Late), lost: int32(s.Lost),
		seconds: float32(s.Seconds), lostPart: float32(s.LostPart), clipped: float32(s.Clipped), mos: float32(s.MOS),
		jitter: float32(s.Jitter), delay: float32(s.Delay), roundTrip: float32(s.RoundTrip),
		speech: dbov(s.Speech), noise: dbov(s.Noise), out: dbov(s.Out),
	}
}

// sample unpacks s, with the digits that Book.Sample leaves.
func (s sampled) sample() Sample {
	return Sample{
		At: Time{time.Unix(0, s.at)}, Received: uint64(s.received), Sent: uint64(s.sent), Late: uint64(s.late), Lost: int64(s.lost),
		Seconds: round(float64(s.seconds), 1000), LostPart: round(float64(s.lostPart), 1e4), Clipped: round(float64(s.clipped), 1e4), MOS: round(float64(s.mos), 100),
		Jitter: round(float64(s.jitter), 1000), Delay: round(float64(s.delay), 1000), RoundTrip: round(float64(s.roundTrip), 1000),
		Speech: level(float64(s.speech)), Noise: level(float64(s.noise)), Out: level(float64(s.out)),
	}
}

func dbov(level *float64) float32 {
	if level == nil {
		return 0
	}
	return float32(*level)
}
