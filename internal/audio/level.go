package audio

import "math"

// Quietest is the level of digital silence, and the lowest that Level tells.
const Quietest = -127.0

// fullScale is the amplitude of the overload point.
const fullScale = 32767

// Level returns how loud frame is, in dBov: 0 is a square wave at full scale, a
// sine at full scale is −3.01, silence (and an empty frame) is −127.
// RFC 6464 §3: the level is relative to the overload point, of the RMS.
func Level(frame []int16) float64 {
	var sum float64
	for _, s := range frame {
		sum += float64(s) * float64(s)
	}
	if sum == 0 {
		return Quietest
	}
	rms := math.Sqrt(sum / float64(len(frame)))
	return max(Quietest, min(0, 20*math.Log10(rms/fullScale)))
}

// amplitude returns the peak of a sine whose level is dbov; never beyond full scale.
func amplitude(dbov float64) float64 {
	return min(fullScale, fullScale*math.Sqrt2*math.Pow(10, dbov/20))
}

// clamp rounds v to a sample, at the limits of int16.
func clamp(v float64) int16 {
	switch {
	case v >= math.MaxInt16:
		return math.MaxInt16
	case v <= math.MinInt16:
		return math.MinInt16
	case v < 0:
		return int16(v - 0.5)
	default:
		return int16(v + 0.5)
	}
}
