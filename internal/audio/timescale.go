package audio

import "math"

const (
	shortestStep = 2500 * 1000  // ns: the shortest piece by which the time scale is changed, a period of 400 Hz
	longestStep  = 10000 * 1000 // ns: and the longest, of 100 Hz
	likeness     = 5000 * 1000  // ns: over how long two pieces must be like each other

	longestSearch = 720 // samples of both together, at 48 kHz
)

// Stretch makes what is heard longer by a piece of its own: it returns how many
// samples it wrote to dst, which are to be heard between before and after.
// before is what was heard last, at least 15 ms; after is what comes next, at
// least 10 ms, and is heard whole; dst must hold 10 ms. The piece is a period of
// the voice, 2.5 to 10 ms, faded into, so that the pitch stays and no seam is
// heard (WSOLA). rate is in Hz. It does not allocate.
func Stretch(dst, before, after []int16, rate int) int {
	n := pieces(rate)
	var room [longestSearch]int16
	all := append(append(room[:0], before[len(before)-n.longest:]...), after[:n.window]...)
	// What comes next, moved back by the lag, must be like what was heard.
	lag := likestLag(n, after[:n.window], all, n.longest, -1)
	for i, v := range before[len(before)-lag:] {
		dst[i] = fade(after[i], v, i, lag)
	}
	return lag
}

// Shorten takes a piece of at most so many samples out of wave, at its beginning,
// and returns how many are left: as Stretch, the other way. Nothing is taken if
// most is less than 2.5 ms. wave must be at least 20 ms.
func Shorten(wave []int16, most, rate int) int {
	n := pieces(rate)
	if n.longest = min(n.longest, most); n.longest < n.shortest {
		return len(wave)
	}
	lag := likestLag(n, wave[:n.window], wave, 0, 1)
	for i := range lag {
		wave[i] = fade(wave[i], wave[i+lag], i, lag)
	}
	return lag + copy(wave[lag:], wave[2*lag:])
}

// piece is in samples what the constants above are in time.
type piece struct{ shortest, longest, window, step int }

func pieces(rate int) piece {
	samples := func(ns int) int { return ns * (rate / 1000) / 1e6 }
	return piece{samples(shortestStep), samples(longestStep), samples(likeness), max(1, rate/8000)}
}

// likestLag returns the lag with which here is most like all from origin on, moved by
// so many samples in that direction (1 or -1): first by every step-th of both, then by
// all of what is near the best.
func likestLag(p piece, here, all []int16, origin, direction int) int {
	best := alike(here, all, origin, direction, p.shortest, p.longest, p.step)
	if p.step == 1 {
		return best
	}
	return alike(here, all, origin, direction, max(best-p.step+1, p.shortest), min(best+p.step-1, p.longest), 1)
}

func alike(here, all []int16, origin, direction, from, to, step int) int {
	best, most := to, math.Inf(-1)
	for lag := from; lag <= to; lag += step {
		there := all[origin+direction*lag:][:len(here)]
		product, energy := 0, 1
		for i := 0; i < len(here); i += step {
			v := int(there[i])
			product += int(here[i]) * v
			energy += v * v
		}
		// Normalised, or the lag would be the loudest and not the likest.
		if like := float64(product) / math.Sqrt(float64(energy)); like > most {
			best, most = lag, like
		}
	}
	return best
}

// fade is sample i of n from a to b.
func fade(a, b int16, i, n int) int16 {
	return int16((int(a)*(n-i) + int(b)*i) / n)
}
